"""What makes a week partial or strangely small."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal as D
from types import SimpleNamespace

import pytest

from kpis.feeds.judge import judge
from kpis.feeds.told import Told

WEEK = date(2026, 11, 16)
STORES = frozenset(range(1, 21))


def feed(**kw):
    fields = {"kind": "sell_through", "account_id": 1, "expected_stores": "usual", "completeness": 95}
    return SimpleNamespace(**fields | {"tolerance": None} | kw)


def known(*totals, stores=STORES):
    """Weeks by total, the judged one last; each reported by `stores` unless it is a pair (total, stores)."""
    found = {}
    for back, said in enumerate(reversed(totals)):
        total, told = said if isinstance(said, tuple) else (said, stores)
        week = WEEK - timedelta(weeks=back)
        found[week] = Told(week, D(total), datetime(2026, 11, 23, tzinfo=UTC), back, frozenset(told))
    return found


def what(expected, weeks, every=None):
    return judge(expected, weeks, WEEK, every).what


@pytest.mark.parametrize(("total", "said"), [(50, ""), (49, "small"), (0, "small"), (-5, "small"), (1000, "")])
def test_more_than_half_below_the_median_of_eight_weeks_is_small(total, said):
    assert what(feed(), known(100, 100, 90, 110, 100, 100, 5, 1000, total)) == said


def test_one_odd_week_does_not_move_what_is_usual():
    assert judge(feed(), known(*[100] * 7, 100_000, 60), WEEK).usual == 100


def test_only_the_last_eight_weeks_say_what_is_usual():
    assert judge(feed(), known(*[1000] * 8, *[100] * 8, 60), WEEK).usual == 100


@pytest.mark.parametrize(("before", "said"), [(3, ""), (4, "small")])
def test_with_fewer_than_four_weeks_nothing_is_usual(before, said):
    assert what(feed(), known(*[100] * before, 1)) == said


@pytest.mark.parametrize(
    ("kind", "tolerance", "said"),
    [("sell_through", None, "small"), ("stock", None, "small"), ("orders", None, ""), ("orders", 60, "small"),
     ("sell_through", 80, ""), ("sell_through", 100, "")],
)  # fmt: skip
def test_the_tolerance_is_that_of_the_feed_or_half_for_what_comes_steadily(kind, tolerance, said):
    assert what(feed(kind=kind, tolerance=tolerance), known(*[100] * 8, 30)) == said


@pytest.mark.parametrize(("missing", "said"), [(0, ""), (1, ""), (2, "partial")])
def test_a_week_is_partial_below_the_share_of_usual_stores(missing, said):
    weeks = known(*[100] * 8, (100, STORES - set(range(1, missing + 1))))
    verdict = judge(feed(), weeks, WEEK)
    assert (verdict.what, len(verdict.expected), len(verdict.missing)) == (said, 20, missing)


def test_a_store_is_usual_from_half_of_the_weeks_on():
    closed, new = STORES | {30}, STORES | {40}
    weeks = known(*[(100, closed)] * 3, *[(100, STORES)], *[(100, new)] * 4, (100, STORES))
    assert judge(feed(completeness=100), weeks, WEEK).missing == {40}


def test_other_stores_do_not_make_up_for_missing_ones():
    assert what(feed(), known(*[100] * 8, (100, set(range(11, 31))))) == "partial"


@pytest.mark.parametrize(
    ("kw", "every", "said"),
    [({"expected_stores": "all"}, STORES | {30, 31}, "partial"), ({"expected_stores": "all"}, STORES, ""),
     ({"expected_stores": "all"}, None, ""), ({"expected_stores": "any"}, STORES | {30, 31}, ""),
     ({"kind": "orders", "expected_stores": "all"}, STORES | {30, 31}, ""),
     ({"account_id": None, "expected_stores": "all"}, STORES | {30, 31}, "")],
)  # fmt: skip
def test_which_stores_are_expected_is_a_setting_of_feeds_of_accounts(kw, every, said):
    assert what(feed(**kw), known(100), every) == said


def test_partial_comes_before_small():
    assert what(feed(), known(*[100] * 8, (1, {1}))) == "partial"


def test_without_stores_in_files_there_are_none_to_miss():
    assert judge(feed(), known(*[100] * 8, 100, stores=()), WEEK).expected is None
