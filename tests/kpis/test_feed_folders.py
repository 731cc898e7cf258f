"""Watched folders: what lies still is imported once and put away, whatever happens, and nothing else is touched."""

import json
import os

import pytest
from django.core.management import CommandError, call_command

from kpis.feeds import folders, watching
from kpis.feeds.watching import Watcher
from kpis.imports.services import process
from kpis.models import ImportBatch, SellThrough, WatchedFile
from tests import make
from tests.kpis import facts

pytestmark = pytest.mark.django_db
HEAD = "account,store,product,week,units\n"
GOOD = HEAD + "K-1,S1,RUN-1,2026-11-16,5\n"
BAD = GOOD + "K-1,S1,RUN-1,2026-11-09,many\n"


@pytest.fixture
def feed():
    account = make.account(code="K-1")
    make.store(account, code="S1")
    facts.product(code="RUN-1")
    return facts.feed(account, code="pos")


@pytest.fixture
def place(feed, tmp_path):
    """The folder of the feed below a root."""
    found = tmp_path / "pos"
    found.mkdir()
    return found


def looks(place, times=2, **options):
    """The watcher after so many looks."""
    watcher = Watcher(place.parent, **{"in_place": True} | options)
    for _ in range(times):
        watcher.look()
    return watcher


def lies(place):
    """Every file below the folder, with the numbers of batches taken away."""
    found = []
    for path in sorted(place.rglob("*")):
        if path.is_file() or path.is_symlink():
            name = path.name.split("-", 1)[1] if path.parent != place else path.name
            found.append(str((path.parent / name).relative_to(place)))
    return found


def states():
    return list(ImportBatch.objects.order_by("pk").values_list("state", flat=True))


def test_a_file_is_imported_and_put_away(place, feed):
    (place / "w47.csv").write_text(GOOD)
    watcher = looks(place)
    batch = ImportBatch.objects.get()
    assert (batch.feed, batch.file_name, batch.state, batch.by) == (feed, "w47.csv", "applied", None)
    assert (lies(place), SellThrough.objects.count()) == (["done/w47.csv"], 1)
    assert (watcher.taken, watcher.done, watcher.failed, WatchedFile.objects.count()) == (1, 1, 0, 0)


def test_a_file_that_fails_lies_beside_its_bad_rows_with_line_column_and_reason(place):
    (place / "w47.csv").write_text(BAD)
    assert looks(place).failed == 1
    report = next(place.glob("failed/*.errors.csv")).read_text().splitlines()
    assert (lies(place), SellThrough.objects.count()) == (["failed/w47.csv", "failed/w47.csv.errors.csv"], 0)
    assert report[0] == "account,store,product,week,units,line,column,reason"
    assert report[1].startswith("K-1,S1,RUN-1,2026-11-09,many,3,units,")


def test_good_rows_that_a_feed_keeps_are_done_with_a_report_of_the_bad_ones(place, feed):
    type(feed).objects.update(keeps_good_rows=True)
    (place / "w47.csv").write_text(BAD)
    assert looks(place).done == 1
    assert (lies(place), SellThrough.objects.count()) == (["done/w47.csv", "done/w47.csv.errors.csv"], 1)


def test_a_file_that_cannot_be_used_says_why(place):
    (place / "w47.csv").write_bytes(b"")
    looks(place)
    assert states() == ["unusable"]
    assert next(place.glob("failed/*.errors.csv")).read_text().strip()


def test_a_file_that_is_too_large_is_put_away_at_once(place, settings):
    settings.IMPORT_MAX_BYTES = 10
    (place / "w47.csv").write_text(GOOD)
    looks(place)
    assert (lies(place), states()) == (["failed/w47.csv", "failed/w47.csv.errors.csv"], [])


def test_a_file_is_taken_when_it_lies_still_between_two_looks(place):
    path = place / "w47.csv"
    path.write_text(HEAD)
    watcher = looks(place, 1)
    path.write_text(GOOD)
    watcher.look()
    assert states() == []
    watcher.look()
    assert states() == ["applied"]


