"""Plan measures fill themselves from the KPI floor, and what needs somebody becomes an alert."""

from datetime import UTC, date, datetime
from decimal import Decimal as D

import pytest
from django.utils.translation import override

from accounts import wording
from accounts.models import Alert
from kam.night import Night
from kpis.models import MeasureValue
from plans.models import Plan, PlanMeasure
from plans.night import plan_measures
from tests import make

pytestmark = pytest.mark.django_db

NIGHT = Night(date(2026, 7, 5))
LAST = date(2026, 6, 29)


@pytest.fixture
def account():
    return make.account(name="Halvorn Sport AG")


def measured(account, measure, *weeks):
    """MeasureValues of (week, numerator, denominator)."""
    for week, numerator, denominator in weeks:
        MeasureValue.objects.create(
            account=account,
            measure=measure,
            week=week,
            numerator=numerator,
            denominator=denominator,
            as_of=min(date.fromordinal(week.toordinal() + 6), NIGHT.date),
        )


def row_of(account, measure, **kw):
    state = kw.pop("state", "draft")
    plan = make.plan(account, year=kw.pop("year", 2026), revision=kw.pop("revision", 1))
    row = make.plan_measure(make.goal(plan), measure=measure, **kw)
    Plan.objects.filter(pk=plan.pk).update(state=state)
    return row


def filled(row, night=NIGHT):
    plan_measures(night)
    row.refresh_from_db()
    return row.actual, row.as_of


def test_amounts_sum_up_over_the_iso_year(account):
    measured(account, "sell_in", *[(week, 100, 1) for week in (date(2025, 12, 22), date(2025, 12, 29), LAST)])
    assert filled(row_of(account, "sell_in")) == (D(200), NIGHT.date)


def test_rates_divide_the_sums(account):
    measured(account, "otif", (date(2026, 1, 5), 90, 100), (LAST, 10, 100), (date(2026, 7, 6), 9, 9))
    assert filled(row_of(account, "otif")) == (D("0.5"), NIGHT.date)


def test_levels_are_those_of_the_last_known_week(account):
    measured(account, "weeks_of_supply", (date(2026, 6, 15), 60, 10), (date(2026, 6, 22), 79, 10), (LAST, None, 10))
    assert filled(row_of(account, "weeks_of_supply")) == (D("7.9"), date(2026, 6, 28))


def test_nothing_to_divide_by_is_unknown(account):
    measured(account, "otif", (LAST, 0, 0))
    assert filled(row_of(account, "otif"))[0] is None


def test_a_measure_without_facts_stays_unknown_and_loses_what_was_restated_away(account):
    row = row_of(account, "sell_in", actual=5, as_of=LAST)
    assert filled(row) == (None, None)


def test_other_accounts_and_shards_are_left_alone(account):
    measured(make.account(), "sell_in", (LAST, 100, 1))
    row = row_of(account, "sell_in", actual=5, as_of=LAST)
    assert filled(row, Night(NIGHT.date, shard=(account.pk + 1) % 8, shards=8)) == (D(5), LAST)
    assert filled(row, Night(NIGHT.date, shard=account.pk % 8, shards=8)) == (None, None)


@pytest.mark.parametrize("state", ["draft", "submitted", "returned", "signed"])
def test_every_living_plan_is_filled_and_keeps_its_version(account, state):
    measured(account, "sell_in", (LAST, 100, 1))
    row = row_of(account, "sell_in", state=state)
    assert (*filled(row), row.version) == (D(100), NIGHT.date, 1)


def test_a_replaced_revision_keeps_its_figures(account):
    measured(account, "sell_in", (LAST, 100, 1))
    assert filled(row_of(account, "sell_in", state="superseded")) == (None, None)


def test_the_same_night_again_writes_nothing(account):
    measured(account, "sell_in", (LAST, 1000, 1))
    row_of(account, "sell_in")
    assert (plan_measures(NIGHT), plan_measures(NIGHT)) == (1, 0)


@pytest.mark.parametrize("rows", [1, 3])
def test_the_queries_do_not_grow_with_the_rows(account, rows, django_assert_max_num_queries):
    for revision in range(1, rows + 1):
        row_of(account, "sell_in", revision=revision)
    with django_assert_max_num_queries(13):
        plan_measures(NIGHT)


def alerts():
    with override("en"):
        found = Alert.objects.unresolved().order_by("pk")
        return [(a.code, wording.sentence(a).replace("\u00a0", " "), a.at_stake, a.url, a.shown_to) for a in found]


def season_of(row):
    filled(row)
    return row.through, row.season, row.expected


# 2025 brought 10 by W25, 30 by W26, 60 by W27, and 100 in all; LAST is W27 of 2026.
LAST_YEAR = [(date(2025, 1, 6), 10), (date(2025, 6, 23), 20), (date(2025, 6, 30), 30), (date(2025, 12, 22), 40)]


