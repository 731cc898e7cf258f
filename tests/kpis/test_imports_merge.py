from datetime import date
from decimal import Decimal as D

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Account
from kpis.models import ImportBatch, InvoiceLine, OpenItem, OrderLine, SellThrough, Touched
from tests import make
from tests.kpis import facts
from tests.kpis.files import CREATES, SELL_THROUGH, take
from tests.kpis.test_imports_check import INVOICE_HEAD, INVOICES

pytestmark = pytest.mark.django_db
HEAD = "account,store,product,week,units,value,stock\n"
MAPPING = SELL_THROUGH + CREATES
WEEK = date(2026, 11, 16)


def rows(*cells):
    """A file of one account; each cell is store, product, week, units, value, stock."""
    return HEAD + "".join(f"K-1,{','.join(map(str, cell))}\n" for cell in cells)


def stored():
    fields = ("store__code", "product__code", "week", "units", "value", "stock")
    return sorted(SellThrough.objects.values_list(*fields))


def touched():
    return sorted(Touched.objects.filter(night=None).values_list("account__code", "week"))


def test_new_rows_are_stored_and_their_weeks_touched():
    batch = take(rows(("S1", "P1", "2026-11-16", 5, "10.00", 3), ("S1", "P2", "2026-11-23", -1, "-2.5", "")), MAPPING)
    assert batch.changes == {"new": 2, "changed": 0, "unchanged": 0}
    assert stored() == [
        ("S1", "P1", WEEK, D(5), D(10), D(3)),
        ("S1", "P2", date(2026, 11, 23), D(-1), D("-2.5"), None),
    ]
    assert touched() == [("K-1", WEEK), ("K-1", date(2026, 11, 23))]
    row = SellThrough.objects.first()
    assert (row.currency, row.batch_id, row.account.code) == ("EUR", batch.pk, "K-1")


def test_a_restatement_updates_what_differs_and_only_that():
    first = take(rows(("S1", "P1", WEEK, 5, 10, 3), ("S1", "P2", WEEK, 1, 2, 3)), MAPPING)
    Touched.objects.all().delete()
    batch = take(rows(("S1", "P1", WEEK, 6, 12, 3), ("S1", "P2", WEEK, 1, 2, 3), ("S2", "P1", WEEK, 7, 8, 9)), MAPPING)
    assert batch.changes == {"new": 1, "changed": 1, "unchanged": 1}
    assert [row[3] for row in stored()] == [6, 1, 7]
    by_batch = {row.product.code + row.store.code: row.batch_id for row in SellThrough.objects.all()}
    assert by_batch == {"P1S1": batch.pk, "P2S1": first.pk, "P1S2": batch.pk}
    assert touched() == [("K-1", WEEK)]


def test_what_a_file_does_not_say_is_left_alone():
    take(rows(("S1", "P1", WEEK, 5, 10, 3)), MAPPING)
    take("account,store,product,week,units\nK-1,S1,P1,2026-11-16,6\n", MAPPING)
    assert stored() == [("S1", "P1", WEEK, D(6), D(10), D(3))]


def test_unchanged_rows_touch_nothing():
    take(rows(("S1", "P1", WEEK, 5, 10, 3)), MAPPING)
    Touched.objects.all().delete()
    batch = take(rows(("S1", "P1", WEEK, "5.000", "10.00", 3)), MAPPING)
    assert (batch.state, batch.changes, touched()) == ("applied", {"new": 0, "changed": 0, "unchanged": 1}, [])


def test_fresh_and_known_weeks_in_one_file():
    take(rows(("S1", "P1", WEEK, 5, 10, 3)), MAPPING)
    batch = take(rows(("S1", "P1", WEEK, 6, 10, 3), ("S1", "P1", "2020-01-06", 1, 1, 1)), MAPPING)
    assert batch.changes == {"new": 1, "changed": 1, "unchanged": 0}
    assert [row[2:4] for row in stored()] == [(date(2020, 1, 6), 1), (WEEK, 6)]


def test_a_store_that_changed_hands_keeps_its_history():
    take(rows(("S1", "P1", WEEK, 5, 10, 3)), MAPPING)
    Account.objects.get().stores.update(account=make.account(code="K-2"))
    batch = take(rows(("S1", "P1", WEEK, 6, 10, 3)).replace("K-1", "K-2"), MAPPING)
    assert batch.changes == {"new": 0, "changed": 1, "unchanged": 0}
    assert list(SellThrough.objects.values_list("account__code", "units")) == [("K-2", 6)]
    assert ("K-1", WEEK) in touched()


CELL = st.tuples(
    st.sampled_from(["S1", "S2"]),
    st.sampled_from(["P1", "P2"]),
    st.sampled_from([date(2026, 11, 16), date(2026, 11, 30), date(2027, 1, 4)]),
)
FACTS = st.dictionaries(CELL, st.tuples(st.integers(-5, 50), st.integers(0, 99), st.integers(0, 9)), min_size=1)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(facts=FACTS, old=FACTS, seed=st.randoms(use_true_random=False), cut=st.integers(0, 12))
def test_neither_order_nor_splits_nor_history_change_what_is_stored(facts, old, seed, cut):
    """Whatever was there before: after the file, its cells hold what it says and all others what they held."""
    SellThrough.objects.all().delete()
    ImportBatch.objects.all().delete()
    take(rows(*((*cell, *numbers) for cell, numbers in old.items())), MAPPING)
    lines = [(*cell, *numbers) for cell, numbers in facts.items()]
    seed.shuffle(lines)
    for part in filter(None, (lines[:cut], lines[cut:])):
        assert take(rows(*part), MAPPING).rejected == 0
    expected = sorted((*cell, *(D(n) for n in numbers)) for cell, numbers in (old | facts).items())
    assert stored() == expected


