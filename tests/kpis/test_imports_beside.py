"""A large file's new weeks are summed while it is stored: to the same as at night, or not at all."""

import io
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

import polars as pl
import pytest
from django.db import OperationalError, connection, connections, transaction
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from kpis import catalogue, rollups, services, summing, tasks
from kpis.imports import beside
from kpis.imports.services import receive
from kpis.models import AccountWeek, Category, CategoryWeek, Product, ProductWeek, SellThrough, Touched
from kpis.rollups import TOUCH
from kpis.services import undo_import
from tests.kpis import facts
from tests.kpis.facts import DAY, WEEK, weeks_back
from tests.kpis.files import take
from tests.kpis.test_imports_merge import HEAD, MAPPING, rows
from tests.kpis.test_imports_straight import count_as_large

pytestmark = pytest.mark.django_db(transaction=True)
D = Decimal
STOCK = """
kind = "stock"
[columns]
account = "account"
store = "location"
product = "product"
day = "day"
on_hand = "on_hand"
"""
OLD, NEW = weeks_back(2), weeks_back(1)
MASTERS = [(store, product, "2025-01-06", 1, 1, 1) for store in "ABC" for product in "PQ"]
FIRST = [
    *[
        (store, product, OLD, 5, "2.50", stock)
        for store, stock in zip("ABC", (0, 3, ""), strict=True)
        for product in "PQ"
    ],
    *[("A", "P", NEW, 7, "", -1), ("B", "P", NEW, 8, "4", ""), ("B", "Q", NEW, 9, "", "")],
]
SUMS = {
    ProductWeek: ("account__code", "week", "product__code", "units", "value", "stock", "stores", "empty_stores"),
    CategoryWeek: ("account__code", "week", "category__code", "units", "value", "returns", "receipts", "stock"),
    AccountWeek: ("account__code", "week", "currency", "units", "value", "stock", "sell_in_units", "sell_in_value"),
}


@pytest.fixture
def large(monkeypatch):
    """Stores and products are there and summed, and every file counts as large."""
    take(rows(*MASTERS), MAPPING)
    summing.at_once()
    Product.objects.filter(code="P").update(category=Category.objects.create(code="C", name="Cats"))
    count_as_large(monkeypatch)
    monkeypatch.setattr(beside, "AT_ONCE", 1)


def sums():
    """All sums of the weeks that the files are about."""
    return {
        model: sorted(model.objects.filter(week__gte=OLD).values_list(*names), key=str) for model, names in SUMS.items()
    }


def is_summed():
    return dict(Touched.objects.filter(week__gte=OLD).values_list("week", "is_summed"))


def as_at_night():
    """What a night makes of the facts where nothing is summed."""
    for model in SUMS:
        model.objects.all().delete()
    Touched.objects.update(is_summed=False)
    summing.by_night(facts.night())
    return sums()


def test_new_weeks_are_summed_as_a_night_sums_them(large):
    take(rows(*FIRST), MAPPING)
    found = sums()
    assert is_summed() == {OLD: True, NEW: True}
    assert [len(rows) for rows in found.values()] == [4, 4, 2]
    assert ("K-1", OLD, "P", 15, D("7.5"), 3, 3, 1) in found[ProductWeek]
    assert ("K-1", NEW, "Q", 9, None, None, 1, 0) in found[ProductWeek]
    assert as_at_night() == found


def test_a_night_has_only_to_take_notice_of_them(large):
    take(rows(*FIRST), MAPPING)
    night = facts.night()
    assert (summing.by_night(night), night.notes) == (0, [])
    assert set(Touched.objects.filter(week__gte=OLD).values_list("week", "night")) == {(OLD, DAY), (NEW, DAY)}


def dropped(cells):
    """Take a file and see that nothing was summed beside it, and that its weeks are summed all the same."""
    batch = take(rows(*cells), MAPPING)
    assert batch.state == "applied"
    assert set(is_summed().values()) == {False}
    summing.at_once()
    found = sums()
    assert as_at_night() == found
    return found


def test_weeks_that_come_mixed_are_summed_afterwards(large):
    mixed = [("A", "P", OLD, 1, 1, 1), ("A", "Q", OLD, 1, 1, 1), ("A", "P", NEW, 2, 2, 2), ("A", "Q", NEW, 2, 2, 2)]
    assert len(dropped([*mixed, ("B", "P", OLD, 1, 1, 1), ("B", "Q", OLD, 1, 1, 1)])[ProductWeek]) == 4


