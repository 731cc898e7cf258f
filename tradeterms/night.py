"""The night's compliance step: every term in force is judged on the facts, and what people have to act on is raised.

For its business date it looks at each period that the date lies in, at those that ended lately, at those never
looked at, and at those with something unsettled. It rewrites figures and verdict; the state belongs to people, but for
what `tradeterms.workflow.after_night` says. A night re-run for a past date leaves alone what a later one has judged.
"""

from collections import defaultdict
from datetime import timedelta

from django.db.models import F, Q
from django.db.models.functions import Mod

from accounts.models import Account
from kam.audit import log_many, plain
from kpis.feeds.due import end_of
from kpis.feeds.standing import faults
from tradeterms import calc, kinds, rules, workflow
from tradeterms.models import Agreement, Finding, Term
from tradeterms.raising import raise_findings
from tradeterms.rules import Ask, unmeasurable

LATELY = timedelta(days=120)
WORKING_DAYS = {Finding.Verdict.BREACHED: 3, Finding.Verdict.AT_RISK: 5}
WRITTEN = [
    "account", "rule_version", "period_end", "verdict", "state", "expected", "observed", "unit", "at_stake", "currency",
    "figures", "evidence", "evidence_hash", "act_by", "owner", "as_of", "version", "updated_at",
]  # fmt: skip


def compliance(night):
    """Judge the shard's terms at the end of `night.date`; returns how many findings were judged."""
    terms = _terms(night)
    stored = _stored(terms)
    asks = {term.pk: _asks(term, stored, night.date) for term in terms.values()}
    results = _judged(terms, asks, night)
    changed = _compared(terms, asks, results, stored, night)
    _write(changed, results, stored, night)
    raise_findings(night)
    return len(results)


def _terms(night):
    """Terms of agreements that bind, or bound lately, or left something unsettled; by id, parents loaded."""
    recent = Q(agreement__ends__gte=night.date - LATELY)
    unsettled = Q(pk__in=Finding.objects.unsettled().order_by().values("term"))
    rows = (
        Term.objects.annotate(shard=Mod(F("agreement__account_id"), night.shards))
        .filter(recent | unsettled, shard=night.shard, agreement__starts__lte=night.date)
        .filter(agreement__state__in=[Agreement.State.IN_FORCE, Agreement.State.ENDED])
        .select_related("agreement__account")
        .order_by("pk")
    )
    return {term.pk: term for term in rows}


def _stored(terms):
    """What is known already, locked, so that nobody's move is lost: {(term_id, period_start): finding}."""
    rows = Finding.objects.select_for_update(of=("self",)).filter(term__in=terms).order_by("pk").defer("evidence")
    return {(f.term_id, f.period_start): f for f in rows}


def period_of(term, day):
    """First and last day of the period of a term that a day lies in, cut to the agreement."""
    starts, ends = term.agreement.starts, term.agreement.ends
    first, last = {"month": calc.month_of, "quarter": calc.quarter_of}.get(kinds.KINDS[term.kind].period, _whole)(day)
    return max(first or starts, starts), min(last or ends, ends)


def _whole(day):
    return None, None


def _asks(term, stored, day):
    """The periods of a term that this night looks at."""
    rule, agreement, asks = kinds.of(term), term.agreement, []
    ends = agreement.starts - timedelta(days=1)
    while ends < min(agreement.ends, day):
        starts, ends = period_of(term, ends + timedelta(days=1))
        known = stored.get((term.pk, starts))
        if ends >= day - LATELY or known is None or known.is_unsettled:
            asks.append(Ask(term.pk, agreement.account_id, agreement.currency, rule, starts, ends, agreement.ends, day))
    return asks


def _judged(terms, asks, night):
    """{(term_id, period_start): Result}; what waits for a late feed says so."""
    late, by_kind, results = _Late(night), defaultdict(list), {}
    for pk, term in terms.items():
        for ask in asks[pk]:
            if late.concerns(term.agreement.account, ask):
                results[pk, ask.starts] = unmeasurable("feed_late")
            else:
                by_kind[term.kind].append(ask)
    for kind, chosen in by_kind.items():
        results |= rules.evaluate(kind, chosen, night.date)
    return results


