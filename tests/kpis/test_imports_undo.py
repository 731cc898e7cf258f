from datetime import date
from decimal import Decimal as D

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kam.errors import Conflict
from kam.models import Entry
from kpis import services
from kpis.models import BatchWeek, ImportBatch, InvoiceLine, OrderLine, Restatement, SellThrough, Touched
from tests.kpis import facts
from tests.kpis.files import CREATES, SELL_THROUGH, take
from tests.kpis.test_imports_merge import MAPPING, WEEK, rows, stored

pytestmark = pytest.mark.django_db
LATER = date(2026, 11, 23)


def weeks(batch):
    names = (
        "account__code",
        "week",
        "rows",
        "new",
        "changed",
        "stores",
        "units",
        "value",
        "units_moved",
        "value_moved",
    )
    return list(BatchWeek.objects.filter(batch=batch).values_list(*names))


def everything():
    """All sell-through, and the batch of each row."""
    return sorted(SellThrough.objects.values_list("store__code", "product__code", "week", "units", "value", "batch"))


def test_a_file_tells_by_account_and_week_what_it_did():
    first = take(rows(("S1", "P1", WEEK, 5, 10, 3), ("S2", "P1", WEEK, 1, 2, 3), ("S1", "P1", LATER, 4, 8, 3)), MAPPING)
    assert weeks(first) == [
        ("K-1", WEEK, 2, 2, 0, 2, D(6), D(12), D(6), D(12)),
        ("K-1", LATER, 1, 1, 0, 1, D(4), D(8), D(4), D(8)),
    ]
    again = take(rows(("S1", "P1", WEEK, 7, 14, 3), ("S2", "P1", WEEK, 1, 2, 3), ("S3", "P1", LATER, 1, 1, 1)), MAPPING)
    assert weeks(again) == [
        ("K-1", WEEK, 2, 0, 1, 2, D(8), D(16), D(2), D(4)),
        ("K-1", LATER, 1, 1, 0, 1, D(1), D(1), D(1), D(1)),
    ]


def test_a_check_tells_the_same_and_stores_nothing_else():
    take(rows(("S1", "P1", WEEK, 5, 10, 3)), MAPPING)
    checked = take(rows(("S1", "P1", WEEK, 7, 14, 3)), MAPPING, dry_run=True)
    assert (checked.state, weeks(checked)) == ("checked", [("K-1", WEEK, 1, 0, 1, 1, D(7), D(14), D(2), D(4))])
    assert (stored()[0][3], Restatement.objects.count()) == (D(5), 0)


def test_a_check_sums_up_the_accounts_that_would_be_created():
    text = rows(("S1", "P1", WEEK, 5, 10, 3)) + "K-2,S1,P1,2026-11-16,2,4,1\n"
    checked = take(text, MAPPING, dry_run=True)
    assert weeks(checked) == [(None, WEEK, 2, 2, 0, 2, D(7), D(14), D(7), D(14))]


def test_what_was_known_before_a_restatement_is_kept():
    first = take(rows(("S1", "P1", WEEK, 5, 10, 3)), MAPPING)
    second = take(rows(("S1", "P1", WEEK, 7, 14, 3)), MAPPING)
    kept = Restatement.objects.get()
    assert (kept.batch, kept.before_batch, kept.account.code, kept.week) == (second, first, "K-1", WEEK)
    assert (kept.before["units"], kept.before["value"], kept.before["stock"]) == (5, 10, 3)


def test_undone_is_as_if_it_had_never_come():
    take(rows(("S1", "P1", WEEK, 5, 10, 3), ("S2", "P1", WEEK, 1, 2, 3)), MAPPING)
    before = everything()
    batch = take(rows(("S1", "P1", WEEK, 7, 14, 3), ("S1", "P1", LATER, 1, 1, 1), ("S2", "P1", WEEK, 1, 2, 3)), MAPPING)
    Touched.objects.all().delete()
    services.undo_import(batch, by=None, reason="wrong file")
    batch.refresh_from_db()
    assert (everything(), batch.state, Restatement.objects.count()) == (before, "undone", 0)
    assert sorted(Touched.objects.values_list("week", flat=True)) == [WEEK, LATER]
    entry = Entry.objects.filter(verb="undone").get()
    assert (entry.after["removed"], entry.after["restored"], entry.reason) == (1, 1, "wrong file")


def test_the_same_file_can_come_again_after_it_was_undone():
    text = rows(("S1", "P1", WEEK, 5, 10, 3))
    services.undo_import(take(text, MAPPING), by=None)
    assert (take(text, MAPPING).state, stored()[0][3]) == ("applied", D(5))


def test_only_the_last_word_can_be_taken_back():
    first = take(rows(("S1", "P1", WEEK, 5, 10, 3)), MAPPING)
    second = take(rows(("S1", "P1", WEEK, 7, 14, 3)), MAPPING)
    before = everything()
    with pytest.raises(Conflict, match=rf"Import {second.pk} restated"):
        services.undo_import(first, by=None)
    assert everything() == before
    services.undo_import(second, by=None)
    services.undo_import(first, by=None)
    assert everything() == []


