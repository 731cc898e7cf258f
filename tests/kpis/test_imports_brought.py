"""A large file is compared with the file before it, as long as what that told still stands, and else with the facts."""

import shutil

import pytest
from django.conf import settings as configured
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpis.imports import store
from kpis.models import ImportBatch, Restatement, SellThrough
from kpis.services import undo_import
from tests.kpis.files import take
from tests.kpis.test_imports_merge import MAPPING, WEEK, rows, stored
from tests.kpis.test_imports_straight import FACTS, count_as_large, masters, only_straight, small  # noqa: F401

pytestmark = pytest.mark.django_db
FIRST = (("A", "P", WEEK, 1, 10, 1), ("B", "P", WEEK, 2, 20, 2), ("B", "Q", "2026-11-09", 3, 30, 3))
THEN = (("A", "P", WEEK, 1, 10, 1), ("B", "P", WEEK, 7, 20, 2), ("B", "Q", "2026-11-09", 3, 30, 3))
ONE_OF_THREE = {"new": 0, "changed": 1, "unchanged": 2}


def place(batch):
    return store.folder_of(batch.stored_name) / store.BROUGHT


@pytest.fixture
def nothing_is_read_back(monkeypatch):
    monkeypatch.setattr("kpis.imports.unchanged._stored", None)


@pytest.fixture
def no_file_is_asked(monkeypatch):
    monkeypatch.setattr("kpis.imports.brought.rows", None)


@pytest.fixture
def told(masters, only_straight):  # noqa: F811
    """A large file is stored."""
    return take(rows(*FIRST), MAPPING)


def test_the_next_file_is_compared_with_the_last_one(told, nothing_is_read_back):
    assert take(rows(*THEN), MAPPING).changes == ONE_OF_THREE
    assert [row[3] for row in stored() if row[2].year == 2026] == [1, 7, 3]
    assert take(rows(*reversed(FIRST)), MAPPING).changes == ONE_OF_THREE
    assert [row[3] for row in stored() if row[2].year == 2026] == [1, 2, 3]


def test_rows_the_last_one_did_not_have_are_new_or_looked_up(told, nothing_is_read_back):
    more = ("C", "P", WEEK, 4, 40, 4)
    assert take(rows(*FIRST, more), MAPPING).changes == {"new": 1, "changed": 0, "unchanged": 3}
    assert take(rows(more, FIRST[0]), MAPPING).changes == {"new": 0, "changed": 0, "unchanged": 2}


def test_weeks_that_another_file_told_of_since_are_read_back(masters, monkeypatch):  # noqa: F811
    with pytest.MonkeyPatch.context() as patch:
        count_as_large(patch)
        take(rows(*FIRST), MAPPING)
    small_one = rows(("A", "P", WEEK, 5, 10, 1), ("B", "Q", "2026-11-09", 3, 30, 3))
    assert take(small_one, MAPPING).changes == {"new": 0, "changed": 1, "unchanged": 1}
    count_as_large(monkeypatch)
    monkeypatch.setattr("kpis.imports.brought.rows", None)
    assert take(rows(*reversed(FIRST)), MAPPING).changes == ONE_OF_THREE
    assert [row[3] for row in stored() if row[2].year == 2026] == [1, 2, 3]


def test_weeks_in_which_an_import_was_undone_are_read_back(masters, only_straight):  # noqa: F811
    take(rows(*FIRST), MAPPING)
    undo_import(take(rows(*THEN), MAPPING), by=None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kpis.imports.brought.rows", None)
        assert take(rows(*THEN), MAPPING).changes == ONE_OF_THREE


def test_columns_the_last_one_did_not_have_are_read_back(masters, only_straight, no_file_is_asked):  # noqa: F811
    take("account,store,product,week,units\nK-1,A,P,2026-11-16,1\nK-1,B,P,2026-11-16,2\n", MAPPING)
    assert take(rows(*FIRST[:2]), MAPPING).changes == {"new": 0, "changed": 2, "unchanged": 0}


def test_a_column_less_than_the_last_one_is_no_change(told, nothing_is_read_back):
    lines = [f"K-1,{store},{product},{week},{units}\n" for store, product, week, units, *_ in THEN]
    assert take("account,store,product,week,units\n" + "".join(lines), MAPPING).changes == ONE_OF_THREE
    assert [row[4] for row in stored() if row[2].year == 2026] == [10, 20, 30]


def test_an_account_that_has_another_currency_since_is_a_change(told, nothing_is_read_back):
    SellThrough.objects.first().account.__class__.objects.update(currency="GBP")
    assert take(rows(*FIRST) + "\n", MAPPING).changes == {"new": 0, "changed": 3, "unchanged": 0}


@pytest.mark.parametrize("harm", ["damaged", "forgotten"])
def test_a_file_that_is_lost_costs_time_and_nothing_else(told, harm):
    for file in place(told).iterdir():
        if file.name != "000000.parquet":
            file.write_bytes(b"PAR1") if harm == "damaged" else file.unlink()
    assert take(rows(*THEN), MAPPING).changes == ONE_OF_THREE
    shutil.rmtree(configured.MEDIA_ROOT / "imports")
    assert take(rows(*reversed(FIRST)), MAPPING).changes == ONE_OF_THREE


def test_only_what_was_stored_is_kept(masters, small):  # noqa: F811
    checked = take(rows(*FIRST), MAPPING, dry_run=True)
    doubtful = take(rows(*FIRST, FIRST[0]), MAPPING)
    other = take(rows(*FIRST), 'sums = ["units"]' + MAPPING)
    assert [batch.state for batch in (checked, doubtful, other)] == ["checked", "rejected", "applied"]
    assert [place(batch).exists() for batch in (checked, doubtful, other)] == [False, False, False]


def test_a_file_is_stored_though_its_rows_cannot_be_kept(masters, only_straight, monkeypatch):  # noqa: F811
    monkeypatch.setattr("kpis.imports.brought._write", no_room)
    batch = take(rows(*FIRST), MAPPING)
    assert (batch.state, place(batch).exists()) == ("applied", False)
    assert take(rows(*THEN), MAPPING).changes == ONE_OF_THREE


def no_room(frame, path):
    path.write_bytes(b"")
    raise OSError(28, "No space left on device")


STEPS = st.lists(st.tuples(FACTS, st.sampled_from(["large", "small", "undo", "units only"])), min_size=2, max_size=5)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(steps=STEPS)
def test_it_comes_to_the_same_as_reading_back(masters, steps):  # noqa: F811
    found = went(steps)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kpis.imports.brought._columns", lambda place: set())
        assert went(steps) == found


def went(steps):
    """What a row of files, small and large, and of undone ones comes to, after each."""
    for model in (SellThrough, Restatement, ImportBatch):
        model.objects.all().delete()
    seen = []
    for facts, how in steps:
        if how == "undo":
            last = ImportBatch.objects.stored().first()
            counts = undo_import(last, by=None).state if last else None
        else:
            counts = _taken(facts, how).changes
        seen.append((counts, stored(), Restatement.objects.count()))
    return seen


def _taken(facts, how):
    cells = rows(*((*key, units, units * 2, 1) for key, units in facts.items()))
    if how == "units only":
        cells = "".join(",".join(line.split(",")[:5]) + "\n" for line in cells.splitlines())
    with pytest.MonkeyPatch.context() as patch:
        if how != "small":
            count_as_large(patch)
        return take(cells, MAPPING)