def test_amounts_in_another_currency_are_summed_afterwards(large):
    facts.exchange(currency="USD", day=weeks_back(30), per_euro=2)
    lines = [f"K-1,{store},P,{OLD},1,10,1,{'USD' if store == 'C' else 'EUR'}\n" for store in "ABC"]
    text = HEAD.replace("stock\n", "stock,currency\n") + "".join(lines)
    mapping = MAPPING.replace("[columns]\n", '[columns]\ncurrency = "currency"\n')
    take(text, mapping)
    assert is_summed() == {OLD: False}
    summing.at_once()
    assert [row[4] for row in sums()[ProductWeek]] == [25]


def test_weeks_of_which_something_is_stored_are_summed_afterwards(large, monkeypatch):
    with monkeypatch.context() as small:
        small.setattr("kpis.imports.straight.LEAST", 10**9)
        take(rows(("C", "Q", NEW, 1, 1, 1)), MAPPING)
    found = dropped(FIRST)
    assert ("K-1", NEW, "Q", 10, D(1), 1, 2, 0) in found[ProductWeek]


def test_sums_that_are_there_of_facts_that_are_gone_are_summed_afterwards(large):
    batch = take(rows(*FIRST), MAPPING)
    undo_import(batch, by=None)
    assert is_summed() == {OLD: False, NEW: False}
    take(rows(*FIRST[:6]), MAPPING)
    assert is_summed() == {OLD: False, NEW: False}
    summing.at_once()
    assert [row[:3] for row in sums()[ProductWeek]] == [("K-1", OLD, "P"), ("K-1", OLD, "Q")]


def test_sums_of_products_that_the_next_file_has_not_are_taken_away(large):
    undo_import(take(rows(*FIRST), MAPPING), by=None)
    take(rows(("A", "Q", OLD, 3, 3, 3), ("A", "Q", NEW, 4, 4, 4)), MAPPING)
    summing.at_once()
    assert [row[1:4] for row in sums()[ProductWeek]] == [(OLD, "Q", 3), (NEW, "Q", 4)]


def test_large_files_of_other_kinds_have_no_sums(large):
    text = f"account,location,product,day,on_hand\nK-1,A,P,{OLD},5\nK-1,B,P,{OLD},6\n"
    batch = take(text, STOCK, kind="stock")
    assert (batch.state, batch.changes["new"], is_summed()) == ("applied", 2, {OLD: False})


def test_a_file_in_doubt_leaves_no_sums(large):
    assert take(rows(*FIRST, FIRST[0]), MAPPING).state == "rejected"
    assert [*sums().values(), is_summed()] == [[], [], [], {}]


def test_a_check_alone_leaves_no_sums(large):
    assert take(rows(*FIRST), MAPPING, dry_run=True).state == "checked"
    assert [*sums().values(), is_summed()] == [[], [], [], {}]


@pytest.fixture
def other():
    """Another connection, for whichever thread."""
    connected = connections["default"].copy()
    connected.inc_thread_sharing()
    yield connected
    connected.close()


def test_nobody_waits_for_those_who_sum(large, other):
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [summing.TURN])
        assert take(rows(*FIRST), MAPPING).state == "applied"
        assert summing.at_once() == 0
        cursor.execute("SELECT pg_advisory_unlock_all()")
    assert is_summed() == {OLD: False, NEW: False}
    assert summing.at_once() == 2


def between(monkeypatch, do):
    """Do something after the facts of a large file are committed, and before its sums are."""
    finish = summing.finish

    def first_do(*given):
        do()
        finish(*given)

    monkeypatch.setattr(summing, "finish", first_do)


def test_weeks_of_which_more_was_told_meanwhile_stay_to_be_summed(large, monkeypatch):
    def tell_more():
        monkeypatch.setattr("kpis.imports.straight.LEAST", 10**9)
        take(rows(("A", "P", NEW, 100, "", -1)), MAPPING)

    between(monkeypatch, tell_more)
    take(rows(*FIRST), MAPPING)
    assert is_summed() == {OLD: True, NEW: False}
    summing.at_once()
    found = sums()
    assert ("K-1", NEW, "P", 108, D(4), -1, 2, 1) in found[ProductWeek]
    assert as_at_night() == found