class _Late:
    """Which terms wait: a feed speaks for its account, for everything below it, and in part for what is above."""

    def __init__(self, night):
        self.faults = faults(end_of(night.date))
        accounts = {fault.account_id for fault in self.faults if fault.account_id}
        self.lineage = dict(Account.objects.filter(pk__in=accounts).values_list("pk", "lineage"))

    def concerns(self, account, ask):
        until = ask.date if ask.rule.settles_later else ask.ends
        return any(
            fault.week + timedelta(days=6) >= ask.starts and fault.week <= until
            for fault in self.faults
            if fault.kind == ask.rule.feed and self._covers(fault, account)
        )

    def _covers(self, fault, account):
        above = fault.account_id is None or fault.account_id in account.lineage
        return above or account.pk in self.lineage[fault.account_id]


def _compared(terms, asks, results, stored, night):
    """New findings and stored ones that the results change, the latter with `was` = (verdict, state) before."""
    changed, waiting = [], 0
    for pk, term in terms.items():
        for ask in asks[pk]:
            result, known = results[pk, ask.starts], stored.get((pk, ask.starts))
            if result.figures.get("reason") == "feed_late":
                waiting += 1
            if known is None:
                known = _fresh(term, ask, result)
            elif known.as_of > night.date or result.figures.get("reason") == "feed_late":
                known = None
            if known is not None and _apply(known, term, ask, result):
                changed.append(known)
    if waiting:
        night.note("terms_wait_for_feed", terms=waiting)
    return changed


def _fresh(term, ask, result):
    """A finding to begin with, or None where an old period left nothing to measure."""
    if result.verdict == Finding.Verdict.NOT_MEASURABLE and ask.is_over:
        return None
    return Finding(term=term, period_start=ask.starts, version=0)


def _apply(finding, term, ask, result):
    """Write a result onto a finding; False when nothing but the date differs."""
    account = term.agreement.account
    was, seal, owner = (finding.verdict, finding.state), finding.evidence_hash, finding.owner_id
    finding.period_end, finding.rule_version, finding.unit = ask.ends, ask.rule.version, ask.rule.unit
    finding.verdict, finding.expected, finding.observed = result.verdict, result.expected, result.observed
    finding.at_stake, finding.figures, finding.evidence = result.at_stake, plain(result.figures), result.evidence
    finding.account, finding.owner_id, finding.currency = account, account.owner_id, ask.currency
    finding.evidence_hash = finding.seal()
    if finding.pk and (finding.evidence_hash, finding.owner_id) == (seal, owner):
        return False
    workflow.follow(finding, *was)
    finding.version, finding.as_of, finding.was = finding.version + 1, ask.date, was
    if finding.verdict != was[0]:
        finding.act_by = _deadline(result.verdict, ask)
    return True


def _deadline(verdict, ask):
    """By when somebody should have acted: a tier can be reached until the period ends."""
    if verdict == Finding.Verdict.OPPORTUNITY:
        return ask.ends
    days = WORKING_DAYS.get(verdict)
    return calc.working_days_after(ask.date, days) if days else None


def _write(changed, results, stored, night):
    """Upsert what changed, mark the rest as looked at, and log what people should know."""
    new = [f for f in changed if not f.pk]
    judged = {k for k, result in results.items() if result.figures.get("reason") != "feed_late"}
    looked_at = [f.pk for k, f in stored.items() if k in judged and f.as_of < night.date]
    Finding.objects.filter(pk__in=looked_at).update(as_of=night.date)
    known = [f for f in changed if f.pk]
    Finding.objects.bulk_create(new, batch_size=500)
    Finding.objects.bulk_create(
        known, batch_size=500, update_conflicts=True, unique_fields=["term", "period_start"], update_fields=WRITTEN
    )
    log_many([f for f in new if f.verdict in workflow.ACTIONABLE], "found", by=None, after=_said)
    moved = [f for f in known if f.was != (f.verdict, f.state)]
    log_many(moved, "judged", by=None, before=_was, after=_said)


def _was(finding):
    verdict, state = finding.was
    return {"verdict": verdict, "state": state}


def _said(finding):
    return {
        "verdict": finding.verdict,
        "state": finding.state,
        "observed": finding.observed,
        "at_stake": finding.at_stake,
        "act_by": finding.act_by,
    }
