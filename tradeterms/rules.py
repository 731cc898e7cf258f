"""From facts to a verdict: one function per kind of term, pure, so that the same facts always give the same finding."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from tradeterms import calc, facts, kinds
from tradeterms.models import Finding

MET, AT_RISK, BREACHED, OPPORTUNITY, NOT_MEASURABLE = Finding.Verdict
NEAR = Decimal("0.10")


@dataclass(frozen=True)
class Ask:
    """One term in one of its periods, asked about at the end of `date`."""

    term_id: int
    account_id: int
    currency: str
    rule: object
    starts: date
    ends: date
    last: date
    date: date

    @property
    def is_over(self):
        return self.date >= self.ends

    def as_row(self):
        """The columns that every statement in `tradeterms.facts` is given."""
        row = {"term_id": self.term_id, "account_id": self.account_id, "currency": self.currency}
        return row | {"starts": self.starts, "ends": self.ends} | RULES[self.rule.kind].columns(self)


@dataclass(frozen=True)
class Result:
    """What was found; `figures` are JSON with numbers as text, except counts."""

    verdict: str
    expected: Decimal | None = None
    observed: Decimal | None = None
    at_stake: Decimal | None = None
    figures: dict = field(default_factory=dict)
    evidence: list = field(default_factory=list)


def unmeasurable(reason, **figures):
    """Nothing can be said; `reason` is a code that `tradeterms.sentences` words."""
    return Result(NOT_MEASURABLE, figures={"reason": reason} | figures)


def volume_rebate(ask, found):
    """Met, or a tier ahead while the base is within a tenth of the next one; at stake is what that tier adds."""
    if not found["known"]:
        return unmeasurable("no_facts")
    rule, base = ask.rule, found["base"] or Decimal(0)
    tier, ahead = calc.reached(base, rule.tiers), calc.next_tier(base, rule.tiers, rule.rebate)
    figures = _invoiced(ask, found, base) | {
        "rebate": rule.rebate(base, rule.tiers),
        "rate": tier.rate if tier else Decimal(0),
    }
    if ahead:
        figures |= {"next_rate": ahead.rate, "next_distance": ahead.distance, "next_value": ahead.value}
    near = ahead and not ask.is_over and ahead.distance <= ahead.start * NEAR
    return Result(
        OPPORTUNITY if near else MET,
        expected=ahead.start if ahead else rule.tiers[-1].start,
        observed=base,
        at_stake=ahead.value if near else None,
        figures=figures,
        evidence=found["evidence"],
    )


def minimum_purchase(ask, found):
    """The base against the agreed amount, before the end pro rata; at stake is the penalty on what is missing."""
    if not found["known"]:
        return unmeasurable("no_facts")
    rule, base = ask.rule, found["base"] or Decimal(0)
    expected = rule.amount if ask.is_over else calc.pro_rata(rule.amount, ask.starts, ask.ends, ask.date)
    missing = calc.shortfall(expected, base)
    short = BREACHED if ask.is_over else AT_RISK
    return Result(
        short if missing else MET,
        expected=expected,
        observed=base,
        at_stake=calc.cents(missing * rule.penalty_rate) if missing else None,
        figures=_invoiced(ask, found, base) | {"agreed": rule.amount, "shortfall": missing},
        evidence=found["evidence"],
    )


def _invoiced(ask, found, base):
    gone, total = calc.elapsed(ask.starts, ask.ends, ask.date)
    return {
        "documents": found["documents"],
        "credits": found["credits"] or Decimal("0.00"),
        "left_out": found["left_out"],
        "elapsed_days": gone,
        "total_days": total,
        "run_rate": calc.run_rate(base, ask.starts, ask.ends, ask.date),
    }


def payment_term(ask, found):
    """Breached by any late amount, which is at stake; days are weighted by amount."""
    if not found["judged_items"]:
        reason = "nothing_due" if found["items"] else "no_facts"
        return unmeasurable(reason, items=found["items"], left_out=found["left_out"])
    late = found["late"]
    return Result(
        BREACHED if late else MET,
        expected=Decimal(ask.rule.days),
        observed=calc.weighted_days(found["judged_days"], found["judged"]),
        at_stake=late or None,
        figures={
            "items": found["items"],
            "judged_items": found["judged_items"],
            "late_items": found["late_items"],
            "judged": found["judged"],
            "late": late,
            "open_late": found["open_late"],
            "late_days": calc.weighted_days(found["late_days"], late),
            "interest": calc.interest(found["late_days"], ask.rule.interest_rate),
            "left_out": found["left_out"],
        },
        evidence=found["evidence"],
    )


def data_reporting(ask, found):
    """Breached by any week that was not there when it was due; at stake is the fee of all of them."""
    due, reported = found["due"], found["reported"]
    if not due:
        return unmeasurable("nothing_due")
    return Result(
        BREACHED if reported < due else MET,
        expected=Decimal(due),
        observed=Decimal(reported),
        at_stake=calc.cents((due - reported) * ask.rule.fee_per_week) if reported < due else None,
        figures={"due": due, "reported": reported, "missing": due - reported, "late_weeks": found["late_weeks"]},
        evidence=found["evidence"],
    )


def delivery_otif(ask, found):
    """The share that arrived on time and in full against the minimum, at risk until the last window has closed."""
    lines = found["lines"] + found["undated"]
    if not lines:
        return unmeasurable("nothing_due")
    if not found["known"] or not found["lines"]:
        return unmeasurable("no_receipts", lines=lines)
    rule = ask.rule
    good, of = (found["good_lines"], found["lines"]) if rule.count == kinds.LINES else (found["good"], found["ordered"])
    met = calc.otif_met(good, of, rule.minimum)
    is_final = ask.date >= ask.ends + timedelta(days=rule.late_days)
    return Result(
        MET if met else BREACHED if is_final else AT_RISK,
        expected=rule.minimum,
        observed=calc.ratio(good, of),
        at_stake=None if met else calc.cents(found["failed_value"] * rule.penalty_rate),
        figures={
            "lines": found["lines"],
            "failed_lines": found["lines"] - found["good_lines"],
            "ordered": found["ordered"],
            "good": found["good"],
            "on_time": calc.ratio(found["on_time"], found["ordered"]),
            "in_full": calc.ratio(found["in_full"], found["ordered"]),
            "failed_value": calc.cents(found["failed_value"]),
            "unpriced": found["unpriced"],
        },
        evidence=found["evidence"],
    )


def _none(ask):
    return {}


def _payment_columns(ask):
    return {"days": ask.rule.days, "grace": ask.rule.grace_days}


def _week_columns(ask):
    weekday = ask.rule.weekday
    return {"weeks": calc.weeks_due(ask.starts, ask.ends, ask.last, weekday, ask.date), "weekday": weekday}


def _window_columns(ask):
    return {"early": ask.rule.early_days, "late": ask.rule.late_days}


class Rule(NamedTuple):
    """How a kind is judged: its statement, the columns it is asked with, and the function from row to result."""

    sql: str
    columns: Callable
    judge: Callable


RULES = {
    "volume_rebate": Rule(facts.INVOICES, _none, volume_rebate),
    "minimum_purchase": Rule(facts.INVOICES, _none, minimum_purchase),
    "payment_term": Rule(facts.OPEN_ITEMS, _payment_columns, payment_term),
    "data_reporting": Rule(facts.WEEKS, _week_columns, data_reporting),
    "delivery_otif": Rule(facts.ORDER_LINES, _window_columns, delivery_otif),
}


def evaluate(kind, asks, day):
    """The results of all asks of one kind: {(term_id, starts): Result}."""
    rule = RULES[kind]
    found = facts.gather(rule.sql, [ask.as_row() for ask in asks], day) if asks else {}
    return {(ask.term_id, ask.starts): rule.judge(ask, found[ask.term_id, ask.starts]) for ask in asks}
