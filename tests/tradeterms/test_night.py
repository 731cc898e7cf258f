"""The compliance step: which periods it looks at, and what it does to findings, alerts and the audit log."""

from datetime import date
from decimal import Decimal as D

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Alert
from accounts.wording import sentence
from kam.audit import entries_of
from kam.models import Entry
from kam.night import Night
from kpis.models import Feed, OpenItem, OrderLine
from tests import make
from tests.tradeterms.helpers import account_of, agreed, lines, said
from tradeterms.models import Agreement, Finding
from tradeterms.night import compliance

pytestmark = pytest.mark.django_db
Verdict, State = Finding.Verdict, Finding.State


# Which periods, which agreements


@pytest.mark.parametrize("state", [Agreement.State.DRAFT, Agreement.State.SUPERSEDED])
def test_only_what_binds_is_judged(judge, state):
    term = agreed("minimum_purchase")
    Agreement.objects.update(state=state)
    assert judge(term, 2026, 6, 30) == []


def test_a_night_that_was_missed_is_made_up_for(judge):
    term = agreed("payment_term")
    make.open_item(account_of(term), "10.00", date(2026, 2, 1), paid_on=date(2026, 2, 5))
    assert [f.period_start for f in judge(term, 2026, 11, 20)] == [date(2026, 2, 1), date(2026, 11, 1)]


def test_a_restated_fact_of_last_month_is_judged_again(judge):
    term = agreed("delivery_otif")
    lines(term, 10, 5)
    assert judge(term, 2026, 11, 5)[0].verdict == Verdict.BREACHED
    OrderLine.objects.update(received=10)
    assert said(judge(term, 2026, 11, 6)[0], "verdict", "state") == [Verdict.MET, State.CLOSED]


def test_an_older_night_leaves_a_later_judgement_alone(judge):
    term = agreed("minimum_purchase", amount="100.00")
    make.invoice_line(account_of(term), "60.00", date(2026, 11, 1))
    (later,) = judge(term, 2026, 11, 20)
    (again,) = judge(term, 2026, 10, 1)
    assert said(again, "as_of", "observed", "version") == said(later, "as_of", "observed", "version")


def test_each_shard_judges_its_own_accounts(judge):
    terms = [agreed("minimum_purchase") for _ in range(3)]
    compliance(Night(date(2026, 6, 30), terms[0].agreement.account_id % 2, 2))
    mine = [t.pk for t in terms if t.agreement.account_id % 2 == terms[0].agreement.account_id % 2]
    assert list(Finding.objects.order_by("term").values_list("term", flat=True)) == mine


# Late feeds


def late_feed(account, feed=()):
    """Weekly invoices due on Monday; those of the week of 9 November are not here on the 17th."""
    fields = {"code": f"invoices-{account.pk}", "kind": "invoices", "weekday": 0, "account": account} | dict(feed)
    make.invoice_line(account, "50.00", date(2026, 11, 3))
    return Feed.objects.create(name="Invoices", **fields)


def test_while_a_feed_is_late_nothing_is_said(judge):
    term = agreed("minimum_purchase", amount="100.00")
    late_feed(account_of(term))
    night = Night(date(2026, 11, 17))
    compliance(night)
    finding = Finding.objects.get()
    assert said(finding, "verdict", "figures") == [Verdict.NOT_MEASURABLE, {"reason": "feed_late"}]
    assert night.notes == [{"code": "terms_wait_for_feed", "params": {"terms": 1}}]


def test_a_late_feed_keeps_what_was_said_before(judge):
    term = agreed("minimum_purchase", amount="100.00")
    make.invoice_line(account_of(term), "50.00", date(2026, 11, 3))
    judge(term, 2026, 11, 10)
    late_feed(account_of(term))
    (finding,) = judge(term, 2026, 11, 17)
    assert said(finding, "as_of", "observed") == [date(2026, 11, 10), D("50.00")]


@pytest.mark.parametrize("place", ["house", "above", "below"])
def test_feeds_of_the_house_above_and_below_are_waited_for(judge, place):
    group = make.account()
    account = make.account(parent=group)
    term = agreed("minimum_purchase", account)
    below = make.account(parent=account)
    late_feed(below, {"account": {"house": None, "above": group, "below": below}[place]})
    assert judge(term, 2026, 11, 17)[0].figures == {"reason": "feed_late"}


def test_the_feed_of_another_account_is_not(judge):
    term = agreed("minimum_purchase")
    late_feed(make.account())
    make.invoice_line(account_of(term), "50.00", date(2026, 11, 3))
    assert judge(term, 2026, 11, 17)[0].verdict == Verdict.AT_RISK


# What the night does to what people did


def breached(judge):
    term = agreed("payment_term")
    item = make.open_item(account_of(term), "1000.00", date(2026, 10, 1))
    return term, item, judge(term, 2026, 11, 20)[0]


@pytest.mark.parametrize("state", list(State))
def test_the_state_that_people_gave_stays_while_the_term_is_breached(judge, state):
    term, _item, finding = breached(judge)
    Finding.objects.filter(pk=finding.pk).update(state=state)
    again = judge(term, 2026, 11, 21)[0]
    assert said(again, "state", "verdict") == [state, Verdict.BREACHED]
    assert again.figures["late_days"] == "21.0"


