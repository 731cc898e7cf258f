"""What a file looks like before anybody said how to read it: its encoding, delimiter, sheets and first rows.

A worker looks, as a file may be hostile; pages read what it saw, which lies beside the file as JSON.
"""

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from kpis.imports import decode, sniff, store, workbook
from kpis.imports.families import WORKBOOK, family_of
from kpis.imports.headers import folded, named
from kpis.imports.mapping import Format
from kpis.imports.reader import first_rows, open_source

ROWS, MOST_COLUMNS, LONGEST = 60, 400, 120
# Two bytes for a character, both high: how Chinese is written in GBK. Western texts have such bytes one by one.
PAIRS = re.compile(rb"(?:[\xa1-\xf7][\xa1-\xfe])+")
HIGH = re.compile(rb"[\x80-\xff]")
MOSTLY = 0.8


@dataclass(frozen=True)
class Look:
    """The first rows of a file, each as (line, cells), and how they were cut.

    `sheets` are those of a workbook, which has neither encoding nor delimiter; `total` counts all its lines.
    """

    rows: tuple[tuple[int, tuple[str, ...]], ...]
    total: int
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    sheets: tuple[str, ...] = ()

    def header(self, line: int, lines: int = 1) -> tuple[str, ...]:
        """The names of the columns where so many lines, of which this is the last, are the header.

        Empty where it is none of the first.
        """
        rows = dict(self.rows)
        return folded(tuple(tuple(map(named, rows.get(at, ()))) for at in range(line - lines + 1, line + 1)))

    @property
    def is_sheet(self) -> bool:
        """Whether it is a sheet of a workbook rather than text."""
        return bool(self.sheets)


def has_columns(path: Path) -> bool:
    """Whether a file is a table whose columns somebody can map: a text or a workbook. Raises UnusableFile."""
    return family_of(decode.beginning(path)) in (None, WORKBOOK)


def look_at(path: Path, form: Format) -> Look:
    """Look at a file, as text as `form` says, finding out what it leaves open. Raises UnusableFile."""
    if workbook.is_folded(decode.beginning(path)):
        return _sheet(path, form)
    encoding = form.encoding or _encoding(path)
    with open_source(path, Format(form.delimiter, encoding, form.quote, 0)) as source:
        rows = _cut(first_rows(source, ROWS))
        return Look(rows, decode.line_breaks(source.file, source.body), source.encoding, source.delimiter)


def _encoding(path):
    """GBK where the bytes say so; None leaves it to the reader."""
    start = decode.beginning(path)
    if sniff.encoding_by_bytes(start) or sniff.is_utf8(path):
        return None
    high = len(HIGH.findall(start))
    paired = sum(len(run) for run in PAIRS.findall(start))
    return "gb18030" if high and paired >= high * MOSTLY else None


def _sheet(path, form):
    sheet = Format(header=0, sheet=form.sheet)
    with open_source(path, sheet, most=ROWS) as source:
        rows = _cut(first_rows(source, ROWS))
        facts = source.sheet
    return Look(rows, facts["rows"], sheet=facts["sheet"] or str(form.sheet), sheets=tuple(facts["sheets"]))


def _cut(rows):
    return tuple((line, tuple(cell[:LONGEST] for cell in cells[:MOST_COLUMNS])) for line, cells in rows)


def keep(folder: Path, look: Look) -> None:
    """Lay a look beside the file that was looked at."""
    (folder / store.LOOK).write_text(json.dumps(asdict(look)), "utf-8")


def kept(folder: Path) -> Look | None:
    """The look that lies beside a file; None without one."""
    path = folder / store.LOOK
    return of(json.loads(path.read_text("utf-8"))) if path.is_file() else None


def of(stored: dict) -> Look:
    """A look from what JSON keeps of it."""
    rows = tuple((line, tuple(cells)) for line, cells in stored["rows"])
    return Look(**stored | {"rows": rows, "sheets": tuple(stored["sheets"])})
