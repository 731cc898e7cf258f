"""Terms judged once more, in whole cents, from the wording of the clauses: no code of the house is used.

An agreement is anything with account, starts, ends and clauses (number, kind, params).
"""

from datetime import date, timedelta
from fractions import Fraction
from typing import NamedTuple

from plans.real import plain

FIGURES = ("rebate", "next_distance", "next_value", "documents", "credits", "shortfall", "due", "missing")
ONE_DAY = timedelta(days=1)
SEVERITY = {"breached": "critical", "at_risk": "warning", "opportunity": "notice"}
CODE = {"breached": "term_breached", "at_risk": "term_at_risk", "opportunity": "tier_ahead"}


class Judged(NamedTuple):
    """What a night must find for one clause in one of its periods; amounts as Decimal, none where nothing is owed."""

    account: str
    clause: str
    kind: str
    starts: date
    verdict: str
    expected: object
    observed: object
    at_stake: object
    figures: dict

    @property
    def key(self):
        return self.account, self.clause, self.starts

    @property
    def row(self):
        return (*self.key, self.verdict, self.expected, self.observed, self.at_stake)

    @property
    def alert(self):
        """(account, code, severity, money at stake), or None where nobody has to act."""
        if self.verdict not in CODE:
            return None
        return self.account, f"{CODE[self.verdict]}_{self.kind}", SEVERITY[self.verdict], self.at_stake


def judge_all(agreements, lines, day, weeks=frozenset()):
    """Every clause in every period that has begun by `day`, as the facts known then say.

    `lines` are `plain.Sale`s; `weeks` holds the (account, Monday) pairs of which sell-through is here.
    """
    found = []
    for agreed in agreements:
        known = [line for line in lines if line.account == agreed.account and line.day <= day]
        for clause in agreed.clauses:
            found += JUDGES[clause.kind](agreed, clause, known, day, weeks)
    return sorted(found, key=lambda finding: finding.key)


def _judged(agreed, clause, starts, *rest):
    return Judged(agreed.account, clause.number, clause.kind, starts, *rest)


def _pence(text):
    whole, _, part = text.partition(".")
    return int(whole) * 100 + int(part.ljust(2, "0"))


def _money(cents):
    """A number of cents, whole or not, as money: half a cent goes up, away from zero."""
    doubled = abs(Fraction(cents)) * 2
    whole = (doubled.numerator // doubled.denominator + 1) // 2
    return plain.CENT * (whole if cents >= 0 else -whole)


def _bought(agreed, known):
    """Net purchases in cents, credits among them, and the number of documents."""
    inside = [line for line in known if agreed.starts <= line.day <= agreed.ends]
    base, credits = (sum(int(x.value * 100) for x in some) for some in (inside, [x for x in inside if x.credit]))
    return base, credits, len({line.document for line in inside})


def _rebate_of(params, base):
    """Cents of rebate on so many cents of purchases; a fraction of a cent is kept."""
    tiers = [(_pence(tier["from"]), Fraction(tier["rate"])) for tier in params["tiers"]]
    earned = Fraction(0)
    for place, (start, rate) in enumerate(tiers):
        if base < start:
            break
        if params["mode"] == "retrospective":
            earned = base * rate
        else:
            upper = tiers[place + 1][0] if place + 1 < len(tiers) else base
            earned += (min(base, upper) - start) * rate
    return earned


def _volume_rebate(agreed, clause, known, day, weeks):
    base, credits, documents = _bought(agreed, known)
    rebate = _money(_rebate_of(clause.params, base))
    figures = {"rebate": rebate, "documents": documents, "credits": _money(credits)}
    starts = [_pence(tier["from"]) for tier in clause.params["tiers"]]
    ahead = next((start for start in starts if start > base), None)
    verdict, at_stake = "met", None
    if ahead:
        figures["next_distance"] = _money(ahead - base)
        figures["next_value"] = _money(_rebate_of(clause.params, ahead)) - rebate
        if day < agreed.ends and (ahead - base) * 10 <= ahead:
            verdict, at_stake = "opportunity", figures["next_value"]
    expected = _money(ahead or starts[-1])
    yield _judged(agreed, clause, agreed.starts, verdict, expected, _money(base), at_stake, _texts(figures))


def _minimum_purchase(agreed, clause, known, day, weeks):
    base, credits, documents = _bought(agreed, known)
    days = (agreed.ends - agreed.starts).days + 1
    gone = min((day - agreed.starts).days + 1, days)
    expected = _money(Fraction(_pence(clause.params["amount"]) * gone, days))
    missing = max(int(expected * 100) - base, 0)
    verdict = "met" if not missing else "breached" if gone == days else "at_risk"
    at_stake = _money(missing * Fraction(clause.params["penalty_rate"])) if missing else None
    figures = {"documents": documents, "credits": _money(credits), "shortfall": _money(missing) if missing else "0"}
    yield _judged(agreed, clause, agreed.starts, verdict, expected, _money(base), at_stake, _texts(figures))


def _data_reporting(agreed, clause, known, day, weeks):
    for first, last in _quarters(agreed.starts, min(agreed.ends, day), agreed.ends):
        due = [week for week in _mondays(first, last) if _is_due(week, agreed.ends, clause.params["weekday"], day)]
        here = [week for week in due if (agreed.account, week) in weeks]
        missing = len(due) - len(here)
        fee = _money(missing * _pence(clause.params["fee_per_week"])) if missing else None
        figures = {"due": len(due), "missing": missing}
        yield _judged(agreed, clause, first, "breached" if missing else "met", len(due), len(here), fee, figures)


def _quarters(starts, until, ends):
    """First and last day of the calendar quarters from `starts` to `until`, none reaching beyond `ends`."""
    first = starts
    while first <= until:
        last = first
        while last < ends and not _begins_quarter(last + ONE_DAY):
            last += ONE_DAY
        yield first, last
        first = last + ONE_DAY


def _begins_quarter(day):
    return day.day == 1 and day.month in (1, 4, 7, 10)


def _mondays(first, last):
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [day for day in days if day.isoweekday() == 1]


def _is_due(week, ends, weekday, day):
    """A week counts when all of it is agreed, and its file is expected on a weekday of the week after."""
    return week + timedelta(days=6) <= ends and week + timedelta(days=7 + weekday) <= day


def _texts(figures):
    """Amounts as the stored figures have them, as text."""
    return {name: value if isinstance(value, int | str) else format(value, "f") for name, value in figures.items()}


JUDGES = {
    "volume_rebate": _volume_rebate,
    "minimum_purchase": _minimum_purchase,
    "data_reporting": _data_reporting,
}
