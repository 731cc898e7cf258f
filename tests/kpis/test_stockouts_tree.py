"""Why a product was out of stock: each branch on facts of its own, and what it says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.models import StockOut
from kpis.stockouts import words
from kpis.stockouts.gaps import Gap
from kpis.stockouts.tree import QUESTIONS
from kpis.stockouts.tree import judge as judge_gap
from tests import make
from tests.kpis import facts
from tests.kpis.stockouts import WEEK, empty, judge, ordered, steady, weeks_back

OUT = (3, 2, 1, 0)


def out(**kw):
    account, of = steady(**kw)
    empty(account, of, OUT)
    return account, of


def other(account, **kw):
    """An order line of another product, so that orders of the account are known."""
    ordered(account, facts.product(), 10, 20, came=20, **kw)


def judged():
    (row,) = judge()
    assert row.path[-1]["decides"]
    assert not any(answer["decides"] for answer in row.path[:-1])
    return row.cause, row.path[-1]["question"], words.why(row.path)


@pytest.mark.django_db
class TestBranches:
    def test_no_orders_of_the_account_are_known(self):
        out()
        assert judged() == ("unknown", "known", "Cause not known, because no orders of the account are known.")

    def test_order_files_are_late(self):
        account, _of = out()
        other(account)
        facts.feed(account, kind="orders", weekday=0, grace_days=0)
        assert judged() == ("unknown", "known", "Cause not known, because order files are late.")

    def test_order_lines_have_no_requested_day(self):
        account, of = out()
        facts.ordered(account, product=of, ordered_on=weeks_back(4), requested_on=None)
        said = "Cause not known, because the order lines have no requested day."
        assert judged() == ("unknown", "known", said)

    def test_not_ordered(self):
        account, of = out()
        ordered(account, of, 9, 200, came=200, notice=14)
        said = "Nothing was ordered for its weeks or the four before; the last order was placed on 3 Sep."
        assert judged() == ("not_ordered", "ordered", said)

    def test_rejected_or_cut_by_us(self):
        account, of = out()
        ordered(account, of, 4, 100, confirmed=20, came=20)
        said = "We rejected or cut 80 of 100 ordered units; 80 units were lost."
        assert judged() == ("cut", "confirmed", said)

    def test_delivered_short(self):
        account, of = out()
        ordered(account, of, 4, 100, came=30)
        assert judged() == ("short", "full", "70 units that were due did not come; 80 units were lost.")

    def test_never_delivered(self):
        account, of = out()
        ordered(account, of, 3, 100)
        assert judged() == ("short", "full", "100 units that were due did not come; 80 units were lost.")

    def test_delivered_late(self):
        account, of = out()
        ordered(account, of, 4, 100, came=100, days=20)
        said = "100 units came late, 0 of them had left us in time; 80 units were lost."
        assert judged() == ("late", "punctual", said)

    def test_late_in_transit(self):
        account, of = out()
        ordered(account, of, 4, 100, came=100, days=20, shipped_on=weeks_back(4))
        said = "100 units came late, 100 of them had left us in time; 80 units were lost."
        assert judged() == ("transit", "punctual", said)

    def test_ordered_too_late(self):
        account, of = out()
        ordered(account, of, 10, 40, came=40, notice=14)
        ordered(account, of, 0, 200, notice=7, came=200)
        said = "Deliveries take 11 days; the first order was placed on 12 Nov, too late for the first week."
        assert judged() == ("ordered_late", "early", said)

    def test_demand_above_forecast(self):
        account, of = steady(weeks=range(8, 16))
        steady(account, of=of, weeks=range(4, 8), units=40)
        empty(account, of, OUT)
        ordered(account, of, 4, 60, came=60)
        said = "The four weeks before brought 160 units, the four before these 80."
        assert judged() == ("forecast", "steady", said)

    def test_ordered_too_little(self):
        account, of = out()
        ordered(account, of, 4, 40, came=40)
        said = "Stock of 100 and 40 ordered units stood against 160 units of expected sales."
        assert judged() == ("ordered_little", "enough", said)

    def test_delivered_and_not_on_the_shelf(self):
        account, of = out()
        ordered(account, of, 4, 400, came=400)
        said = "400 units were ordered in time and delivered in full and on time; they did not reach the shelf."
        assert judged() == ("distribution", "shelf", said)

    def test_phantom_stock(self):
        account, of = steady()
        empty(account, of, OUT, stock=30)
        said = "Nothing was sold although stock was reported; 80 units were expected."
        assert judged() == ("phantom", "sold", said)

    def test_stock_in_the_wrong_stores(self):
        account, of = make.account(), facts.product()
        full, bare = make.store(account), make.store(account)
        for store in (full, bare):
            steady(account, of=of, store=store)
        empty(account, of, OUT, store=bare)
        for back in OUT:
            facts.sold(account, weeks_back(back), 5, of=of, store=full, stock=90)
        said = "90 units lay at the account, more than a week sells (40); 1 of 2 stores had none."
        assert judged() == ("distribution", "placed", said)

    def test_what_we_kept_back_counts_only_where_it_would_have_helped(self):
        account, of = out()
        ordered(account, of, 4, 40, came=30)
        assert judged()[0] == "ordered_little"

    def test_what_came_late_but_before_the_gap_is_no_cause(self):
        account, of = out()
        ordered(account, of, 7, 400, came=400, days=5)
        assert judged()[0] == "distribution"

    def test_restated_orders_change_the_cause(self):
        account, of = out()
        line = ordered(account, of, 4, 400, came=400)
        assert judged()[0] == "distribution"
        line.received, line.shipped = 0, 0
        line.save()
        facts.touched(account, weeks_back(4))
        assert judged()[0] == "short"


def test_each_question_is_put_in_words_and_each_cause_has_a_side():
    assert set(words.QUESTIONS) == {question.__name__.strip("_") for question in QUESTIONS}
    assert sorted(cause for causes in StockOut.SIDES.values() for cause in causes) == sorted(StockOut.Cause)


units = st.decimals(0, 500, places=1)


@given(
    kind=st.sampled_from(StockOut.Kind.values),
    lost=units,
    on_hand=st.none() | units,
    recent=st.none() | units,
    before=st.none() | units,
    supply=st.fixed_dictionaries(
        dict.fromkeys(("ordered", "cut", "short", "late", "transit", "in_time"), units)
        | dict.fromkeys(("orders", "undated", "orders_late"), st.booleans())
        | {"lines": st.integers(0, 5), "lead": st.none() | units}
    ),
)
def test_every_gap_has_exactly_one_cause(kind, lost, on_hand, recent, before, supply):
    supply |= {"first_order": WEEK, "last_order": None}
    figures = {"expected": lost + 10, "sold": 10, "lost": lost, "lost_value": None, "currency": "EUR"}
    place = {"stores": 2, "empty_stores": 1, "on_hand": on_hand, "recent": recent, "before": before, "opening": None}
    gap = Gap(1, 1, WEEK, WEEK, 1, kind, True, **figures, **place, supply=supply)
    cause, path = judge_gap(gap)
    assert cause in StockOut.Cause.values
    assert [answer["decides"] for answer in path] == [False] * (len(path) - 1) + [True]
    assert all(step["sentence"] for step in words.steps(path))