def test_a_file_that_grows_while_it_is_read_waits(place, monkeypatch):
    path = place / "w47.csv"
    path.write_text(GOOD)
    upload = watching.services.upload

    def slow(**given):
        batch = upload(**given)
        path.write_text(GOOD + GOOD)
        return batch

    monkeypatch.setattr(watching.services, "upload", slow)
    looks(place)
    assert (states(), lies(place), WatchedFile.objects.count()) == ([], ["w47.csv"], 0)


@pytest.mark.parametrize("name", ["w47.csv.part", "w47.TMP", ".w47.csv", "w47.csv.filepart"])
def test_what_is_still_being_sent_is_left_alone(place, name):
    (place / name).write_text(GOOD)
    looks(place)
    assert (states(), lies(place)) == ([], [name])


def test_links_pipes_and_names_that_are_no_text_are_not_touched_and_told_once(place, tmp_path, caplog):
    secret = tmp_path / "secret.csv"
    secret.write_text(GOOD)
    (place / "link.csv").symlink_to(secret)
    os.mkfifo(place / "pipe.csv")
    os.close(os.open(os.fsencode(place) + b"/\xff.csv", os.O_CREAT | os.O_WRONLY))
    looks(place, 4)
    assert (states(), secret.read_text(), sorted(os.listdir(place))) == (
        [],
        GOOD,
        ["link.csv", "pipe.csv", "\udcff.csv"],
    )
    told = sorted(r.getMessage().split(" ")[0] for r in caplog.records if "no plain file" in r.getMessage())
    assert told == [r"\xff.csv", "link.csv", "pipe.csv"]


def test_a_folder_whose_name_is_no_text_is_told_and_left(place, caplog):
    os.mkdir(os.fsencode(place.parent) + b"/\xff")
    looks(place, 1)
    assert [r.getMessage() for r in caplog.records if "no feed" in r.getMessage()] == [
        r"there is no feed called “\xff”"
    ]


def test_folders_that_are_links_lead_nowhere(place, tmp_path, caplog):
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "linked").symlink_to(outside)
    facts.feed(None, code="linked")
    (outside / "w47.csv").write_text(GOOD)
    (place / "w47.csv").write_text(GOOD)
    (place / "done").symlink_to(outside)
    looks(place, 3)
    assert (os.listdir(outside), (place / "w47.csv").exists()) == (["w47.csv"], True)
    told = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert [text.split(str(tmp_path))[1].split(" ")[0] for text in told if str(tmp_path) in text] == ["/linked", "/pos"]


def test_a_link_that_takes_the_place_of_a_file_meanwhile_is_not_read(place, tmp_path):
    (place / "w47.csv").write_text(GOOD)
    watcher = looks(place, 1)
    with folders.folder(place) as found:
        sight = found.sight("w47.csv")
        (tmp_path / "other.csv").write_text(GOOD)
        (place / "w47.csv").unlink()
        (place / "w47.csv").symlink_to(tmp_path / "other.csv")
        with pytest.raises(folders.Changed), found.opened(sight):
            pass
    watcher.look()
    assert states() == []


def test_a_folder_of_no_feed_is_told_and_left_alone(place, tmp_path, caplog):
    (tmp_path / "nobody").mkdir()
    (tmp_path / "nobody" / "x.csv").write_text(GOOD)
    looks(place, 3)
    assert [r.getMessage() for r in caplog.records if "feed called" in r.getMessage()] == [
        "there is no feed called “nobody”"
    ]
    assert (tmp_path / "nobody" / "x.csv").exists()


def test_the_same_bytes_under_another_name_change_nothing(place):
    (place / "a.csv").write_text(GOOD)
    looks(place)
    (place / "b.csv").write_text(GOOD)
    looks(place)
    assert (states(), lies(place), SellThrough.objects.count()) == (
        ["applied", "duplicate"], ["done/a.csv", "done/b.csv"], 1,
    )  # fmt: skip


def test_the_same_name_with_other_bytes_is_another_file(place):
    for units in (5, 6):
        (place / "w47.csv").write_text(GOOD.replace(",5", f",{units}"))
        looks(place)
    assert (states(), lies(place)) == (["applied", "applied"], ["done/w47.csv", "done/w47.csv"])
    assert SellThrough.objects.get().units == 6


def test_a_folder_may_be_watched_for_one_feed(place):
    (place / "w47.csv").write_text(GOOD)
    watcher = Watcher(place, code="pos", in_place=True)
    watcher.look()
    watcher.look()
    assert lies(place) == ["done/w47.csv"]


