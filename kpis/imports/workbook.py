"""Workbooks (XLSX, XLS) as text: a sheet is read as if somebody had saved it the way the mapping writes its cells.

So numbers and dates go by their type, no locale is guessed, and one pipeline checks them all. Reading happens in a
process of its own (see `sheet`); the text lies beside a file of the store for its report, else it vanishes when closed.
"""

import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from kpis.imports.archive import LOCAL
from kpis.imports.errors import UnusableFile
from kpis.imports.mapping import Format, Marks, Source
from kpis.imports.sheet import MEMORY, SECONDS

logger = logging.getLogger(__name__)
OLDER = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
COMMAND = [sys.executable, "-E", "-s", "-m", "kpis.imports.sheet"]
PATIENCE = 10 * SECONDS
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Writing:
    """How numbers and dates become text: `marks`, and those of single columns, by their source."""

    marks: Marks = Marks()
    columns: tuple[tuple[Source, Marks], ...] = ()


def is_workbook(start: bytes) -> bool:
    """Whether a file is a workbook, or another archive, by its first bytes; never by its name."""
    return start.startswith((LOCAL, OLDER))


def is_kept_for(path: Path) -> bool:
    """Whether the text of a workbook lies beside it, so that nobody needs to read the workbook again."""
    return _kept(path).is_file()


def keep(path: Path, form: Format, names, writing: Writing) -> None:
    """Lay a workbook's text beside it, unless it lies there. Raises UnusableFile."""
    if is_kept_for(path):
        return
    with _kept(path).with_suffix(".part").open("wb") as out:
        _read(path, form, names, writing, out)
    os.replace(out.name, _kept(path))


def forget(path: Path) -> None:
    """Take the text beside a workbook away."""
    _kept(path).unlink(missing_ok=True)


def _kept(path):
    return path.with_name(f"{path.name}.sheet")


def open_text(path: Path, form: Format, names, writing: Writing) -> tuple[BinaryIO, list[tuple[str, dict]]]:
    """The text of a workbook from its first row on, and what is worth knowing of it. Raises UnusableFile."""
    if is_kept_for(path):
        file = _kept(path).open("rb")
    else:
        file = tempfile.TemporaryFile()  # noqa: SIM115 (closed by Source.close)
        try:
            _read(path, form, names, writing, file)
        except BaseException:
            file.close()
            raise
        file.seek(0)
    return file, _notes(json.loads(file.readline()))


def _notes(facts):
    notes = []
    if facts["others"]:
        notes.append(("sheet_chosen", {"sheet": facts["sheet"], "others": facts["others"]}))
    if facts["hidden"]:
        notes.append(("sheets_hidden", {"hidden": facts["hidden"]}))
    if facts["merged"]:
        notes.append(("cells_merged", {"area": facts["merged"]}))
    return notes


def ask(path: Path, form: Format, names, writing: Writing, out: int) -> dict:
    """What the process is told; `out` is the number of an open file handle."""
    return {
        "path": str(path),
        "out": out,
        "sheet": form.sheet,
        "header": form.header,
        "names": list(names),
        "marks": _marks(writing.marks),
        "columns": [(source, _marks(marks)) for source, marks in writing.columns],
    }


def _marks(marks):
    return {"decimal": marks.decimal, "dates": marks.dates}


def _read(path, form, names, writing, out):
    """The sheet as text into `out`. Raises UnusableFile."""
    try:
        with _named(path) as link:
            done = _run(ask(link, form, names, writing, out.fileno()), out)
    except subprocess.TimeoutExpired as problem:
        raise UnusableFile("workbook_time", most=SECONDS) from problem
    if done.stdout:
        refused = json.loads(done.stdout)
        raise UnusableFile(refused["code"], **refused["params"])
    if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        raise UnusableFile("workbook_time", most=SECONDS)
    if done.returncode < 0:
        raise UnusableFile("workbook_memory", most=MEMORY >> 20)
    if done.returncode:
        logger.warning("a workbook could not be read: %s", done.stderr[-2000:])
        raise UnusableFile("broken_workbook")


@contextmanager
def _named(path):
    """The workbook under a name that says its format: the reader goes by it, and stored files have no such name."""
    with tempfile.TemporaryDirectory() as folder, path.open("rb") as file:
        link = Path(folder) / ("book.xlsx" if file.read(len(LOCAL)) == LOCAL else "book.xls")
        link.symlink_to(path.resolve())
        yield link


def _run(asked, out):
    """The process, which has none of our environment, and none of our open files but its output."""
    return subprocess.run(
        COMMAND,
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={},
        pass_fds=[out.fileno()],
        timeout=PATIENCE,
        check=False,
    )
