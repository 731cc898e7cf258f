"""A workbook is an archive from whoever may import: it is refused in no time, by what it holds and not by what it says.

A18 (text that looks like a formula stays text), A19 (entities), A20 (bombs, links, paths), A48 (rows that want more
than their person may), F18.
"""

import io
import os
import resource
import stat
import struct
import subprocess
import sys
import zipfile
import zlib

import pytest

from accounts.models import Account
from kam.roles import Role
from kpis.imports import families
from kpis.imports import workbook as engine
from kpis.imports.check import check_file
from kpis.imports.errors import UnusableFile
from tests import make
from tests.kpis.files import ours, take, workbook, write

MEGABYTE = 1 << 20
ROWS = [["account", "store", "product", "week", "units"], ["A", "S", "P", "2026-11-16", 1]]
GOOD = workbook(ROWS)
SHEET = "xl/worksheets/sheet1.xml"
HEAD = '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
FOOT = "</sheetData></worksheet>"


def worked():
    """Seconds of processor this process and those it started have had: what else runs here does not count."""
    ours, theirs = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return ours.ru_utime + ours.ru_stime + theirs.ru_utime + theirs.ru_stime


def refused(folder, content):
    """(code, parameters, seconds) of the refusal."""
    path = write(folder, content, "data")
    began = worked()
    with pytest.raises(UnusableFile) as refusal:
        check_file(path, ours("default_sell_through"))
    assert str(refusal.value) != refusal.value.code
    return refusal.value.code, refusal.value.params, worked() - began


def rebuilt(*added, without=(), **replaced):
    """The good workbook with other parts: `added` are (name or ZipInfo, bytes), `replaced` the sheet's own content."""
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(GOOD)) as old, zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if entry.filename not in without:
                own = replaced.get("sheet") if entry.filename == SHEET else None
                new.writestr(entry.filename, own if own is not None else old.read(entry.filename))
        for name, data in added:
            new.writestr(name, data)
    return content.getvalue()


def link():
    entry = zipfile.ZipInfo("xl/media/passwd")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


def test_the_good_workbook_is_read(tmp_path):
    assert check_file(write(tmp_path, rebuilt()), ours("default_sell_through")).accepted == 1


def zeros(megabytes):
    return b"\0" * (megabytes * MEGABYTE)


REFUSED = {
    "ratio": lambda: rebuilt(("xl/media/zeros", zeros(40))),
    "size": lambda: rebuilt(("xl/media/noise", os.urandom(3 * MEGABYTE)), ("xl/media/zeros", zeros(201))),
    "entries": lambda: rebuilt(*((f"xl/media/{n}", b"") for n in range(2_001))),
    "nested": lambda: rebuilt(("xl/media/more.zip", GOOD)),
    "nested, by another name": lambda: rebuilt(("xl/media/image.png", zlib.compress(b"x", wbits=31))),
    "path up": lambda: rebuilt(("../../etc/cron.d/kam", b"* * * * * root true")),
    "path from the root": lambda: rebuilt(("/etc/cron.d/kam", b"")),
    "path of another system": lambda: rebuilt(("C:\\kam", b"")),
    "link": lambda: rebuilt((link(), b"/etc/passwd")),
    "entity": lambda: rebuilt(sheet='<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + HEAD + FOOT),
    "entity, after much nothing": lambda: rebuilt(sheet=" " * 70_000 + '<!DOCTYPE w SYSTEM "http://::1/x"><w/>'),
    "entity, in two bytes a letter": lambda: rebuilt(sheet='<!DOCTYPE w [<!ENTITY x "y">]><w/>'.encode("utf-16")),
}  # fmt: skip
CODES = {"ratio": "archive_ratio", "size": "archive_size", "entries": "archive_entries", "link": "archive_link"}


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_place_in_a_workbook(tmp_path, name):
    first = name.partition(",")[0].partition(" ")[0]
    code, _params, seconds = refused(tmp_path, REFUSED[name]())
    assert code == CODES.get(first, f"archive_{first}")
    assert seconds < 2


def test_the_limit_is_named(tmp_path):
    write(tmp_path, REFUSED["ratio"](), "data")
    with pytest.raises(UnusableFile, match="more than 100 times its size"):
        check_file(tmp_path / "data", ours("default_sell_through"))


def test_a_directory_of_a_million_entries_is_not_even_read(tmp_path):
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", *[20] * 2, *[0] * 4, *[0] * 3, 1, *[0] * 4, 0, 0) + b"x"
    directory = entry * 1_000_000
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(directory), 4, 0)
    code, params, seconds = refused(tmp_path, b"PK\x03\x04" + directory + end)
    assert (code, params) == ("archive_entries", {"most": 2_000})
    assert seconds < 2


