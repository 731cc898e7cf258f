"""Every kind of term at its edges: exactly at a threshold, credits, no data, leap days, parts of months."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal as D

import pytest

from kam.night import Night
from kpis.models import BatchWeek, OpenItem
from tests import make
from tests.kpis import facts
from tests.tradeterms.helpers import account_of, agreed, lines, said
from tradeterms.models import Finding
from tradeterms.night import compliance

pytestmark = pytest.mark.django_db
Verdict, State = Finding.Verdict, Finding.State


# Volume rebate


@pytest.mark.parametrize(
    ("value", "verdict", "rebate", "at_stake"),
    [
        ("89999.99", Verdict.MET, "0.00", None),
        ("90000.00", Verdict.OPPORTUNITY, "0.00", D("1000.00")),
        ("99999.99", Verdict.OPPORTUNITY, "0.00", D("1000.00")),
        ("100000.00", Verdict.MET, "1000.00", None),
        ("240000.00", Verdict.OPPORTUNITY, "2400.00", D("2600.00")),
        ("250000.00", Verdict.MET, "5000.00", None),
    ],
)
def test_rebate_around_its_thresholds(judge, value, verdict, rebate, at_stake):
    term = agreed("volume_rebate")
    make.invoice_line(account_of(term), value, date(2026, 3, 1))
    (finding,) = judge(term, 2026, 6, 30)
    assert said(finding, "verdict", "at_stake", "observed") == [verdict, at_stake, D(value)]
    assert finding.figures["rebate"] == rebate


def test_credit_notes_lower_the_base_and_are_named(judge):
    term = agreed("volume_rebate")
    make.invoice_line(account_of(term), "100500.00", date(2026, 3, 1))
    make.invoice_line(account_of(term), "-500.01", date(2026, 4, 1), is_credit=True)
    (finding,) = judge(term, 2026, 6, 30)
    assert finding.observed == D("99999.99")
    assert finding.figures["credits"] == "-500.01"


def test_the_last_day_counts_and_ends_the_opportunity(judge):
    term = agreed("volume_rebate")
    make.invoice_line(account_of(term), "95000.00", date(2026, 1, 1))
    make.invoice_line(account_of(term), "4000.00", date(2026, 12, 31))
    make.invoice_line(account_of(term), "4000.00", date(2027, 1, 1))
    assert said(judge(term, 2026, 12, 30)[0], "verdict", "state") == [Verdict.OPPORTUNITY, State.NEW]
    assert said(judge(term, 2027, 1, 5)[0], "observed", "verdict", "state") == [D("99000"), Verdict.MET, State.CLOSED]


def test_what_was_never_invoiced_cannot_be_measured(judge):
    (finding,) = judge(agreed("minimum_purchase"), 2026, 6, 30)
    assert said(finding, "verdict", "state", "figures") == [
        Verdict.NOT_MEASURABLE,
        State.CLOSED,
        {"reason": "no_facts"},
    ]


def test_silence_of_a_buyer_is_zero(judge):
    term = agreed("minimum_purchase")
    make.invoice_line(account_of(term), "10.00", date(2025, 6, 1))
    (finding,) = judge(term, 2026, 12, 31)
    assert said(finding, "verdict", "observed", "at_stake") == [Verdict.BREACHED, D(0), D("5000.00")]


def test_another_currency_is_left_out_and_counted(judge):
    term = agreed("minimum_purchase", amount="100.00")
    make.invoice_line(account_of(term), "150.00", date(2026, 1, 2))
    make.invoice_line(account_of(term), "999.00", date(2026, 1, 2), currency="USD")
    (finding,) = judge(term, 2026, 12, 31)
    assert said(finding, "verdict", "observed") == [Verdict.MET, D("150.00")]
    assert finding.figures["left_out"] == 1


# Minimum purchase


@pytest.mark.parametrize(
    ("value", "day", "verdict", "at_stake"),
    [
        ("73.19", (2024, 9, 25), Verdict.AT_RISK, D("0.06")),
        ("73.50", (2024, 9, 25), Verdict.MET, None),
        ("99.99", (2024, 12, 31), Verdict.BREACHED, D("0.00")),
        ("100.00", (2024, 12, 31), Verdict.MET, None),
        ("50.00", (2024, 12, 31), Verdict.BREACHED, D("10.00")),
    ],
)
def test_minimum_is_expected_by_days_gone_of_a_leap_year(judge, value, day, verdict, at_stake):
    term = agreed(
        "minimum_purchase", amount="100.00", penalty_rate="0.2", starts=date(2024, 1, 1), ends=date(2024, 12, 31)
    )
    make.invoice_line(account_of(term), value, date(2024, 2, 29))
    (finding,) = judge(term, *day)
    assert said(finding, "verdict", "at_stake") == [verdict, at_stake]


def test_a_group_buys_for_all_below_it(judge):
    term = agreed("minimum_purchase", amount="100.00")
    banner = make.account(parent=account_of(term))
    region = make.account(parent=banner)
    for account in (account_of(term), banner, region, make.account()):
        make.invoice_line(account, "40.00", date(2026, 5, 1))
    (finding,) = judge(term, 2026, 12, 31)
    assert said(finding, "observed", "verdict") == [D("120.00"), Verdict.MET]


def test_two_agreements_are_judged_apart(judge):
    account = make.account()
    first = agreed("minimum_purchase", account, amount="100.00")
    second = agreed("minimum_purchase", account, amount="50.00", starts=date(2026, 7, 1))
    make.invoice_line(account, "60.00", date(2026, 3, 1))
    make.invoice_line(account, "30.00", date(2026, 8, 1))
    compliance(Night(date(2026, 12, 31)))
    assert [Finding.objects.get(term=t).observed for t in (first, second)] == [D("90.00"), D("30.00")]


# Payment term


@pytest.mark.parametrize(
    ("paid_on", "grace", "verdict", "late"),
    [
        (date(2026, 10, 31), 0, Verdict.MET, "0"),
        (date(2026, 11, 1), 0, Verdict.BREACHED, "1000.00"),
        (date(2026, 11, 3), 3, Verdict.MET, "0"),
        (date(2026, 11, 4), 3, Verdict.BREACHED, "1000.00"),
    ],
)
def test_payment_around_the_agreed_day(judge, paid_on, grace, verdict, late):
    term = agreed("payment_term", grace_days=grace)
    make.open_item(account_of(term), "1000.00", date(2026, 10, 1), paid_on=paid_on)
    finding = judge(term, 2026, 11, 20)[0]
    assert said(finding, "period_start", "verdict") == [date(2026, 10, 1), verdict]
    assert finding.figures["late"] == late


def test_interest_runs_from_the_agreed_day_also_within_the_grace(judge):
    term = agreed("payment_term", grace_days=5)
    make.open_item(account_of(term), "1000.00", date(2026, 10, 1), paid_on=date(2026, 11, 10))
    finding = judge(term, 2026, 11, 20)[0]
    assert [finding.figures[n] for n in ("late_days", "interest")] == ["10.0", "2.50"]
    assert said(finding, "expected", "observed", "at_stake") == [D(30), D(40), D("1000.00")]


def test_an_open_item_is_late_only_after_its_day_and_stays_so_until_paid(judge):
    term = agreed("payment_term", starts=date(2026, 10, 1))
    item = make.open_item(account_of(term), "1000.00", date(2026, 10, 1))
    for day in (30, 31):
        assert judge(term, 2026, 10, day)[0].figures == {"reason": "nothing_due", "items": 1, "left_out": 0}
    assert said(judge(term, 2026, 11, 2)[0], "verdict", "at_stake") == [Verdict.BREACHED, D("1000.00")]
    assert judge(term, 2027, 6, 30)[0].figures["late_days"] == "242.0"
    OpenItem.objects.filter(pk=item.pk).update(paid=1000, paid_on=date(2026, 10, 20))
    assert said(judge(term, 2027, 7, 1)[0], "verdict", "state") == [Verdict.MET, State.CLOSED]


def test_a_partial_payment_counts_on_its_day_and_the_rest_stays_open(judge):
    term = agreed("payment_term")
    make.open_item(account_of(term), "1000.00", date(2026, 10, 1), paid_on=date(2026, 10, 11), paid="400.00")
    finding = judge(term, 2026, 11, 10)[0]
    assert finding.at_stake == D("600.00")
    assert finding.figures["open_late"] == "600.00"
    assert finding.observed == D("28.0")  # 400 after 10 days, 600 after 40


def test_a_payment_after_the_business_date_has_not_happened(judge):
    term = agreed("payment_term")
    make.open_item(account_of(term), "1000.00", date(2026, 10, 1), paid_on=date(2026, 11, 20))
    assert judge(term, 2026, 11, 5)[0].figures["open_late"] == "1000.00"


def test_credits_are_not_paid_late(judge):
    term = agreed("payment_term")
    make.open_item(account_of(term), "-1000.00", date(2026, 10, 1))
    assert [f.verdict for f in judge(term, 2026, 11, 20)] == [Verdict.NOT_MEASURABLE]  # November only


def test_an_agreement_from_the_middle_of_a_month_begins_its_first_period_there(judge):
    term = agreed("payment_term", starts=date(2026, 10, 15), ends=date(2026, 11, 10))
    for day in (14, 15):
        make.open_item(account_of(term), "10.00", date(2026, 10, day))
    make.open_item(account_of(term), "10.00", date(2026, 11, 10))
    make.open_item(account_of(term), "10.00", date(2026, 11, 11))
    found = judge(term, 2026, 12, 31)
    assert [said(f, "period_start", "period_end") for f in found] == [
        [date(2026, 10, 15), date(2026, 10, 31)],
        [date(2026, 11, 1), date(2026, 11, 10)],
    ]
    assert [f.figures["items"] for f in found] == [1, 1]


def test_evidence_holds_the_worst_rows_and_a_seal(judge):
    term = agreed("payment_term")
    for n in range(60):
        make.open_item(account_of(term), 100 + n, date(2026, 10, 1), paid_on=date(2026, 11, 5))
    finding = judge(term, 2026, 11, 20)[0]
    assert [row["late"] for row in finding.evidence][:2] == ["159.00", "158.00"]
    assert len(finding.evidence) == 50
    assert finding.figures["late_items"] == 60
    assert Finding.objects.get(pk=finding.pk).seal() == finding.evidence_hash


# Data reporting


def test_weeks_are_counted_from_the_first_whole_one_when_they_are_due(judge):
    term = agreed("data_reporting", starts=date(2026, 10, 7))
    make.account_week(account_of(term), date(2026, 10, 12))
    make.account_week(account_of(term), date(2026, 10, 19), units=None, sell_in_value=5)
    assert judge(term, 2026, 10, 19)[0].figures == {"reason": "nothing_due"}
    assert said(judge(term, 2026, 10, 20)[0], "expected", "verdict") == [D(1), Verdict.MET]
    finding = judge(term, 2026, 10, 27)[0]
    assert said(finding, "expected", "observed", "at_stake") == [D(2), D(1), D("500.00")]
    assert finding.evidence == [
        {"week": "2026-10-12", "units": "1.000", "arrived_on": None},
        {"week": "2026-10-19", "units": None, "arrived_on": None},
    ]


def test_the_last_weeks_of_a_quarter_are_judged_in_the_next(judge):
    term = agreed("data_reporting", weekday=4)
    due = {f.period_start: f.expected for f in judge(term, 2026, 4, 10)}
    assert due == {date(2026, 1, 1): D(13), date(2026, 4, 1): None}


def reports(account, week, at):
    """A week of sell-through whose file was handed in at a moment (UTC)."""
    make.account_week(account, week)
    batch = facts.batch(received_at=at)
    BatchWeek.objects.create(batch=batch, account=account, week=week, rows=1)


@pytest.mark.parametrize(
    ("zone", "hour", "met"),
    [("UTC", 23, True), ("UTC", 24, False), ("Europe/Berlin", 22, True), ("Europe/Berlin", 23, False),
     ("America/New_York", 28, True), ("America/New_York", 29, False)],
)  # fmt: skip
def test_a_week_counts_by_what_was_there_at_the_end_of_its_day_where_the_feed_is(judge, zone, hour, met):
    term = agreed("data_reporting", starts=date(2026, 11, 2))
    account = account_of(term)
    facts.feed(account, time_zone=zone)
    reports(account, date(2026, 11, 2), datetime(2026, 11, 9, 12, tzinfo=UTC))
    reports(account, date(2026, 11, 9), datetime(2026, 11, 17, tzinfo=UTC) + timedelta(hours=hour, minutes=1))
    finding = judge(term, 2026, 11, 20)[0]
    assert said(finding, "expected", "observed", "verdict") == [
        D(2), D(2) if met else D(1), Verdict.MET if met else Verdict.BREACHED,
    ]  # fmt: skip
    assert finding.figures["late_weeks"] == (0 if met else 1)


def test_a_week_that_came_again_later_is_judged_by_its_first_file(judge):
    term = agreed("data_reporting", starts=date(2026, 11, 2))
    week = date(2026, 11, 2)
    reports(account_of(term), week, datetime(2026, 11, 9, 12, tzinfo=UTC))
    BatchWeek.objects.create(
        batch=facts.batch(received_at=datetime(2026, 11, 15, tzinfo=UTC)), account=account_of(term), week=week, rows=1
    )
    assert judge(term, 2026, 11, 16)[0].verdict == Verdict.MET


def test_an_undone_first_file_was_none(judge):
    term = agreed("data_reporting", starts=date(2026, 11, 2))
    reports(account_of(term), date(2026, 11, 2), datetime(2026, 11, 9, tzinfo=UTC))
    reports(account_of(term), date(2026, 11, 9), datetime(2026, 11, 16, tzinfo=UTC))
    first = BatchWeek.objects.get(week=date(2026, 11, 9))
    type(first.batch).objects.filter(pk=first.batch_id).update(state="undone")
    again = facts.batch(received_at=datetime(2026, 11, 19, tzinfo=UTC))
    BatchWeek.objects.create(batch=again, account=account_of(term), week=first.week, rows=1)
    assert judge(term, 2026, 11, 20)[0].figures["late_weeks"] == 1


def test_history_that_is_loaded_at_the_beginning_is_not_called_late(judge):
    term = agreed("data_reporting", starts=date(2026, 10, 5))
    for back in range(4):
        week = date(2026, 10, 26) - timedelta(weeks=back)
        reports(account_of(term), week, datetime(2026, 11, 19, 10 + back, tzinfo=UTC))
    finding = judge(term, 2026, 11, 3)[0]
    assert said(finding, "expected", "observed", "verdict") == [D(4), D(4), Verdict.MET]


# Delivery OTIF


@pytest.mark.parametrize(("received", "verdict"), [((10, 9), Verdict.MET), ((10, "8.999"), Verdict.BREACHED)])
def test_otif_exactly_at_its_minimum(judge, received, verdict):
    term = agreed("delivery_otif")
    lines(term, *received)
    assert judge(term, 2026, 11, 1)[0].verdict == verdict


def test_more_than_ordered_is_not_credited_and_the_failed_line_is_at_stake(judge):
    term = agreed("delivery_otif")
    lines(term, 15, 5)
    finding = judge(term, 2026, 11, 1)[0]
    assert said(finding, "observed", "at_stake") == [D("0.7500"), D("0.50")]
    assert [finding.figures[n] for n in ("on_time", "in_full", "failed_lines")] == ["1.0000", "0.7500", 1]


def test_lines_counted_as_lines(judge):
    term = agreed("delivery_otif", count="lines", minimum="0.5000")
    lines(term, 10, 9)
    assert said(judge(term, 2026, 11, 1)[0], "observed", "verdict") == [D("0.5000"), Verdict.MET]


@pytest.mark.parametrize(("days", "good"), [(-2, 0), (-1, 10), (0, 10), (2, 10), (3, 0)])
def test_early_and_late_within_the_agreed_window(judge, days, good):
    term = agreed("delivery_otif", early_days=1, late_days=2)
    day = date(2026, 10, 5)
    lines(term, 10, received_on=day + timedelta(days=days))
    assert judge(term, 2026, 11, 10)[0].figures["good"] == f"{good}.000" if good else "0"


def test_a_line_is_judged_when_its_window_has_closed(judge):
    term = agreed("delivery_otif", late_days=2, starts=date(2026, 10, 1))
    lines(term, 10, day=date(2026, 10, 1))
    lines(term, 0, day=date(2026, 10, 5), received_on=None)
    assert judge(term, 2026, 10, 6)[0].figures["lines"] == 1
    assert said(judge(term, 2026, 10, 7)[0], "observed", "verdict") == [D("0.5000"), Verdict.AT_RISK]
    assert said(judge(term, 2026, 11, 1)[0], "verdict") == [Verdict.AT_RISK]
    assert said(judge(term, 2026, 11, 2)[0], "verdict") == [Verdict.BREACHED]


def test_without_any_receipt_delivery_cannot_be_measured(judge):
    term = agreed("delivery_otif", starts=date(2026, 10, 1))
    lines(term, None, received_on=None)
    assert judge(term, 2026, 10, 20)[0].figures == {"reason": "no_receipts", "lines": 1}


def test_a_line_received_on_an_unknown_day_is_left_out(judge):
    term = agreed("delivery_otif")
    lines(term, 10)
    make.order_line(account_of(term), date(2026, 10, 5), received=3, received_on=None)
    assert judge(term, 2026, 11, 1)[0].figures["lines"] == 1
