from datetime import date
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradeterms import calc
from tradeterms.calc import NextTier, Tier

TIERS = [Tier(D(100_000), D("0.01")), Tier(D(250_000), D("0.02")), Tier(D(500_000), D("0.03"))]
amounts = st.decimals(min_value=-100_000, max_value=900_000, places=2)


@pytest.mark.parametrize(
    ("base", "retrospective", "incremental"),
    [
        (99_999, 0, 0),
        (100_000, 1_000, 0),
        (300_000, 6_000, 2_500),
        (500_000, 15_000, 6_500),
        (620_000, 18_600, 10_100),
    ],
)
def test_rebate_vectors(base, retrospective, incremental):
    assert calc.rebate_retrospective(D(base), TIERS) == D(retrospective)
    assert calc.rebate_incremental(D(base), TIERS) == D(incremental)


def test_incremental_vector_of_two_slices_from_the_first_unit():
    tiers = [Tier(D(0), D("0.05")), Tier(D(100), D("0.10"))]
    assert calc.rebate_incremental(D(200), tiers) == D("15.00")


@pytest.mark.parametrize("rebate", [calc.rebate_retrospective, calc.rebate_incremental])
def test_more_credits_than_sales_earn_nothing(rebate):
    assert rebate(D("-5000.00"), TIERS) == D("0.00")


@given(amounts, amounts)
def test_a_larger_base_never_earns_less(one, other):
    low, high = sorted((one, other))
    assert calc.rebate_retrospective(low, TIERS) <= calc.rebate_retrospective(high, TIERS)
    assert calc.rebate_incremental(low, TIERS) <= calc.rebate_incremental(high, TIERS)


@given(amounts)
def test_incremental_never_exceeds_retrospective(base):
    assert calc.rebate_incremental(base, TIERS) <= calc.rebate_retrospective(base, TIERS)


def test_rebate_is_rounded_half_up_to_the_cent():
    tiers = [Tier(D(0), D("0.0050"))]
    assert calc.rebate_retrospective(D("1.00"), tiers) == D("0.01")
    assert calc.rebate_retrospective(D("0.99"), tiers) == D("0.00")


def test_next_tier_names_distance_and_value():
    found = calc.next_tier(D("240000.00"), TIERS, calc.rebate_retrospective)
    assert found == NextTier(D(250_000), D("0.02"), D("10000.00"), D("2600.00"))


def test_next_tier_of_the_incremental_mode_has_no_cliff():
    assert calc.next_tier(D("240000.00"), TIERS, calc.rebate_incremental).value == D("100.00")


@pytest.mark.parametrize(("base", "start"), [("249999.99", 250_000), ("250000.00", 500_000)])
def test_a_threshold_is_reached_when_it_is_met(base, start):
    assert calc.next_tier(D(base), TIERS, calc.rebate_retrospective).start == D(start)


def test_there_is_no_tier_above_the_top():
    assert calc.next_tier(D(500_000), TIERS, calc.rebate_retrospective) is None


@pytest.mark.parametrize(
    ("day", "gone"), [(date(2023, 12, 31), 0), (date(2024, 1, 1), 1), (date(2024, 2, 29), 60), (date(2025, 6, 1), 366)]
)
def test_elapsed_days_of_a_leap_year(day, gone):
    assert calc.elapsed(date(2024, 1, 1), date(2024, 12, 31), day) == (gone, 366)


def test_pro_rata_ends_at_the_whole_amount():
    starts, ends = date(2024, 1, 1), date(2024, 12, 31)
    assert calc.pro_rata(D("250000.00"), starts, ends, date(2024, 2, 29)) == D("40983.61")
    assert calc.pro_rata(D("250000.00"), starts, ends, ends) == D("250000.00")


def test_run_rate_needs_a_day():
    starts, ends = date(2026, 1, 1), date(2026, 12, 31)
    assert calc.run_rate(D("100.00"), starts, ends, date(2025, 12, 31)) is None
    assert calc.run_rate(D("100.00"), starts, ends, date(2026, 1, 10)) == D("3650.00")


@pytest.mark.parametrize(("observed", "missing"), [("80", "20"), ("100", "0"), ("120", "0")])
def test_shortfall_is_never_negative(observed, missing):
    assert calc.shortfall(D(100), D(observed)) == D(missing)


def test_interest_and_weighted_days_of_four_late_invoices():
    late = [(D("61200"), 22), (D("38900"), 19), (D("29400"), 16), (D("18500"), 14)]
    amount_days, amount = sum(a * d for a, d in late), sum(a for a, _d in late)
    assert calc.interest(amount_days, D("0.0912")) == D("703.34")
    assert calc.weighted_days(amount_days, amount) == D("19.0")


def test_figures_without_a_base_are_empty():
    assert calc.weighted_days(D(0), D(0)) is None
    assert calc.ratio(D(0), D(0)) is None


@pytest.mark.parametrize(("good", "met"), [("949.999", False), ("950.000", True), ("951.000", True)])
def test_otif_is_compared_without_rounding(good, met):
    assert calc.otif_met(D(good), D(1000), D("0.95")) is met


@pytest.mark.parametrize(
    ("day", "month", "quarter"),
    [
        (date(2024, 2, 29), (date(2024, 2, 1), date(2024, 2, 29)), (date(2024, 1, 1), date(2024, 3, 31))),
        (date(2025, 12, 31), (date(2025, 12, 1), date(2025, 12, 31)), (date(2025, 10, 1), date(2025, 12, 31))),
        (date(2026, 4, 1), (date(2026, 4, 1), date(2026, 4, 30)), (date(2026, 4, 1), date(2026, 6, 30))),
    ],
)
def test_calendar_periods(day, month, quarter):
    assert calc.month_of(day) == month
    assert calc.quarter_of(day) == quarter


def test_weeks_fall_due_on_the_agreed_weekday_of_the_week_after():
    starts, ends = date(2026, 1, 1), date(2026, 3, 31)
    on_monday = calc.weeks_due(starts, ends, date(2026, 12, 31), 1, date(2026, 1, 19))
    on_tuesday = calc.weeks_due(starts, ends, date(2026, 12, 31), 1, date(2026, 1, 20))
    assert on_monday == [date(2026, 1, 5)]
    assert on_tuesday == [date(2026, 1, 5), date(2026, 1, 12)]


def test_a_week_that_outlasts_the_agreement_is_not_owed():
    weeks = calc.weeks_due(date(2026, 1, 1), date(2026, 1, 20), date(2026, 1, 20), 0, date(2026, 3, 1))
    assert weeks == [date(2026, 1, 5), date(2026, 1, 12)]


def test_working_days_skip_the_weekend():
    assert calc.working_days_after(date(2026, 11, 20), 3) == date(2026, 11, 25)


def test_digest_does_not_depend_on_the_order_of_keys():
    assert calc.digest({"a": 1, "b": ["x"]}) == calc.digest({"b": ["x"], "a": 1})
