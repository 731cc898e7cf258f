"""Every state × move × role of agreements and findings, and what a move does beside its state."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from kam.audit import entries_of
from kam.errors import Conflict, Denied, Stale
from kam.roles import Role
from kam.workflow import move, moves
from tests import make
from tradeterms.models import Agreement, Finding, Term
from tradeterms.workflow import AGREEMENT, FINDING, after_night, when_found

pytestmark = pytest.mark.django_db
Verdict, State = Finding.Verdict, Finding.State

LEADING = {Role.TEAM_LEAD, Role.DIRECTOR}
WORKING = {Role.ACCOUNT_MANAGER, *LEADING}
# Written out by hand: which roles may make a move, and from which states.
FINDING_MOVES = {
    "send": (WORKING | {Role.API_CLIENT}, {"new"}, "with_customer"),
    "accept": (WORKING | {Role.API_CLIENT}, {"new", "with_customer", "disputed"}, "accepted"),
    "dispute": (WORKING | {Role.API_CLIENT}, {"new", "with_customer"}, "disputed"),
    "waive": (LEADING, {"new", "with_customer", "disputed"}, "waived"),
    "close": (WORKING | {Role.API_CLIENT}, {"with_customer", "disputed", "accepted"}, "closed"),
    "reopen": (WORKING | {Role.API_CLIENT}, {"accepted", "waived", "closed"}, "new"),
}
AGREEMENT_MOVES = {"publish": (LEADING, {"draft"}, "in_force"), "end": (LEADING, {"in_force"}, "ended")}


def outcome(row, steps, name, role):
    """The state after the move, or the kind of refusal."""
    try:
        return move(row, steps, name, by=make.user(role), note="because").state
    except (Conflict, Denied) as refusal:
        return type(refusal).__name__


def expected(table, name, state, role):
    roles, sources, target = table[name]
    if state not in sources:
        return "Conflict"
    return target if role in roles else "Denied"


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("name", FINDING_MOVES)
def test_every_state_and_role_of_a_finding(name, role):
    term = make.term(make.agreement(make.account()))
    day = date(2026, 1, 1)
    rows = [make.finding(term, state=s, period_start=day + timedelta(days=i)) for i, s in enumerate(State)]
    before = [r.state for r in rows]
    got = [outcome(r, FINDING, name, role) for r in rows]
    assert got == [expected(FINDING_MOVES, name, s, role) for s in before]


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("name", AGREEMENT_MOVES)
def test_every_state_and_role_of_an_agreement(name, role):
    rows = [make.agreement(make.account(), state=s) for s in Agreement.State]
    for row in rows:
        make.term(row)
    before = [r.state for r in rows]
    got = [outcome(r, AGREEMENT, name, role) for r in rows]
    assert got == [expected(AGREEMENT_MOVES, name, s, role) for s in before]


def test_the_tables_hold_nothing_else():
    assert (list(FINDING), list(AGREEMENT)) == (list(FINDING_MOVES), list(AGREEMENT_MOVES))


@pytest.mark.parametrize("name", ["dispute", "waive"])
def test_giving_way_needs_a_reason(name, lead):
    finding = make.finding(make.term(make.agreement(lead.teams.first().accounts.first())))
    with pytest.raises(Conflict, match="needs a reason"):
        move(finding, FINDING, name, by=lead, note=" ")


def test_a_stale_version_moves_nothing(mia):
    finding = make.finding(make.term(make.agreement(mia.account)))
    with pytest.raises(Stale):
        move(finding, FINDING, "send", by=mia, version=finding.version + 1)
    assert Finding.objects.get().state == State.NEW


def test_what_is_met_cannot_be_reopened(mia):
    finding = make.finding(make.term(make.agreement(mia.account)), verdict=Verdict.MET, state=State.CLOSED)
    with pytest.raises(Conflict, match="nothing to act on"):
        move(finding, FINDING, "reopen", by=mia, note="really?")


def test_moves_are_offered_by_state_and_role(mia, lead):
    finding = make.finding(make.term(make.agreement(mia.account)))
    offered = [[n for n, _step in moves(finding, FINDING, user)] for user in (mia, lead)]
    assert offered == [["send", "accept", "dispute"], ["send", "accept", "dispute", "waive"]]


# What the night does


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("old", list(Verdict))
def test_the_night_leaves_a_breach_as_people_left_it(old, state):
    closed_by_night = state == State.CLOSED and old in (Verdict.MET, Verdict.NOT_MEASURABLE)
    assert after_night(old, state, Verdict.BREACHED) == (State.NEW if closed_by_night else state)


@pytest.mark.parametrize("state", list(State))
def test_the_night_closes_what_is_met(state):
    assert after_night(Verdict.BREACHED, state, Verdict.MET) == (
        State.CLOSED if state in Finding.OPEN_STATES else state
    )
    assert after_night(Verdict.BREACHED, state, Verdict.NOT_MEASURABLE) == state


def test_only_what_can_be_acted_on_begins_new():
    begun = {v: when_found(v) for v in Verdict}
    assert [v for v, state in begun.items() if state == State.NEW] == ["at_risk", "breached", "opportunity"]
    assert set(begun.values()) == {State.NEW, State.CLOSED}


# Agreements


def revisions(account):
    """Revision 1 in force with an open and a settled finding, and revision 2 in draft."""
    old = make.agreement(account, number="TA-1")
    term = make.term(old)
    make.finding(term)
    make.finding(term, period_start=date(2026, 9, 1), state=State.ACCEPTED)
    new = make.agreement(account, number="TA-1", revision=2, state=Agreement.State.DRAFT)
    make.term(new)
    return old, new


def test_publishing_retires_the_older_revision_and_closes_what_has_no_clause_any_more(lead, mia):
    old, new = revisions(mia.account)
    move(new, AGREEMENT, "publish", by=lead)
    assert list(Agreement.objects.order_by("revision").values_list("state", flat=True)) == ["superseded", "in_force"]
    assert list(Finding.objects.order_by("period_start").values_list("state", flat=True)) == ["accepted", "closed"]
    assert [e.verb for e in entries_of(old)] == ["superseded"]
    assert [e.reason for e in entries_of(Finding.objects.get(state="closed"))] == ["TA-1 v2"]


def test_findings_follow_their_clause_into_the_new_revision(lead, mia):
    old, new = revisions(mia.account)
    heir = new.terms.get()
    Term.objects.filter(pk=heir.pk).update(clause=old.terms.get().clause)
    move(new, AGREEMENT, "publish", by=lead)
    found = Finding.objects.order_by("period_start").values_list("term", "state", "version")
    assert list(found) == [(heir.pk, "accepted", 2), (heir.pk, "new", 2)]
    assert [(e.verb, e.reason) for e in entries_of(Finding.objects.first())] == [("carried", "TA-1 v2")]


def test_where_the_agreement_begins_anew_its_findings_do_too(lead, mia):
    old, new = revisions(mia.account)
    Term.objects.filter(agreement=new).update(clause=old.terms.get().clause)
    Agreement.objects.filter(pk=new.pk).update(starts=date(2026, 2, 1))
    move(new, AGREEMENT, "publish", by=lead)
    assert list(Finding.objects.order_by("period_start").values_list("state", flat=True)) == ["accepted", "closed"]
    assert not Finding.objects.filter(term__agreement=new).exists()


def test_an_older_revision_cannot_be_put_in_force_over_a_newer(lead, mia):
    old, new = revisions(mia.account)
    Agreement.objects.filter(pk=old.pk).update(state=Agreement.State.DRAFT)
    move(new, AGREEMENT, "publish", by=lead)
    with pytest.raises(Conflict, match="in force and newer"):
        move(old, AGREEMENT, "publish", by=lead)
    assert list(Agreement.objects.order_by("revision").values_list("state", flat=True)) == ["draft", "in_force"]


def test_an_agreement_without_terms_cannot_be_put_in_force(lead, mia):
    draft = make.agreement(mia.account, state=Agreement.State.DRAFT)
    with pytest.raises(Conflict, match="at least one term"):
        move(draft, AGREEMENT, "publish", by=lead)


def test_ending_early_cuts_the_agreement_short_today(lead, mia):
    today = timezone.now().date()
    row = make.agreement(mia.account, starts=today - timedelta(days=9), ends=today + timedelta(days=90))
    ended = move(row, AGREEMENT, "end", by=lead, note="They were bought.")
    assert (ended.state, ended.ends) == ("ended", today)
    assert [(e.verb, e.reason) for e in entries_of(row)] == [
        ("end", "They were bought."),
        ("shortened", "They were bought."),
    ]


def test_what_has_not_begun_cannot_be_ended(lead, mia):
    today = timezone.now().date()
    row = make.agreement(mia.account, starts=today, ends=today + timedelta(days=90))
    with pytest.raises(Conflict, match="after its first day"):
        move(row, AGREEMENT, "end", by=lead, note="never mind")