@pytest.mark.parametrize(
    ("state", "after"),
    [(s, State.CLOSED) for s in Finding.OPEN_STATES] + [(State.ACCEPTED, "accepted"), (State.WAIVED, "waived")],
)
def test_what_becomes_met_is_closed_unless_people_settled_it(judge, state, after):
    term, item, finding = breached(judge)
    Finding.objects.filter(pk=finding.pk).update(state=state)
    OpenItem.objects.filter(pk=item.pk).update(paid=1000, paid_on=date(2026, 10, 15))
    assert said(judge(term, 2026, 11, 21)[0], "verdict", "state", "act_by") == [Verdict.MET, after, None]


def test_what_was_closed_as_met_is_new_again_when_it_is_breached(judge):
    term, item, _finding = breached(judge)
    OpenItem.objects.filter(pk=item.pk).update(paid=1000, paid_on=date(2026, 10, 15))
    judge(term, 2026, 11, 21)
    OpenItem.objects.filter(pk=item.pk).update(paid=0, paid_on=None)
    assert said(judge(term, 2026, 11, 22)[0], "state", "act_by") == [State.NEW, date(2026, 11, 25)]


def test_the_deadline_is_three_working_days_and_does_not_move(judge):
    term, _item, finding = breached(judge)
    assert finding.act_by == date(2026, 11, 25)
    assert judge(term, 2026, 11, 24)[0].act_by == date(2026, 11, 25)


def test_the_owner_follows_the_account(judge):
    term, _item, _finding = breached(judge)
    owner = make.user()
    account = account_of(term)
    account.owner = owner
    account.save()
    assert judge(term, 2026, 11, 20)[0].owner == owner


def test_running_a_night_again_changes_nothing(judge):
    term, _item, finding = breached(judge)
    before = list(Finding.objects.order_by("pk").values())
    entries = Entry.objects.count()
    judge(term, 2026, 11, 20)
    assert list(Finding.objects.order_by("pk").values()) == before
    assert Entry.objects.count() == entries


def test_findings_and_changes_of_verdict_are_in_the_history(judge):
    term, item, finding = breached(judge)
    OpenItem.objects.filter(pk=item.pk).update(paid=1000, paid_on=date(2026, 10, 15))
    judge(term, 2026, 11, 21)
    told = [(e.verb, e.actor, e.before, e.after["verdict"]) for e in entries_of(finding)]
    assert told == [
        ("judged", None, {"verdict": "breached", "state": "new"}, "met"),
        ("found", None, None, "breached"),
    ]


# Alerts


def alerts():
    return list(Alert.objects.order_by("code").values_list("code", "severity", "state", "at_stake"))


def test_a_breach_raises_an_alert_that_leads_to_the_finding(judge):
    _term, _item, finding = breached(judge)
    alert = Alert.objects.get()
    assert alerts() == [("term_breached_payment_term", "critical", "open", D("1000.00"))]
    assert said(alert, "url", "act_by", "shown_to") == [f"/terms/findings/{finding.pk}/", finding.act_by, "terms"]
    expected = "1 invoice of 1 Oct to 31 Oct was not paid in time: € 1.0 k, 20 days late."
    assert sentence(alert).replace("\N{NO-BREAK SPACE}", " ") == expected


def test_an_alert_goes_when_people_have_settled_the_finding(judge):
    term, _item, finding = breached(judge)
    Finding.objects.filter(pk=finding.pk).update(state=State.ACCEPTED)
    judge(term, 2026, 11, 21)
    assert alerts() == [("term_breached_payment_term", "critical", "resolved", D("1000.00"))]


def test_a_tier_within_reach_is_a_notice(judge):
    term = agreed("volume_rebate")
    make.invoice_line(account_of(term), "95000.00", date(2026, 3, 1))
    judge(term, 2026, 6, 30)
    assert alerts() == [("tier_ahead_volume_rebate", "notice", "open", D("1000.00"))]
    expected = "Purchases are € 5.0 k short of the next rebate tier at € 100 k, worth € 1.0 k more."
    assert sentence(Alert.objects.get()).replace("\N{NO-BREAK SPACE}", " ") == expected


def test_at_risk_becomes_breached_under_another_code(judge):
    term = agreed("delivery_otif")
    lines(term, 5)
    judge(term, 2026, 10, 6)
    judge(term, 2026, 11, 1)
    assert alerts() == [
        ("term_at_risk_delivery_otif", "warning", "resolved", D("0.50")),
        ("term_breached_delivery_otif", "critical", "open", D("0.50")),
    ]


def late_payers(n):
    for _ in range(n):
        make.open_item(account_of(agreed("payment_term")), "1000.00", date(2026, 10, 1))


def test_queries_do_not_grow_with_the_number_of_terms():
    late_payers(1)
    with CaptureQueriesContext(connection) as one:
        compliance(Night(date(2026, 11, 20)))
    late_payers(4)
    with CaptureQueriesContext(connection) as five:
        compliance(Night(date(2026, 11, 20)))
    assert len(five) == len(one)
