"""Large files are stored while they are read; what is in doubt about them is told as of any other file."""

import pytest
from django.db import connection, connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpis.imports import straight
from kpis.imports.merge import lock, try_lock
from kpis.models import ImportBatch, Restatement, SellThrough, Touched
from tests.kpis.files import SELL_THROUGH, take
from tests.kpis.test_imports_merge import MAPPING, WEEK, rows, stored, touched

pytestmark = pytest.mark.django_db
KEYS = st.tuples(st.sampled_from("ABC"), st.sampled_from("PQ"), st.sampled_from(["2026-11-09", "2026-11-16"]))
FACTS = st.dictionaries(KEYS, st.integers(-5, 5), min_size=1)
MASTERS = [(store, product, "2025-01-06", 1, 1, 1) for store in "ABC" for product in "PQ"]


@pytest.fixture
def masters():
    """Stores and products are there, as they are where somebody sends large files."""
    take(rows(*MASTERS), MAPPING)


def count_as_large(monkeypatch):
    """Every file counts as large, and goes in frames of two rows."""
    monkeypatch.setattr(straight, "LEAST", 0)
    monkeypatch.setattr(straight, "ROWS", 2)
    monkeypatch.setattr("kpis.imports.reader.PIECE", 30)
    monkeypatch.setattr("kpis.imports.unchanged.ROWS", 2)
    monkeypatch.setattr("kpis.imports.merge.MERGED_AT_ONCE", 3)


@pytest.fixture
def small(monkeypatch):
    count_as_large(monkeypatch)


@pytest.fixture
def only_straight(small, monkeypatch):
    """There is no other way."""
    monkeypatch.setattr("kpis.imports.services.check_file", None)


def outcomes(files):
    """What each of several files comes to where nothing was: facts, counts, touched weeks, what is said of weeks."""
    for model in (SellThrough, Restatement, ImportBatch):
        model.objects.all().delete()
    seen = []
    for cells in files:
        Touched.objects.all().delete()
        batch = take(rows(*((*key, units, 1, 1) for key, units in cells.items())), MAPPING)
        said = list(batch.weeks.order_by("week").values_list("week", "rows", "new", "changed", "units", "stores"))
        seen.append((batch.state, stored(), batch.changes, touched(), said, batch.units, batch.rows))
    return seen


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15, deadline=None)
@given(first=FACTS, then=FACTS)
def test_it_comes_to_the_same_as_checking_first_and_storing_then(masters, first, then):
    whole = outcomes([first, then])
    with pytest.MonkeyPatch.context() as patch:
        count_as_large(patch)
        assert outcomes([first, then]) == whole


def test_a_file_without_doubt_needs_no_second_look(masters, only_straight):
    cells = [("A", "P", WEEK, 1, 1, 1), ("B", "P", WEEK, 2, 1, 1), ("C", "Q", WEEK, 3, 1, 1)]
    batch = take(rows(*cells), MAPPING)
    assert (batch.state, batch.rows, batch.accepted, batch.units, batch.changes) == (
        *("applied", 3, 3, 6),
        {"new": 3, "changed": 0, "unchanged": 0},
    )


def test_a_check_alone_says_what_would_change_and_stores_nothing(masters, only_straight):
    before = stored()
    batch = take(rows(("A", "P", WEEK, 1, 1, 1), ("A", "P", "2025-01-06", 9, 1, 1)), MAPPING, dry_run=True)
    assert (batch.state, batch.changes) == ("checked", {"new": 1, "changed": 1, "unchanged": 0})
    assert stored() == before