def test_a_file_that_is_undone_meanwhile_is_summed_no_more(large, monkeypatch):
    between(monkeypatch, lambda: undo_import(SellThrough.objects.filter(week=NEW).first().batch, by=None))
    take(rows(*FIRST), MAPPING)
    assert is_summed() == {OLD: False, NEW: False}
    summing.at_once()
    assert [*sums().values()] == [[], [], []]


def test_products_that_moved_to_another_category_meanwhile_are_sorted_anew(large, monkeypatch, other):
    categories = summing.categories_of

    def moved(products, **how):
        if how:
            with other.cursor() as cursor:
                cursor.execute("UPDATE kpis_product SET category_id = %s", [Category.objects.get().pk])
        return categories(products, **how)

    monkeypatch.setattr(summing, "categories_of", moved)
    found = dropped(FIRST)
    assert {row[2] for row in found[CategoryWeek]} == {"C"}


# Sums at once


def test_what_is_told_while_a_night_sums_is_asked_for_anew(other):
    row = facts.sold(facts.make.account(), units=5)
    with transaction.atomic():
        summing.by_night(facts.night())
        with other.cursor() as cursor:
            cursor.execute("SET lock_timeout = '100ms'")
            with pytest.raises(OperationalError):
                cursor.execute(touching(), [row.account_id, WEEK])
    with other.cursor() as cursor:
        cursor.execute(touching(), [row.account_id, WEEK])
    assert set(Touched.objects.values_list("night", "is_summed")) == {(DAY, False), (None, False)}


def touching():
    return TOUCH.format("SELECT %s::bigint AS account_id, %s::date AS week")


def test_new_weeks_that_are_told_while_a_night_sums_are_no_part_of_it(other, monkeypatch):
    account = facts.make.account()
    facts.sold(account, units=5)

    def told(*given):
        with other.cursor() as cursor:
            cursor.execute(touching(), [account.pk, NEW])
        return summed(*given)

    summed = summing.summed
    monkeypatch.setattr(summing, "summed", told)
    summing.by_night(facts.night())
    assert set(Touched.objects.values_list("week", "night")) == {(WEEK, DAY), (NEW, None)}


def test_sums_that_an_import_commits_while_a_night_sums_are_made_again(monkeypatch):
    row = facts.sold(facts.make.account(), units=5)
    summing.at_once()
    Touched.objects.update(is_summed=False)
    SellThrough.objects.update(units=6)
    monkeypatch.setattr(rollups, "SUMMED", f"{rollups.SUMMED} WHERE false")
    assert (summing.by_night(facts.night()), ProductWeek.objects.get(product=row.product).units) == (3, 6)


@pytest.mark.parametrize("moves", [lambda row: rollups.products_moved([row.product_id]), lambda row: new_rate()])
def test_weeks_that_are_being_summed_are_asked_for_anew_by_what_changes_their_sums(moves, other):
    row = facts.sold(facts.make.account(), OLD, units=5)
    with other.cursor() as cursor:
        other.set_autocommit(False)
        cursor.execute("SELECT FROM kpis_touched FOR UPDATE")
        with transaction.atomic():
            with connection.cursor() as mine:
                mine.execute("SET LOCAL lock_timeout = '100ms'")
            with pytest.raises(OperationalError), transaction.atomic():
                moves(row)
        other.rollback()


def new_rate():
    text = "currency,day,per_euro\nUSD,2026-01-05,2\n"
    mapping = 'kind = "rates"\n[columns]\ncurrency = "currency"\nday = "day"\nper_euro = "per_euro"\n'
    take(text, mapping, kind="rates")


def test_what_is_touched_again_is_summed_again():
    row = facts.sold(facts.make.account(), units=5)
    assert (summing.at_once(), summing.at_once()) == (1, 0)
    SellThrough.objects.update(units=6)
    with connection.cursor() as cursor:
        cursor.execute(touching(), [row.account_id, WEEK])
    assert (summing.at_once(), ProductWeek.objects.get().units) == (1, 6)


def test_weeks_that_run_or_come_are_left_to_the_nights(large):
    now = timezone.now().date()
    running = now - timedelta(days=now.weekday())
    take(rows(*FIRST, ("A", "P", running, 1, 1, 1), ("A", "P", running + timedelta(weeks=2), 1, 1, 1)), MAPPING)
    assert is_summed() == {OLD: True, NEW: True, running: False, running + timedelta(weeks=2): False}
    assert (summing.at_once(), {row[1] for row in sums()[ProductWeek]}) == (0, {OLD, NEW})
    summing.by_night(facts.night(running + timedelta(days=1)))
    assert {row[1] for found in sums().values() for row in found} == {OLD, NEW, running}


