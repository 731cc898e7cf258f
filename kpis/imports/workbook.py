"""Workbooks (XLSX, XLS), EDI messages and JSON reports as text, so that one pipeline checks them all.

A sheet is read as if somebody had saved it the way the mapping writes its cells, a message as a table of its line
items (see `layouts`). Reading happens in a process of its own (see `unfolding`); the text lies beside a file of the
store for its report, else it vanishes when closed.
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

from kpis.imports import sniff
from kpis.imports.errors import UnusableFile
from kpis.imports.families import LOCAL, WORKBOOK, family_of
from kpis.imports.mapping import Format, Marks, Source
from kpis.imports.unfolding import MEMORY, SECONDS

logger = logging.getLogger(__name__)
COMMAND = [sys.executable, "-E", "-s", "-m", "kpis.imports.unfolding"]
PATIENCE = 10 * SECONDS
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Writing:
    """How numbers and dates become text: `marks`, and those of single columns, by their source."""

    marks: Marks = Marks()
    columns: tuple[tuple[Source, Marks], ...] = ()


def is_folded(start: bytes) -> bool:
    """Whether a file is no table of text: a workbook or another archive, EDI, JSON. Told by its first bytes."""
    return family_of(start) is not None


def is_kept_for(path: Path) -> bool:
    """Whether the text of such a file lies beside it, so that nobody needs to read the file again."""
    return _kept(path).is_file()


def keep(path: Path, form: Format, names, writing: Writing) -> None:
    """Lay a file's text beside it, unless it lies there. Raises UnusableFile."""
    if is_kept_for(path):
        return
    with _kept(path).with_suffix(".part").open("wb") as out:
        _read(path, form, names, writing, out)
    os.replace(out.name, _kept(path))


def forget(path: Path) -> None:
    """Take the text beside a file away."""
    _kept(path).unlink(missing_ok=True)


def _kept(path):
    return path.with_name(f"{path.name}.sheet")


def open_text(path: Path, form: Format, names, writing: Writing, most: int | None = None) -> tuple[BinaryIO, dict]:
    """The text of a file from its first row on, and what its process told of it (see `ask`). Raises UnusableFile.

    With `most` only so many rows of a sheet.
    """
    if most is None and is_kept_for(path):
        file = _kept(path).open("rb")
    else:
        file = tempfile.TemporaryFile()  # noqa: SIM115 (closed by Source.close)
        try:
            _read(path, form, names, writing, file, most)
        except BaseException:
            file.close()
            raise
        file.seek(0)
    return file, json.loads(file.readline())


def ask(path: Path, form: Format, names, writing: Writing, out: int, most: int | None = None) -> dict:
    """What the process is told; `out` is the number of an open file handle.

    It tells back `sheet`, `sheets`, `rows`, `others`, `hidden` and `merged` of a workbook, or `family`, `columns`
    (where a column stands in a message) and `ignored` (messages of other kinds, counted) of the rest.
    """
    family = _family(path)
    return {
        "family": family,
        "message": form.message,
        "encoding": form.encoding or ("utf-8" if family == WORKBOOK or sniff.is_utf8(path) else None),
        "path": str(path),
        "out": out,
        "sheet": form.sheet,
        "header": form.header,
        "most": most,
        "names": list(names),
        "marks": _marks(writing.marks),
        "columns": [(source, _marks(marks)) for source, marks in writing.columns],
    }


def _family(path):
    with path.open("rb") as file:
        return family_of(file.read(sniff.SAMPLE))


def _marks(marks):
    return {"decimal": marks.decimal, "dates": marks.dates}


def _read(path, form, names, writing, out, most=None):
    """The table as text into `out`. Raises UnusableFile."""
    kind = "workbook" if _family(path) == WORKBOOK else "file"
    try:
        with _named(path) as link:
            done = _run(ask(link, form, names, writing, out.fileno(), most), out)
    except subprocess.TimeoutExpired as problem:
        raise UnusableFile(f"{kind}_time", most=SECONDS) from problem
    if done.stdout:
        refused = json.loads(done.stdout)
        raise UnusableFile(refused["code"], **refused["params"])
    if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        raise UnusableFile(f"{kind}_time", most=SECONDS)
    if done.returncode < 0:
        raise UnusableFile(f"{kind}_memory", most=MEMORY >> 20)
    if done.returncode:
        logger.warning("a %s could not be read: %s", kind, done.stderr[-2000:])
        raise UnusableFile(f"broken_{kind}")


@contextmanager
def _named(path):
    """The file under a name that says its format: calamine goes by it, and stored files have no such name."""
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