def test_sizes_that_lie_are_not_believed(tmp_path):
    content = rebuilt(("xl/media/zeros", zeros(40)))
    honest, lying = struct.pack("<L", 40 * MEGABYTE), struct.pack("<L", 10)
    assert content.count(honest) == 2
    assert refused(tmp_path, content.replace(honest, lying))[0] == "archive_ratio"


def test_entries_that_share_their_bytes_are_counted_each(tmp_path):
    """Every entry of the directory points to the same megabyte: the quoted bomb of many times its size."""
    content = rebuilt(("xl/media/0", zeros(1)))
    with zipfile.ZipFile(io.BytesIO(content)) as found:
        start = found.start_dir
        entry = found.getinfo("xl/media/0")
    end = content.rfind(b"PK\x05\x06")
    directory = content[start:end]
    last = directory[directory.rfind(b"PK\x01\x02") :]
    assert entry.filename.encode() in last
    many = directory + b"".join(last.replace(b"xl/media/0", f"xl/media/{n % 10}".encode()) for n in range(300))
    close = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(many), start, 0)
    assert refused(tmp_path, content[:start] + many + close)[0] in ("archive_ratio", "archive_size")


def wide():
    """Two cells, as far from each other as they can be."""
    first, last = ('<row r="{0}"><c r="{1}{0}"><v>1</v></c></row>'.format(*at) for at in ((1, "A"), (1_048_576, "XFD")))
    return rebuilt(sheet=HEAD + first + last + FOOT)


def echoing():
    """One text of a quarter of a megabyte that fifty thousand cells repeat."""
    text = f"<si><t>{os.urandom(130_000).hex()}</t></si>"
    strings = f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{text}</sst>'
    cells = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 50_001))
    return rebuilt(("xl/sharedStrings.xml", strings), without=["xl/sharedStrings.xml"], sheet=HEAD + cells + FOOT)


@pytest.mark.parametrize("content", [wide, echoing])
def test_a_sheet_that_grows_while_it_is_read_takes_little_memory_and_little_time(tmp_path, content):
    code, params, seconds = refused(tmp_path, content())
    assert (code, params) == ("workbook_memory", {"most": 1024})
    assert seconds < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 2 * 1024 * 1024


def test_a_reader_that_works_too_long_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(
        engine,
        "COMMAND",
        [sys.executable, "-c", "import resource; resource.setrlimit(resource.RLIMIT_CPU, (1, 1))\nwhile 1: pass"],
    )
    assert refused(tmp_path, GOOD)[0] == "workbook_time"


def test_the_reader_knows_none_of_our_secrets_(tmp_path, monkeypatch):
    told = tmp_path / "told"
    spy = f"import os, sys; open({str(told)!r}, 'w').write(' '.join(os.environ)); sys.exit(1)"
    monkeypatch.setenv("SECRET_KEY", "secret")
    monkeypatch.setattr(engine, "COMMAND", [sys.executable, "-E", "-s", "-c", spy])
    assert refused(tmp_path, GOOD)[0] == "broken_workbook"
    assert set(told.read_text().split()) <= {"LC_CTYPE"}


LIMITS = """
import resource
from kpis.imports.unfolding import _limit
_limit()
names = ("AS", "CPU", "FSIZE", "CORE")
print(*(resource.getrlimit(getattr(resource, f"RLIMIT_{name}"))[1] for name in names))
"""