def test_invoices_are_restated_by_document_product_and_occurrence():
    mapping = INVOICES + CREATES.replace("[create.stores]", "")
    lines = ["1,A1,P1,2026-01-05,2,1.50", "1,A1,P1,2026-01-05,2,1.50", ",A1,P1,2026-01-05,1,1"]
    assert take(INVOICE_HEAD + "\n".join(lines), mapping, kind="invoices").changes["new"] == 3
    lines[1] = "1,A1,P1,2026-01-12,3,1.50"
    again = take(INVOICE_HEAD + "\n".join(lines), mapping, kind="invoices")
    assert (again.changes["changed"], again.changes["unchanged"]) == (1, 2)
    found = InvoiceLine.objects.values_list("account__code", "occurrence", "quantity", "value").order_by(
        "account__code", "occurrence"
    )
    assert list(found) == [("1", 1, 2, 3), ("1", 2, 3, D("4.50")), ("UNASSIGNED-TEST", 1, 1, 1)]
    assert {week for _, week in touched()} == {date(2026, 1, 5), date(2026, 1, 12)}


def test_an_order_moves_on_without_losing_what_was_said_before():
    make.account(code="K-1")
    facts.product(code="P1")
    mapping = 'kind = "orders"\noptional = ["shipped"]\n[columns]\n' + "".join(
        f'{name} = "{name}"\n'
        for name in ("account", "order_number", "line_number", "product", "ordered_on", "ordered", "price", "shipped")
    )
    first = "account,order_number,line_number,product,ordered_on,ordered,price\nK-1,O1,1,P1,2026-01-05,10,2.5\n"
    take(first, mapping, kind="orders")
    batch = take(first.replace("price\n", "price,shipped\n").replace("2.5\n", "2.5,7\n"), mapping, kind="orders")
    line = OrderLine.objects.get()
    assert (batch.changes["changed"], line.ordered, line.shipped, line.price) == (1, 10, 7, D("2.5"))
    assert (batch.units, batch.value) == (D(10), D("25.00"))


def test_a_default_never_overwrites_a_payment():
    make.account(code="K-1")
    columns = "account,document,issued_on,due_on,amount"
    mapping = 'kind = "open_items"\noptional = ["paid"]\n[columns]\n' + "".join(
        f'{name} = "{name}"\n' for name in [*columns.split(","), "paid"]
    )
    line = "K-1,D1,2026-01-05,2026-02-04,100"
    take(f"{columns},paid\n{line},40\n", mapping, kind="open_items")
    take(f"{columns}\n{line.replace('100', '120')}\n", mapping, kind="open_items")
    assert OpenItem.objects.values_list("amount", "paid").get() == (120, 40)


def test_a_file_for_many_accounts_locks_the_kind(monkeypatch):
    monkeypatch.setattr("kpis.imports.merge.LOCKED_ONE_BY_ONE", 1)
    text = rows(("S1", "P1", WEEK, 5, 10, 3)) + "K-2,S1,P1,2026-11-16,5,10,3\n"
    assert take(text, MAPPING).state == "applied"
    assert SellThrough.objects.count() == 2


@pytest.fixture
def small_pieces(monkeypatch):
    """What is stored is read back in pieces of two rows, so that a small file has several."""
    monkeypatch.setattr("kpis.imports.unchanged.ROWS", 2)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(facts=FACTS, old=FACTS)
def test_only_what_differs_is_staged_and_nothing_else_is_left_out(small_pieces, facts, old):
    SellThrough.objects.all().delete()
    ImportBatch.objects.all().delete()
    before = take(rows(*((*cell, *numbers) for cell, numbers in old.items())), MAPPING)
    batch = take(rows(*((*cell, *numbers) for cell, numbers in facts.items())), MAPPING)
    if batch.state == "duplicate":
        assert facts == old
        return
    same = [cell for cell, numbers in facts.items() if old.get(cell) == numbers]
    new = [cell for cell in facts if cell not in old]
    counts = {"new": len(new), "changed": len(facts) - len(new) - len(same), "unchanged": len(same)}
    assert batch.changes == counts
    kept = {(r.store.code, r.product.code, r.week) for r in SellThrough.objects.filter(batch_id=before.pk)}
    assert kept == {cell for cell in old if cell not in facts or cell in same}


def test_rows_far_between_are_looked_up_one_by_one(small_pieces, monkeypatch):
    """A correction of a few rows does not compare all that lies between them."""
    many = [("S1", f"P{n}", WEEK, n, n, n) for n in range(30)]
    take(rows(*many), MAPPING)
    monkeypatch.setattr("kpis.imports.unchanged._columns", None)
    batch = take(rows(("S1", "P3", WEEK, 3, 3, 3), ("S1", "P9", WEEK, 1, 9, 9)), MAPPING)
    assert batch.changes == {"new": 0, "changed": 1, "unchanged": 1}


def test_nothing_said_and_nothing_stored_are_the_same():
    take(rows(("S1", "P1", WEEK, 5, "", 3), ("S1", "P2", WEEK, 5, 1, "")), MAPPING)
    batch = take(rows(("S1", "P1", WEEK, 5, "", "3.0"), ("S1", "P2", WEEK, 5, "", "")), MAPPING)
    assert batch.changes == {"new": 0, "changed": 1, "unchanged": 1}
