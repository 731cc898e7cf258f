"""Every measure in SQL equals a second computation of the same definition in plain Python."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kam.measures import Window, all_measures
from kpis import calc
from tests import make
from tests.kpis import facts
from tests.kpis.facts import WEEK, weeks_back

D = Decimal
FIRST = weeks_back(3)
CODES = (
    "sell_in", "sell_in_units", "sell_through", "sell_through_units", "sell_through_rate", "weeks_of_supply",
    "backlog", "past_due_backlog", "otif", "on_time", "in_full", "overdue_share",
)  # fmt: skip
few = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

units = st.decimals(min_value=0, max_value=50, places=1)
money = st.decimals(min_value=-500, max_value=500, places=2)
day = st.sampled_from([-45, -22, -21, -15, -14, -8, -7, -1, 0, 3, 6, 7]).map(lambda n: WEEK + timedelta(days=n))
maybe = units | st.none()
RATE, KNOWN_FROM = D("1.25"), WEEK - timedelta(days=10)  # dollars for a euro, from the middle of a week on
week = st.integers(0, 6).map(weeks_back)


def _received(line):
    """The day of receipt in relation to the day it was requested for, most often just then."""
    after = line.pop("after")
    asked = line["requested_on"] or WEEK
    return line | {"received_on": None if after is None else asked + timedelta(days=after)}


order_line = st.fixed_dictionaries(
    {
        "ordered_on": day,
        "requested_on": day | st.none(),
        "shipped_on": day | st.none(),
        "after": st.sampled_from([0, 0, 0, -1, 1, 5, None]),
        "ordered": units,
        "shipped": maybe,
        "received": maybe,
        "cancelled": maybe,
        "price": st.decimals(min_value=0, max_value=99, places=4) | st.none(),
        "currency": st.sampled_from(["EUR", "EUR", "USD"]),
    }
).map(_received)
open_item = st.fixed_dictionaries(
    {
        "issued_on": day,
        "due_on": st.integers(0, 40),
        "paid_on": day | st.none(),
        "amount": money,
        "paid": st.decimals(min_value=0, max_value=500, places=2),
        "currency": st.sampled_from(["EUR", "EUR", "USD"]),
    }
)
account_week = st.fixed_dictionaries(
    {
        "sell_in_units": maybe,
        "sell_in_value": st.none() | money,
        "units": maybe,
        "value": st.none() | money,
        "returns": maybe,
        "receipts": maybe,
        "stock": maybe,
    }
)


def test_the_registered_measures_of_this_floor():
    assert [code for code in all_measures() if code in CODES] == list(CODES)


def window(as_of=WEEK + timedelta(days=6), shard=0, shards=1):
    return Window(FIRST, WEEK, as_of, shard, shards)


def measured(code, given_window=None):
    """{(account, week): (numerator, denominator)} as the SQL of the measure says, at the precision stored."""
    chosen = given_window or window()
    with connection.cursor() as cursor:
        cursor.execute(all_measures()[code].sql(chosen), chosen.params)
        return {(row[0], row[1]): (_stored(row[2]), _stored(row[3])) for row in cursor.fetchall()}


def _stored(value):
    return None if value is None else D(value).quantize(D("0.0001"))


def weeks():
    return [FIRST + timedelta(weeks=n) for n in range(4)]


def compared(code, expected):
    rows = {key: tuple(_stored(part) for part in parts) for key, parts in expected.items()}
    assert measured(code) == rows


class Undone:
    """Everything written inside is taken back, so that each example starts from nothing."""

    def __enter__(self):
        self.block = transaction.atomic()
        self.block.__enter__()

    def __exit__(self, *error):
        transaction.set_rollback(True)
        self.block.__exit__(*error)


@pytest.mark.django_db
@few
@given(rows=st.dictionaries(week, account_week, max_size=7))
def test_measures_of_the_rollup(rows):
    with Undone():
        account = make.account()
        stored = {w: facts.account_week(account, w, **fields) for w, fields in rows.items()}
        inside = {w: row for w, row in stored.items() if w >= FIRST}
        one = {
            code: {(account.pk, w): (part(row), 1) for w, row in inside.items() if part(row) is not None}
            for code, part in ROLLUP_PARTS.items()
        }
        for code, expected in one.items():
            compared(code, expected)
        compared(
            "sell_through_rate", {(account.pk, w): _rate_of(stored, w) for w in inside if inside[w].units is not None}
        )
        compared(
            "weeks_of_supply", {(account.pk, w): _supply_of(stored, w) for w in inside if inside[w].stock is not None}
        )


ROLLUP_PARTS = {
    "sell_in": lambda row: row.sell_in_value,
    "sell_in_units": lambda row: row.sell_in_units,
    "sell_through": lambda row: row.value,
    "sell_through_units": lambda row: None if row.units is None else row.units - (row.returns or 0),
}


def _rate_of(stored, week):
    row, before = stored[week], stored.get(week - timedelta(weeks=1))
    return calc.sell_through(row.units, row.returns, before and before.stock, row.receipts)


def _supply_of(stored, week):
    last_four = (stored.get(week - timedelta(weeks=n)) for n in range(4))
    sold = [None if row is None or row.units is None else row.units - (row.returns or 0) for row in last_four]
    return calc.weeks_of_supply(stored[week].stock, sold)


@pytest.mark.django_db
@few
@given(lines=st.lists(order_line, min_size=1, max_size=6), cut=st.integers(0, 6))
def test_backlog(lines, cut):
    with Undone():
        account, product = make.account(), facts.product()
        for fields in lines:
            facts.ordered(account, product=product, **fields)
        chosen = window(as_of=WEEK + timedelta(days=cut))
        facts.exchange(currency="USD", day=KNOWN_FROM, per_euro=RATE)
        ours = [x | {"price": x["price"] * rate} for x in lines if x["price"] is not None and (rate := _rate_at(x))]
        assert measured("backlog", chosen) == _levels(account, ours, cut, due=False)
        assert measured("past_due_backlog", chosen) == _levels(account, ours, cut, due=True)


def _rate_at(row):
    """What one unit of the row's currency is in euros; nothing where no rate is known in its week."""
    if row["currency"] == "EUR":
        return 1
    week = calc.monday(row.get("ordered_on") or row["issued_on"])
    return 1 / RATE if calc.sunday(week) >= KNOWN_FROM else None