def test_the_reader_limits_itself():
    said = subprocess.check_output([sys.executable, "-c", LIMITS], cwd=engine.ROOT, text=True)
    assert list(map(int, said.split())) == [1 << 30, 60, 1 << 30, 0]


def compound(name):
    """The smallest file of the older container, with one stream of that name."""

    def entry(title, kind, child, start, size):
        raw, none = title.encode("utf-16-le") + b"\0\0", 0xFFFFFFFF
        first = struct.pack("<64sHBB3L", raw, len(raw), kind, 1, none, none, child)
        return first + struct.pack("<16sL2Q3L", b"", 0, 0, 0, start, size, 0)

    header = struct.pack("<8s16s6H2L", families.OLDER, b"", 0x3E, 3, 0xFFFE, 9, 6, 0, 0, 0)
    header += struct.pack("<9L", 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0, 0) + b"\xff" * 432
    chains = struct.pack("<2L", 0xFFFFFFFD, 0xFFFFFFFE) + struct.pack("<L", 3)
    chains += b"".join(struct.pack("<L", n + 1) for n in range(3, 9)) + struct.pack("<L", 0xFFFFFFFE)
    directory = entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + entry(name, 2, 0xFFFFFFFF, 2, 4096) + b"\0" * 256
    return header + chains.ljust(512, b"\xff") + directory + b"\0" * 4096


def test_a_workbook_with_a_password_says_so(tmp_path):
    assert refused(tmp_path, compound("EncryptedPackage"))[0] == "encrypted"
    content = bytearray(GOOD)
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.find(mark) + at] |= 1
    assert refused(tmp_path, bytes(content))[0] == "encrypted"


BROKEN = {
    "cut off": GOOD[: len(GOOD) // 2],
    "without its middle": GOOD[:200] + GOOD[400:],
    "an archive only": rebuilt(without=["xl/workbook.xml"]),
    "an older container without a workbook": compound("Contents"),
    "no sheet": rebuilt(without=[SHEET]),
    "nothing but a name": b"PK\x03\x04",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_damaged_workbook_is_refused_with_a_sentence(tmp_path, name):
    code, _params, seconds = refused(tmp_path, BROKEN[name])
    assert code in ("broken_workbook", "no_workbook")
    assert seconds < 2


# A48: what the rows of a workbook say, its person must be allowed to say.

ACCOUNTS = [["code", "name", "owner", "team", "id"], ["K-1", "Renamed", "director@example.com", "Everybody", 1]]


@pytest.mark.django_db
def test_columns_that_are_no_fields_change_nothing():
    director = make.user(Role.DIRECTOR)
    team = make.team(director)
    account = make.account(code="K-1", name="Old", team=team)
    batch = take(
        workbook(ACCOUNTS), 'kind = "accounts"\n[columns]\ncode = "code"\nname = "name"\n', kind="accounts", by=director
    )
    assert (batch.state, [w["params"] for w in batch.warnings]) == ("applied", [{"columns": ["owner", "team", "id"]}])
    changed = Account.objects.get(pk=account.pk)
    assert (changed.name, changed.team_id, changed.code) == ("Renamed", team.pk, "K-1")


@pytest.mark.django_db
def test_the_account_of_another_team_is_unknown_row_by_row():
    manager = make.user(Role.ACCOUNT_MANAGER)
    make.account(code="K-1", name="Old", team=make.team())
    mapping = 'kind = "accounts"\n[columns]\ncode = "code"\nname = "name"\n'
    batch = take(workbook(ACCOUNTS), mapping, kind="accounts", by=manager)
    assert (batch.state, [error.code for error in batch.errors.all()]) == ("rejected", ["not_allowed"])
    assert Account.objects.get().name == "Old"


def test_a_sheet_of_all_columns_there_can_be(tmp_path):
    content = workbook([[f"c{n}" for n in range(16_384)], [1]])
    code, params, seconds = refused(tmp_path, content)
    assert (code, len(params["found"])) == ("missing_columns", 100)
    assert seconds < 3