def test_what_no_rate_is_known_for_is_told_by_the_night():
    account = facts.make.account(currency="EUR")
    facts.sold(account, value=8, currency="USD")
    assert (summing.at_once(), summing.at_once()) == (1, 1)
    night = facts.night()
    summing.by_night(night)
    assert night.notes == [{"code": "foreign_currency", "params": {"lines": 1}}]


def test_many_weeks_are_summed_some_at_a_time(monkeypatch):
    monkeypatch.setattr(summing, "PIECE", 2)
    for n in range(5):
        facts.sold(facts.make.account(), weeks_back(n))
    assert (summing.at_once(), ProductWeek.objects.count()) == (5, 5)


def test_weeks_that_somebody_touches_at_this_moment_are_left_to_them(other):
    row = facts.sold(facts.make.account())
    with other.cursor() as cursor, transaction.atomic(using="default"):
        other.set_autocommit(False)
        cursor.execute(touching(), [row.account_id, WEEK])
        assert summing.at_once() == 0
        other.commit()
    assert summing.at_once() == 1


@pytest.fixture
def rung(monkeypatch):
    """The names of the tasks that are rung for, which then run at once."""
    names = []

    def ring(task, *given):
        names.append(task.name)
        if task is tasks.sum_at_once:
            task()

    for module in (tasks, services, catalogue):
        monkeypatch.setattr(module, "ring", ring)
    return names


def test_an_import_and_what_takes_it_back_have_their_weeks_summed(rung):
    text = rows(*FIRST)
    batch = receive(
        kind="sell_through", file=io.BytesIO(text.encode()), file_name="f", by=None, mapping="m", text=MAPPING
    )
    tasks.apply_batch(batch.pk)
    assert [len(found) for found in sums().values()] == [4, 2, 2]
    undo_import(batch, by=None)
    assert [*sums().values()] == [[], [], []]
    assert rung == ["kpis.tasks.watch_feeds_due", "kpis.tasks.sum_at_once", "kpis.tasks.sum_at_once"]


def test_a_product_that_moves_has_both_categories_summed(rung):
    row = facts.sold(facts.make.account(), NEW, units=5)
    summing.at_once()
    toys = Category.objects.create(code="T", name="Toys")
    catalogue.change_product(row.product, by=None, version=None, category=toys)
    assert ([found[2] for found in sums()[CategoryWeek]], rung) == (["T"], ["kpis.tasks.sum_at_once"])


# What is summed without the database

AMOUNT = st.none() | st.integers(-5, 5)
ROW = st.fixed_dictionaries(
    {
        "account_id": st.integers(1, 2),
        "week": st.sampled_from([date(2026, 11, 9), date(2026, 11, 16)]),
        "product_id": st.integers(1, 2),
        "units": AMOUNT,
        "value": AMOUNT,
        "stock": AMOUNT,
    }
)


def added(values):
    """A sum as SQL knows it: of nothing it is nothing."""
    there = [value for value in values if value is not None]
    return sum(there) if there else None


@settings(deadline=None, max_examples=60)
@given(parts=st.lists(st.lists(ROW, min_size=1, max_size=6), min_size=1, max_size=3))
def test_parts_come_to_the_same_as_the_whole(parts):
    types = {"account_id": pl.Int64, "week": pl.Date, "product_id": pl.Int64}
    types |= {"units": pl.Decimal(38, 3), "value": pl.Decimal(38, 2), "stock": pl.Decimal(38, 3)}
    frames = [pl.DataFrame(part, schema=types) for part in parts]
    found = beside._together(pl.concat(map(beside.product_weeks, frames))).sort(beside.KEY)
    expected = defaultdict(list)
    for row in (row for part in parts for row in part):
        expected[row["account_id"], row["week"], row["product_id"]].append(row)
    assert found.rows() == [
        (
            *key,
            *(added(row[name] for row in rows) for name in ("units", "value", "stock")),
            *(len(rows), sum(row["stock"] is not None and row["stock"] <= 0 for row in rows)),
        )
        for key, rows in sorted(expected.items())
    ]
