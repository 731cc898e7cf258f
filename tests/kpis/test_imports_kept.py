"""Files with more rows than are held in memory: cut into parts on disk, they come to the same as in one piece."""

from contextlib import contextmanager
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpis.imports import kept, store
from kpis.models import ImportBatch, Restatement, SellThrough, Touched
from tests.kpis.files import SELL_THROUGH, check, complaints, take
from tests.kpis.test_imports_check import INVOICE_HEAD, INVOICES
from tests.kpis.test_imports_merge import HEAD, MAPPING, WEEK, rows, stored, touched

WEEKS = [date(2020, 1, 6), date(2026, 11, 9), WEEK]
CELLS = st.tuples(st.sampled_from("ABC"), st.sampled_from("PQR"), st.sampled_from(WEEKS), st.integers(-5, 5))
LINES = st.tuples(st.sampled_from("AB"), st.sampled_from("PQ"), st.integers(1, 3))


@contextmanager
def in_parts(most=3):
    """Files of more than `most` rows lie on disk, in parts of about as many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kept, "MOST", most)
        patch.setattr(kept, "PART", most)
        patch.setattr("kpis.imports.reader.PIECE", 100)
        yield


def told(result):
    """Rows, faults, sums and warnings of a result."""
    return (
        sorted(result.frame.rows(), key=str),
        complaints(result),
        (result.units, result.value, result.accepted, result.rejected),
        result.warnings,
    )


@settings(deadline=None, max_examples=25)
@given(cells=st.lists(CELLS, max_size=20).map(lambda cells: [*cells, ("A", "P", WEEK, 1)]))
def test_a_file_in_parts_has_the_same_rows_and_faults(tmp_path_factory, cells):
    text = HEAD + "".join(f"K-1,{store},{product},{week},{units},1.5,\n" for store, product, week, units in cells)
    for mapping in (SELL_THROUGH, 'sums = ["units", "value"]' + SELL_THROUGH):
        whole = told(check(tmp_path_factory.mktemp("whole"), text, mapping))
        with in_parts():
            assert told(check(tmp_path_factory.mktemp("parts"), text, mapping)) == whole


@settings(deadline=None, max_examples=25)
@given(lines=st.lists(LINES, min_size=4, max_size=20))
def test_equal_invoice_lines_of_a_file_in_parts_are_counted_as_in_one(tmp_path_factory, lines):
    text = INVOICE_HEAD + "".join(f"1,{document},{product},2026-01-05,{n},1\n" for document, product, n in lines)
    whole = told(check(tmp_path_factory.mktemp("whole"), text, INVOICES))
    with in_parts():
        assert told(check(tmp_path_factory.mktemp("parts"), text, INVOICES)) == whole


def test_a_part_holds_whole_weeks_unless_a_week_is_larger_than_a_part(tmp_path):
    cells = [(store, product, week, 1, 1, 1) for week in WEEKS[1:] for store in "ABCDEFGH" for product in "PQ"]
    few = [(store, "P", WEEKS[0], 1, 1, 1) for store in "ABC"]
    with in_parts(6):
        parts = list(check(tmp_path, rows(*few, *cells), SELL_THROUGH).kept)
    weeks = [part["week"].unique().to_list() for part in parts]
    assert sum(len(part) for part in parts) == 35
    assert [sum(week in part for part in weeks) > 1 for week in WEEKS] == [False, True, True]
    assert max(part.height for part in parts) <= 6


@pytest.mark.django_db
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=10, deadline=None)
@given(
    first=st.dictionaries(st.tuples(st.sampled_from("ABC"), st.sampled_from("PQ"), st.sampled_from(WEEKS)), LINES),
    then=st.dictionaries(st.tuples(st.sampled_from("ABC"), st.sampled_from("PQ"), st.sampled_from(WEEKS)), LINES),
)
def test_files_in_parts_store_and_restate_the_same_facts(first, then):
    outcomes = []
    for most in (1_000_000, 2):
        with in_parts(most):
            seen = []
            for cells in (first, then):
                Touched.objects.all().delete()
                batch = take(rows(*((*key, line[2], 1, 1) for key, line in cells.items()), OTHER), MAPPING)
                said = list(batch.weeks.order_by("week").values_list("week", "rows", "new", "changed", "units"))
                seen.append((stored(), batch.changes, touched(), said))
        outcomes.append(seen)
        for model in (SellThrough, Restatement, ImportBatch):  # so that the same files are not told to be there already
            model.objects.all().delete()
    assert outcomes[0] == outcomes[1]


OTHER = ("Z", "Z", WEEK, 1, 1, 1)


@pytest.mark.django_db
def test_nothing_is_left_on_disk_and_what_a_killed_process_left_is_swept_away(settings):
    cells = [(f"S{n}", "P1", WEEK, 1, 1, 1) for n in range(20)]
    with in_parts():
        batch = take(rows(*cells), MAPPING)
    folder = store.folder_of(batch.stored_name)
    assert (batch.changes["new"], sorted(path.name for path in folder.iterdir())) == (20, ["data", "mapping.toml"])
    left = folder / "left.part"
    left.mkdir()
    (left / "1").write_bytes(b"rows")
    kept.sweep(folder)
    assert not left.exists()


@pytest.mark.django_db
def test_a_fault_in_the_last_part_keeps_every_part_out():
    take(rows(("A", "P1", WEEK, 1, 1, 1)), MAPPING)
    cells = [("A", "P1", date(2026, 1, 5 + 7 * n) if n < 3 else WEEK, 9, 9, 9) for n in range(4)]
    text = rows(*cells) + "NOBODY,A,P1,2026-11-23,1,1,1\n"
    with in_parts(2):
        batch = take(text, SELL_THROUGH)
    assert (batch.state, batch.rejected, [row[3] for row in stored()]) == ("rejected", 1, [1])