def test_what_stored_no_facts_cannot_be_undone():
    checked = take(rows(("S1", "P1", WEEK, 5, 10, 3)), MAPPING, dry_run=True)
    undone = take(rows(("S1", "P1", WEEK, 5, 10, 3)), MAPPING)
    services.undo_import(undone, by=None)
    for batch in (checked, undone):
        with pytest.raises(Conflict, match="stored facts"):
            services.undo_import(batch, by=None)


def mapping(kind, head):
    """A mapping of a file whose headers are our own names."""
    columns = "".join(f'{name} = "{name}"\n' for name in head.strip().split(","))
    return f'kind = "{kind}"\n[columns]\n{columns}{CREATES.replace("[create.stores]", "")}'


ORDER_HEAD = "account,order_number,line_number,product,ordered_on,ordered,price\n"


def test_a_line_that_moved_to_another_week_moves_back():
    take(ORDER_HEAD + "K-1,O1,1,P1,2026-11-16,5,2\n", mapping("orders", ORDER_HEAD), kind="orders")
    batch = take(ORDER_HEAD + "K-1,O1,1,P1,2026-11-23,6,2\n", mapping("orders", ORDER_HEAD), kind="orders")
    names = ("week", "rows", "changed", "units", "units_moved")
    assert list(batch.weeks.values_list(*names)) == [(WEEK, 0, 0, None, D(-5)), (LATER, 1, 1, D(6), D(6))]
    services.undo_import(batch, by=None)
    line = OrderLine.objects.get()
    assert (line.ordered_on, line.ordered, line.settled_on) == (WEEK, D(5), None)


HALF = rows(("S1", "P1", WEEK, 5, 10, 3), ("S1", "P2", WEEK, "many", 10, 3), ("S1", "P3", WEEK, 6, 12, 3))


def test_a_feed_may_keep_the_good_rows_of_a_file():
    feed = facts.feed(keeps_good_rows=True)
    batch = take(HALF, MAPPING, feed=feed)
    assert (batch.state, batch.rows, batch.accepted, batch.rejected) == ("applied", 3, 2, 1)
    assert batch.changes == {"new": 2, "changed": 0, "unchanged": 0}
    assert [row[1] for row in stored()] == ["P1", "P3"]
    assert list(batch.errors.values_list("line", "column", "value")) == [(3, "units", "many")]


def test_rows_that_only_the_database_can_refuse_are_left_out_too():
    feed = facts.feed(keeps_good_rows=True)
    only_known = SELL_THROUGH + "\n[create.stores]\n"
    take(rows(("S1", "P1", WEEK, 5, 10, 3)), MAPPING)
    batch = take(rows(("S1", "P1", LATER, 5, 10, 3), ("S1", "P9", LATER, 6, 12, 3)), only_known, feed=feed)
    assert (batch.state, batch.accepted, batch.rejected, batch.units) == ("applied", 1, 1, D(5))
    assert [row[1:3] for row in stored()] == [("P1", WEEK), ("P1", LATER)]
    assert batch.errors.get().code == "unknown_product"


def test_without_a_good_row_nothing_is_stored_even_so():
    batch = take(rows(("S1", "P1", WEEK, "x", 1, 1)), MAPPING, feed=facts.feed(keeps_good_rows=True))
    assert (batch.state, batch.rejected, stored()) == ("rejected", 1, [])


def test_the_default_is_all_or_nothing():
    batch = take(HALF, MAPPING, feed=facts.feed())
    assert (batch.state, batch.weeks.count(), stored()) == ("rejected", 0, [])


cells = st.tuples(
    st.sampled_from(["S1", "S2"]),
    st.sampled_from(["P1", "P2"]),
    st.sampled_from([WEEK, LATER]),
    st.integers(-3, 9),
    st.integers(0, 9),
    st.integers(0, 9),
)
files = st.lists(st.lists(cells, min_size=1, max_size=6, unique_by=lambda c: c[:3]), min_size=1, max_size=4)


@given(files=files)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_undoing_files_in_reverse_order_walks_back_through_the_same_states(files):
    ImportBatch.objects.update(state="undone")
    SellThrough.objects.all().delete()
    Restatement.objects.all().delete()
    states, batches = [everything()], []
    for file in files:
        batches.append(take(rows(*file), MAPPING))
        states.append(everything())
    for batch in reversed(batches):
        states.pop()
        if batch.state == "applied":
            services.undo_import(batch, by=None)
        assert everything() == states[-1]


def test_invoice_lines_come_and_go():
    head = "account,document,product,invoiced_on,quantity,value\n"
    text = head + "K-1,I1,P1,2026-11-16,2,20\nK-1,I1,P1,2026-11-16,3,30\n"
    batch = take(text, mapping("invoices", head), kind="invoices")
    assert [week[2:8] for week in weeks(batch)] == [(2, 2, 0, None, D(5), D(50))]
    services.undo_import(batch, by=None)
    assert InvoiceLine.objects.count() == 0