def _levels(account, lines, cut, *, due):
    found = {}
    for w in weeks():
        cutoff = min(w + timedelta(days=6), WEEK + timedelta(days=cut))
        known = [x for x in lines if x["ordered_on"] <= cutoff]
        if known:
            asked = [x for x in known if not due or (x["requested_on"] and x["requested_on"] < cutoff)]
            found[account.pk, w] = (_stored(sum((_value_open(x, cutoff) for x in asked), D(0))), _stored(1))
    return found


def _value_open(x, cutoff):
    gone = ("shipped", "shipped_on") if x["shipped"] is not None else ("received", "received_on")
    return calc.open_units(x["ordered"], x[gone[0]], x["cancelled"], x[gone[1]], cutoff) * x["price"]


@pytest.mark.django_db
@few
@given(lines=st.lists(order_line, min_size=1, max_size=6), cut=st.integers(0, 6))
def test_delivery(lines, cut):
    with Undone():
        account, product = make.account(), facts.product()
        for fields in lines:
            facts.ordered(account, product=product, **fields)
        as_of = WEEK + timedelta(days=cut)
        asked = [x for x in lines if x["requested_on"] and FIRST <= x["requested_on"] <= as_of]
        dated = [x for x in asked if not x["received"] or x["received_on"]]
        for code, chosen in (("otif", dated), ("on_time", dated), ("in_full", asked)):
            assert measured(code, window(as_of=as_of)) == _deliveries(account, chosen, code, as_of)


def _deliveries(account, lines, code, as_of):
    found = {}
    for x in lines:
        received = None if x["received_on"] and x["received_on"] > as_of else x["received"]
        one = calc.delivery(x["ordered"], received, x["requested_on"], x["received_on"])
        key = (account.pk, calc.monday(x["requested_on"]))
        over, under = found.get(key, (D(0), D(0)))
        found[key] = (over + getattr(one, code), under + one.ordered)
    return {key: (_stored(over), _stored(under)) for key, (over, under) in found.items()}


@pytest.mark.django_db
@few
@given(items=st.lists(open_item, min_size=1, max_size=6), cut=st.integers(0, 6))
def test_overdue_share(items, cut):
    with Undone():
        account = make.account()
        items = [x | {"due_on": x["issued_on"] + timedelta(days=x["due_on"])} for x in items]
        for fields in items:
            facts.item(account, **fields)
        facts.exchange(currency="USD", day=KNOWN_FROM, per_euro=RATE)
        ours = [x | {n: x[n] * rate for n in ("amount", "paid")} for x in items if (rate := _rate_at(x))]
        assert measured("overdue_share", window(as_of=WEEK + timedelta(days=cut))) == _overdue(account, ours, cut)


def _overdue(account, items, cut):
    found = {}
    for w in weeks():
        cutoff = min(w + timedelta(days=6), WEEK + timedelta(days=cut))
        known = [x for x in items if x["issued_on"] <= cutoff]
        if known:
            left = [(calc.open_amount(x["amount"], x["paid"], x["paid_on"], cutoff), x["due_on"]) for x in known]
            late = sum((amount for amount, due in left if due < cutoff), D(0))
            found[account.pk, w] = (_stored(late), _stored(sum((amount for amount, _due in left), D(0))))
    return found


@pytest.mark.django_db
@few
@given(lines=st.lists(order_line, min_size=1, max_size=6), billed=money)
def test_book_to_bill(lines, billed):
    with Undone():
        account, product = make.account(), facts.product()
        for fields in lines:
            facts.ordered(account, product=product, **fields)
        facts.exchange(currency="USD", day=KNOWN_FROM, per_euro=RATE)
        facts.account_week(account, WEEK, sell_in_value=billed)
        expected = {(account.pk, WEEK): [D(0), billed]}
        for x in lines:
            if FIRST <= x["ordered_on"] <= WEEK + timedelta(days=6) and (rate := _rate_at(x)):
                part = expected.setdefault((account.pk, calc.monday(x["ordered_on"])), [D(0), D(0)])
                part[0] += x["ordered"] * (x["price"] or 0) * rate
        compared("book_to_bill", expected)


@pytest.mark.django_db
@pytest.mark.parametrize("code", CODES)
def test_shards_share_the_accounts_without_overlap(code):
    accounts = [make.account() for _ in range(5)]
    for account in accounts:
        facts.account_week(account, sell_in_value=1, sell_in_units=1, units=1, value=1, stock=1)
        facts.ordered(account)
        facts.item(account)
    parts = [measured(code, window(shard=shard, shards=3)) for shard in range(3)]
    assert sum(len(part) for part in parts) == len(measured(code))
    assert {key for part in parts for key in part} == set(measured(code))