@pytest.mark.parametrize(
    ("cells", "faults"),
    [
        ([("A", "P", WEEK, 1, 1, 1), ("A", "P", WEEK, 1, 1, 1)], [(3, "duplicate")]),
        ([("A", "P", WEEK, 1, 1, 1), *MASTERS, ("A", "P", WEEK, 2, 1, 1)], [(9, "duplicate")]),
        ([*MASTERS, *MASTERS], [(line, "duplicate") for line in range(8, 14)]),
        ([*MASTERS, ("A", "P", WEEK, "many", 1, 1)], [(8, "number")]),
        ([*MASTERS, ("A", "NEW", WEEK, 1, 1, 1)], [(8, "unknown_product")]),
        ([*MASTERS, ("NEW", "P", WEEK, 1, 1, 1)], [(8, "unknown_store")]),
    ],
)
def test_what_is_in_doubt_is_told_line_by_line_and_nothing_is_stored(masters, small, cells, faults):
    before = stored()
    batch = take(rows(*cells), SELL_THROUGH)
    assert (batch.state, list(batch.errors.order_by("line").values_list("line", "code"))) == ("rejected", faults)
    assert (stored(), Restatement.objects.count()) == (before, 0)


def test_a_file_without_rows_is_told_to_have_none(small):
    batch = take(rows(), MAPPING)
    assert (batch.state, batch.problem["code"]) == ("unusable", "no_rows")


def test_accounts_of_all_frames_together_decide_whether_the_kind_is_locked(masters, monkeypatch):
    other = rows(("A", "P", WEEK, 1, 1, 1)).replace("K-1", "K-2")
    take(other, MAPPING)
    count_as_large(monkeypatch)
    monkeypatch.setattr("kpis.imports.services.check_file", None)
    monkeypatch.setattr("kpis.imports.merge.LOCKED_ONE_BY_ONE", 1)
    assert not kind_is_locked()
    text = rows(*((store, "Q", WEEK, 5, 1, 1) for store in "ABC")) + other.splitlines()[1].replace(",1,1,1", ",2,1,1")
    assert take(text, MAPPING).changes == {"new": 3, "changed": 1, "unchanged": 0}
    assert kind_is_locked()


def kind_is_locked():
    """Whether a transaction that goes on has the kind for itself, in this database."""
    key = "(l.classid::bigint << 32) | l.objid::bigint = hashtextextended('sell_through', 1)"
    with connection.cursor() as cursor:
        cursor.execute(f"""
            SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()
            WHERE l.locktype = 'advisory' AND l.mode = 'ExclusiveLock' AND {key}
        """)
        return cursor.fetchone()[0] > 0


def test_unknown_masters_are_made_where_the_mapping_allows_it(masters, small):
    batch = take(rows(*MASTERS, ("NEW", "P", WEEK, 1, 1, 1)), MAPPING)
    assert (batch.state, batch.created, batch.changes["new"]) == ("applied", {"stores": 1}, 1)


def test_rows_that_are_added_up_and_small_files_go_the_other_way(masters, monkeypatch):
    monkeypatch.setattr("kpis.imports.straight.stored", None)
    assert take(rows(("A", "P", WEEK, 1, 1, 1)), MAPPING).state == "applied"
    monkeypatch.setattr(straight, "LEAST", 0)
    mapping = 'sums = ["units", "value"]' + MAPPING
    assert take(rows(("A", "P", WEEK, 2, 1, 1), ("A", "P", WEEK, 3, 1, 1)), mapping).units == 5


@pytest.mark.django_db(transaction=True)
def test_an_account_that_another_import_holds_is_not_waited_for(monkeypatch):
    other = connections["default"].copy()
    try:
        with other.cursor() as cursor, transaction.atomic():
            cursor.execute("SELECT pg_advisory_lock(hashtextextended('kam:sell_through', 7))")
            assert [try_lock("sell_through", [7]), try_lock("sell_through", [8])] == [False, True]
            monkeypatch.setattr("kpis.imports.merge.LOCKED_ONE_BY_ONE", 1)
            assert try_lock("sell_through", [8, 9])
    finally:
        other.close()


@pytest.mark.django_db(transaction=True)
def test_whoever_locks_a_whole_kind_keeps_others_out(monkeypatch):
    other = connections["default"].copy()
    try:
        with other.cursor() as cursor, transaction.atomic():
            cursor.execute("SELECT pg_advisory_lock_shared(hashtextextended('sell_through', 1))")
            lock("sell_through", [3])
            monkeypatch.setattr("kpis.imports.merge.LOCKED_ONE_BY_ONE", 1)
            assert not try_lock("sell_through", [3, 4])
    finally:
        other.close()
