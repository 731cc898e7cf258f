"""Cold months in files: nothing is lost on the way there, while they are there, and on the way back."""

import json
import os
import subprocess
import sys
import tarfile
from datetime import date, timedelta
from decimal import Decimal as D
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from kam import backup
from kam.errors import Conflict
from kam.local.postgres import OWNER
from kpis.archive import rows as texts
from kpis.archive import services
from kpis.archive.services import Refused
from kpis.imports.messages import sentence
from kpis.imports.undo import undo
from kpis.models import AccountWeek, ArchivedMonth, ImportBatch, SellThrough, StockLevel, Touched
from kpis.partitions import there
from tests import make
from tests.kpis import facts
from tests.kpis.files import CREATES, SELL_THROUGH, take
from tests.kpis.test_imports_merge import rows

MAPPING = SELL_THROUGH + CREATES
MONTH, WEEK, LATER = date(2023, 4, 1), date(2023, 4, 3), date(2023, 5, 1)
NIGHT = date(2023, 6, 30)


@pytest.fixture
def owner(transactional_db, settings, tmp_path):
    """This process is the role that owns the tables, as `manage.py archive` is; files lie in a folder of the test."""
    settings.MEDIA_ROOT = tmp_path / "media"
    connection.close()
    role, connection.settings_dict["USER"] = connection.settings_dict["USER"], OWNER
    yield
    connection.close()
    connection.settings_dict["USER"] = role


def everything(model=SellThrough):
    """All rows of a table with all their columns."""
    return sorted(
        map(str, model.objects.values_list(*(f.attname for f in model._meta.concrete_fields if f.name != "pk")))
    )


def mine():
    """Which of the two months have a partition; other months may have one that is empty."""
    return [month for month in there("kpis_sellthrough") if month in (MONTH, LATER)]


def history():
    """A month and the one after it, imported and summed."""
    batch = take(
        rows(("S1", "P1", WEEK, 5, 10, 3), ("S1", "P2", WEEK, -1, "", ""), ("S1", "P1", LATER, 4, 8, 3)), MAPPING
    )
    facts.run(NIGHT)
    return batch


def test_a_month_goes_and_comes_back_as_it_was(owner, capsys):
    history()
    before, sums = everything(), list(AccountWeek.objects.values())
    call_command("archive", older_than=1, kind="sell_through")
    assert [r.week for r in SellThrough.objects.all()] == []
    assert (mine(), list(AccountWeek.objects.values())) == ([], sums)
    call_command("archive", restore=[MONTH, LATER])
    assert (everything(), mine()) == (before, [MONTH, LATER])
    assert not ArchivedMonth.objects.exists()
    said = capsys.readouterr().out.splitlines()
    assert [line.split(",")[0] for line in said] == [
        "kpis_sellthrough 2023-04: 2 rows",
        "kpis_sellthrough 2023-05: 1 rows",
    ] * 2


AMOUNT = st.one_of(st.none(), st.decimals(-(10**11) + 1, 10**11 - 1, places=2))
ROW = st.tuples(st.decimals(-(10**11) + 1, 10**11 - 1, places=3), AMOUNT, AMOUNT)
KEY = st.tuples(st.integers(0, 29), st.integers(1, 10**18), st.integers(1, 10**18))


@hypothesis_settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(month=st.dictionaries(KEY, ROW, min_size=1, max_size=40), size=st.integers(1, 50))
def test_whatever_a_month_holds_comes_back(owner, monkeypatch, month, size):
    monkeypatch.setattr(texts, "PIECE", size)
    with connection.cursor() as cursor:
        cursor.execute("SELECT kam_make_partition('kpis_stocklevel', %s)", [MONTH])
        cursor.executemany(
            "INSERT INTO kpis_stocklevel (day, store_id, product_id, account_id, on_hand, aged, value, currency,"
            " batch_id) VALUES (%s, %s, %s, 7, %s, %s, %s, 'EUR', 9)",
            [(MONTH + timedelta(days=d), s, p, *values) for (d, s, p), values in month.items()],
        )
    before = everything(StockLevel)
    moved = services.archive("stock", MONTH)
    assert (moved.rows, moved.units, StockLevel.objects.count()) == (len(month), sum(v[0] for v in month.values()), 0)
    services.restore("stock", MONTH)
    assert everything(StockLevel) == before
    StockLevel.objects.all().delete()