@pytest.mark.parametrize(
    ("last_year", "season", "expected"),
    [
        (LAST_YEAR, D("0.6"), D(600)),
        (LAST_YEAR[1:], None, D(27) / 53 * 1000),
        ([], None, D(27) / 53 * 1000),
        ([(date(2025, 1, 6), -10), (date(2025, 7, 7), 5)], None, D(27) / 53 * 1000),
        ([(date(2025, 1, 6), -10), (date(2025, 7, 7), 50)], D(0), D(0)),
        ([(date(2025, 1, 6), 60), (date(2025, 7, 7), -10)], D(1), D(1000)),
    ],
    ids=[
        "as last year",
        "began in summer",
        "new",
        "came to nothing",
        "more came back than went",
        "never more than all",
    ],
)
def test_what_sums_up_is_expected_as_last_year_brought_it(account, last_year, season, expected):
    measured(account, "sell_in", *[(week, amount, 1) for week, amount in last_year], (LAST, 100, 1))
    assert season_of(row_of(account, "sell_in")) == (LAST, season, expected)


def test_a_rate_goes_week_by_week_from_base_to_target(account):
    measured(account, "otif", (date(2025, 1, 6), 1, 2), (LAST, 90, 100))
    row = row_of(account, "otif", base="0.9000", target="0.9530")
    assert season_of(row) == (LAST, None, D("0.927"))


def test_weeks_of_which_the_news_is_late_are_not_expected_yet(account):
    measured(account, "sell_through", *[(week, amount, 1) for week, amount in LAST_YEAR], (date(2026, 6, 15), 100, 1))
    late = {"account": account, "measure": "sell_through", "as_of": NIGHT.date, "late": True}
    MeasureValue.objects.bulk_create(MeasureValue(week=week, **late) for week in (date(2026, 6, 22), LAST))
    assert season_of(row_of(account, "sell_through")) == (date(2026, 6, 15), D("0.1"), D(100))


def test_a_week_that_is_not_over_is_not_expected_yet(account):
    measured(account, "sell_in", *[(week, amount, 1) for week, amount in LAST_YEAR], (date(2026, 6, 22), 100, 1))
    row = row_of(account, "sell_in")
    plan_measures(Night(date(2026, 7, 4)))
    row.refresh_from_db()
    assert (row.through, row.season) == (date(2026, 6, 22), D("0.3"))


def test_at_the_end_of_the_year_all_of_the_target_is_expected(account):
    weeks = [*LAST_YEAR, (date(2026, 12, 28), 100)]
    measured(account, "sell_in", *[(week, amount, 1) for week, amount in weeks])
    row = row_of(account, "sell_in")
    plan_measures(Night(date(2027, 1, 10)))
    row.refresh_from_db()
    assert (row.through, row.expected) == (date(2026, 12, 28), D(1000))


@pytest.mark.parametrize(("last", "raised"), [(date(2026, 1, 12), 0), (date(2026, 1, 19), 1)])
def test_a_rate_of_less_than_four_weeks_alarms_nobody(account, last, raised):
    measured(account, "otif", (last, 50, 100))
    row_of(account, "otif", state="signed", target="0.9500")
    plan_measures(Night(date.fromordinal(last.toordinal() + 6)))
    assert len(alerts()) == raised


def test_a_plan_that_waits_too_long_raises_an_alert(account):
    plan = make.plan(account, state="submitted", submitted_at=datetime(2026, 6, 29, 23, tzinfo=UTC))
    plan_measures(NIGHT)
    assert alerts() == [
        (
            "plan_waiting",
            "Plan 2026 v1 has waited for a signature since 29 Jun, for 6 days.",
            None,
            f"/plans/{plan.pk}/signoff/",
            "relationship",
        )
    ]


def test_five_days_are_not_too_long(account):
    make.plan(account, state="submitted", submitted_at=datetime(2026, 6, 30, tzinfo=UTC))
    plan_measures(NIGHT)
    assert alerts() == []


def test_a_signed_plan_no_longer_waits(account):
    plan = make.plan(account, state="submitted", submitted_at=datetime(2026, 6, 1, tzinfo=UTC))
    plan_measures(NIGHT)
    Plan.objects.filter(pk=plan.pk).update(state="signed")
    plan_measures(Night(date(2026, 7, 6)))
    assert alerts() == []


def test_a_measure_behind_its_path_raises_an_alert_with_what_is_missing(account):
    measured(account, "sell_in", (LAST, 1_000_000, 1))
    row = row_of(account, "sell_in", state="signed", target=3_710_000)
    plan_measures(NIGHT)
    assert alerts() == [
        (
            "plan_behind",
            "Sell-in is behind plan 2026: € 1,000 k where € 1,890 k was expected by 5 Jul, target € 3,710 k.",
            D("890000.00"),
            f"/plans/{row.goal.plan_id}/",
            "relationship",
        )
    ]


@pytest.mark.parametrize(("state", "value"), [("signed", 1800), ("draft", 1), ("submitted", 1)])
def test_what_is_on_its_path_or_not_agreed_yet_raises_none(account, state, value):
    measured(account, "sell_in", (LAST, value, 1))
    row_of(account, "sell_in", state=state, target=3710)
    plan_measures(NIGHT)
    assert PlanMeasure.objects.get().actual == value
    assert alerts() == []