def test_files_that_are_joined_stay_where_they_are(place, feed, monkeypatch):
    monkeypatch.setattr(watching, "joined_files", lambda **_: {"heads.csv"})
    (place / "heads.csv").write_text("x")
    (place / "w47.csv").write_text(GOOD)
    looks(place)
    assert lies(place) == ["done/w47.csv", "heads.csv"]


# A worker reads, and the watcher dies


def test_what_a_worker_has_not_read_yet_waits_in_the_folder(place):
    (place / "w47.csv").write_text(GOOD)
    watcher = looks(place, 4, in_place=False)
    assert (states(), lies(place), WatchedFile.objects.count()) == (["waiting"], ["w47.csv"], 1)
    process(batch_id=ImportBatch.objects.get().pk)
    watcher.look()
    assert (states(), lies(place), WatchedFile.objects.count()) == (["applied"], ["done/w47.csv"], 0)


class Killed(BaseException):
    pass


def dies(*_args, **_kw):
    raise Killed


POINTS = {
    "before the file is stored": (watching.services, "upload"),
    "before it is noted": (watching.WatchedFile.objects, "create"),
    "before it is read": (watching, "process"),
    "before its report is written": (folders, "_write"),
    "before it is moved": (folders.os, "rename"),
    "after it is moved": (watching.WatchedFile, "delete"),
}


@pytest.mark.parametrize("text", [GOOD, BAD], ids=["good", "bad"])
@pytest.mark.parametrize("point", POINTS)
def test_killed_at_any_point_a_file_is_imported_once_and_not_lost(place, point, text, monkeypatch):
    (place / "w47.csv").write_text(text)
    target, name = POINTS[point]
    with monkeypatch.context() as patch:
        patch.setattr(target, name, dies)
        if point == "before its report is written" and text == GOOD:
            looks(place)
        else:
            with pytest.raises(Killed):
                looks(place)
    for batch in ImportBatch.objects.filter(state="waiting"):  # the sweeper of imports rings again
        process(batch_id=batch.pk)
    looks(place)
    state, where = ("applied", ["done/w47.csv"]) if text == GOOD else ("rejected", [
        "failed/w47.csv", "failed/w47.csv.errors.csv",
    ])  # fmt: skip
    assert (states(), lies(place), WatchedFile.objects.count()) == ([state], where, 0)


def test_a_file_that_is_replaced_while_it_is_put_away_is_taken_in_next(place, monkeypatch):
    (place / "w47.csv").write_text(GOOD)
    watcher = looks(place, in_place=False)
    process(batch_id=ImportBatch.objects.get().pk)
    rename = os.rename

    def replaced(source, target, **kw):
        monkeypatch.undo()
        (place / "new").write_text(GOOD.replace(",5", ",7"))
        rename(place / "new", place / "w47.csv")
        rename(source, target, **kw)

    monkeypatch.setattr(folders.os, "rename", replaced)
    for _ in range(3):
        watcher.look()
    for batch in ImportBatch.objects.filter(state="waiting"):
        process(batch_id=batch.pk)
    watcher.look()
    assert (states(), SellThrough.objects.get().units) == (["applied", "applied"], 7)


def test_two_watchers_of_one_folder_take_a_file_once(place):
    (place / "w47.csv").write_text(GOOD)
    one, two = looks(place, 1, in_place=False), looks(place, 1, in_place=False)
    one.look()
    two.look()
    assert (states(), one.taken, two.taken) == (["waiting"], 1, 0)


# The command


def test_once_prints_what_was_done_and_fails_with_a_file(place, capsys):
    (place / "a.csv").write_text(GOOD)
    (place / "b.csv").write_text(BAD)
    with pytest.raises(SystemExit) as left:
        call_command("watch_feeds", str(place.parent), "--once", "--every", "0.01")
    assert (left.value.code, json.loads(capsys.readouterr().out)) == (1, {"taken": 2, "done": 1, "failed": 1})


def test_a_folder_that_is_not_there_is_said():
    with pytest.raises(CommandError, match="is no folder"):
        call_command("watch_feeds", "/nowhere/at/all")