def test_a_manifest_beside_the_file_says_what_it_holds(owner, settings):
    history()
    moved = services.archive("sell_through", MONTH)
    found = json.loads((settings.MEDIA_ROOT / "archive" / moved.file).with_suffix(".json").read_text())
    assert (found["schema"], found["month"], found["rows"], found["units"], found["value"]) == (
        *(1, "2023-04", 2),
        *("4.000", "10.00"),
    )
    assert found["columns"][0] == ["week", "date", None, None]
    assert found["sha256"] == texts.sha256(settings.MEDIA_ROOT / "archive" / moved.file)


def test_only_what_is_old_is_moved_and_only_once(owner, capsys):
    history()
    monday = date.today() - timedelta(days=date.today().weekday())
    facts.sold(make.account(code="K-9"), monday, of=facts.product(code="other"), touch=False)
    call_command("archive", older_than=1, kind="sell_through")
    first = list(ArchivedMonth.objects.values())
    call_command("archive", older_than=1, kind="sell_through")
    assert (list(ArchivedMonth.objects.values()), SellThrough.objects.count()) == (first, 1)
    with pytest.raises(CommandError, match="not over"):
        call_command("archive", older_than=0)
    with pytest.raises(CommandError, match="None of these"):
        call_command("archive", restore=[date(2020, 1, 1)])


def test_a_month_that_waits_to_be_summed_stays(owner, capsys):
    batch = take(rows(("S1", "P1", WEEK, 5, 10, 3)), MAPPING)
    with pytest.raises(SystemExit):
        call_command("archive", older_than=1)
    assert "run the night first" in capsys.readouterr().err
    assert SellThrough.objects.get().batch_id == batch.pk


def test_a_file_about_an_archived_month_is_refused_until_it_is_back(owner):
    history()
    services.archive("sell_through", MONTH)
    text = rows(("S1", "P1", WEEK, 6, 12, 3), ("S1", "P1", LATER, 9, 9, 9))
    refused = take(text, MAPPING)
    assert (refused.state, SellThrough.objects.get().units) == ("unusable", 4)
    assert "`manage.py archive --restore 2023-04`" in sentence(refused.problem["code"], refused.problem["params"])
    services.restore("sell_through", MONTH)
    assert take(text, MAPPING).changes == {"new": 0, "changed": 2, "unchanged": 0}


def test_undoing_waits_for_the_month_too(owner):
    batch = history()
    services.archive("sell_through", MONTH)
    with pytest.raises(Conflict, match="--restore 2023-04"), transaction.atomic():
        undo(batch)
    services.restore("sell_through", MONTH)
    with transaction.atomic():
        assert undo(batch) == {"removed": 3, "restored": 0}


def test_the_database_makes_no_partition_for_an_archived_month(owner):
    history()
    services.archive("sell_through", MONTH)
    with connection.cursor() as cursor, pytest.raises(ProgrammingError, match="is archived"):
        cursor.execute("SELECT kam_make_partition('kpis_sellthrough', %s)", [WEEK])


def test_sums_of_an_archived_week_stay_whatever_touches_it(owner):
    history()
    sums = list(AccountWeek.objects.values())
    services.archive("sell_through", MONTH)
    facts.touched(AccountWeek.objects.first().account, WEEK)
    facts.run(NIGHT)
    facts.run(NIGHT + timedelta(days=1))
    assert (list(AccountWeek.objects.values()), Touched.objects.filter(night=None).count()) == (sums, 1)
    services.restore("sell_through", MONTH)
    facts.run(NIGHT + timedelta(days=2))
    assert (list(AccountWeek.objects.values()), Touched.objects.filter(night=None).count()) == (sums, 0)


def test_a_file_that_is_not_what_was_written_is_never_brought_back(owner, settings, capsys):
    history()
    moved = services.archive("sell_through", MONTH)
    path = settings.MEDIA_ROOT / "archive" / moved.file
    whole = path.read_bytes()
    path.write_bytes(whole[:-9] + b"x" + whole[-8:])
    with pytest.raises(Refused, match="take it from a backup"):
        services.restore("sell_through", MONTH)
    with pytest.raises(SystemExit):
        call_command("archive", list=True)
    assert str(path) in capsys.readouterr().err
    path.write_bytes(whole)
    assert services.restore("sell_through", MONTH).rows == 2


def test_files_that_nothing_names_go_after_a_week(owner, settings):
    history()
    kept = services.archive("sell_through", LATER)
    services.archive("sell_through", MONTH)
    services.restore("sell_through", MONTH)
    place, week = settings.MEDIA_ROOT / "archive", 7 * 24 * 3600
    now = max(file.stat().st_mtime for file in place.iterdir())
    assert (services.sweep(now + week - 60), len(list(place.iterdir()))) == (0, 4)
    assert services.sweep(now + week + 60) == 2
    assert {file.stem for file in place.iterdir()} == {Path(kept.file).stem}


def test_a_backup_has_what_is_archived(owner, tmp_path):
    history()
    moved = services.archive("sell_through", MONTH)
    made = backup.make(tmp_path / "backup")
    with tarfile.open(tmp_path / "backup" / backup.MEDIA) as media:
        assert f"archive/{moved.file}" in media.getnames()
    assert (made["rows"]["kpis_archivedmonth"], made["rows"]["kpis_sellthrough"]) == (1, 1)


# Where a process that archives is killed; `here` is called in the place of, or after, what it names.
KILLS = {
    "while it writes": "rows.to_parquet = lambda *given: here()",
    "before it drops": "services._drop = lambda *given: here()",
    "before it commits": "ArchivedMonth.save = lambda moved: here()",
    "after it committed": "services.sweep = here",
}
KILLED = """
import os, django
django.setup()
from django.core.management import call_command
from kpis.archive import rows, services
from kpis.models import ArchivedMonth
here = lambda: os.kill(os.getpid(), 9)
{fault}
call_command("archive", older_than=1, kind="sell_through")
"""


def archiving(media, fault="pass"):
    env = os.environ | {"KAM_DB_ROLE": "owner", "KAM_MEDIA_ROOT": str(media)}
    return subprocess.Popen([sys.executable, "-c", KILLED.format(fault=fault)], env=env, stderr=subprocess.PIPE)


@pytest.mark.parametrize("fault", KILLS.values(), ids=KILLS)
def test_killed_anywhere_and_run_again(owner, settings, fault):
    history()
    before = everything()
    process = archiving(settings.MEDIA_ROOT, fault)
    assert (process.communicate(timeout=60), process.returncode) == ((None, b""), -9)
    assert SellThrough.objects.count() + sum(m.rows for m in ArchivedMonth.objects.all()) == 3
    call_command("archive", older_than=1, kind="sell_through")
    assert (SellThrough.objects.count(), ArchivedMonth.objects.count(), services.damaged()) == (0, 2, [])
    call_command("archive", restore=[MONTH, LATER])
    assert everything() == before


def test_two_at_once_follow_each_other(owner, settings):
    history()
    both = [archiving(settings.MEDIA_ROOT) for _ in range(2)]
    assert [(p.communicate(timeout=60)[1], p.returncode) for p in both] == [(b"", 0)] * 2
    assert (ArchivedMonth.objects.count(), services.damaged(), ImportBatch.objects.count()) == (2, [], 1)
    assert ArchivedMonth.objects.get(month=MONTH).units == D(4)
