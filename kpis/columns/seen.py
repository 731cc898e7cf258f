"""What the cells of a column seem to be, told by the first rows of a file; nothing here is more than a suggestion."""

import re
from collections import Counter
from dataclasses import dataclass, replace
from itertools import compress

import polars as pl

from kpis.imports import cells
from kpis.imports.headers import SOME_YEAR, is_week, week_beside, week_in
from kpis.imports.kinds import Kind
from kpis.imports.look import Look
from kpis.imports.mapping import Marks

NUMBER = re.compile(r"[-+(]?\s*(?:[€$£¥]\s*)?\d[\d.,'’\s\u00a0\u202f]*\)?(?:\s*[€$£¥%])?-?")
POINT = re.compile(r"[-+(]?\d{1,3}(?:,\d{3})+(?:\.\d+)?\)?-?|[-+(]?\d+\.\d+\)?-?")
COMMA = re.compile(r"[-+(]?\d{1,3}(?:\.\d{3})+(?:,\d+)?\)?-?|[-+(]?\d+,\d+\)?-?")
GTIN = re.compile(r"0*\d{8}|0*\d{12,14}")
# The forms of dates that a person may choose among, and those that are tried, the clearest first.
DATES = (
    *("%Y-%m-%d", "%d.%m.%Y", "%d.%m.%y", "%Y/%m/%d", "%d/%m/%Y", "%m/%d/%Y", "%m/%d/%y", "%d-%m-%Y", "%Y.%m.%d"),
    *(
        "%Y%m%d",
        "%Y年%m月%d日",
        "%G-W%V",
        "%GW%V",
        "KW %V/%G",
        "KW%V/%G",
        "W%V %G",
        "W%V-%G",
        "Week %V %G",
        "%G年第%V周",
    ),
    *("%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M"),
)
HEADERS_AMONG = 25
ENOUGH = 0.5


@dataclass(frozen=True)
class Seen:
    """One column: its position from 0, its header, what stands in it first, and what that seems to be.

    `is_number` and `dates` (the forms in which all of it can be read) are of the cells, `week` says that the header
    names one, `dated` that it says the year too, `beside` what else it says, `is_gtin` that every cell could be a GTIN.
    """

    position: int
    name: str
    values: tuple[str, ...]
    is_number: bool = False
    dates: tuple[str, ...] = ()
    is_gtin: bool = False
    week: bool = False
    dated: bool = False
    beside: str = ""

    @property
    def shown(self) -> str:
        """Its header, or its number."""
        return self.name or str(self.position + 1)


def columns(look: Look, header: int, lines: int = 1) -> list[Seen]:
    """The columns of a file whose header ends in that line and has so many lines; 0 is none."""
    head = look.header(header, lines)
    below = [cells for line, cells in look.rows if line > header]
    width = len(head) or Counter(map(len, below)).most_common(1)[0][0] if head or below else 0
    names = head or [""] * width
    filled = [tuple(row[at].strip() for row in below if at < len(row) and row[at].strip()) for at in range(width)]
    return [_seen(at, *of) for at, of in enumerate(zip(names, filled, _likely(filled), strict=False))]


def _likely(filled):
    """Of each column the forms in which its first cell is a date; asked of all at once, as there may be a thousand."""
    text = pl.Series([values[0] if values else None for values in filled], dtype=pl.String)
    fits = [cells.dates(text, (form,))[0].is_not_null() for form in DATES]
    return [tuple(compress(DATES, column)) for column in zip(*fits, strict=True)]


def _seen(position, name, filled, likely):
    week, beside = week_beside(name, SOME_YEAR)
    column = Seen(position, name, filled, week=bool(week), dated=bool(week_beside(name)[0]), beside=beside)
    if not filled:
        return column
    numbers = sum(bool(NUMBER.fullmatch(value)) for value in filled)
    gtins = all(GTIN.fullmatch(value) for value in filled)
    return replace(column, is_number=numbers >= len(filled) * ENOUGH, dates=_dates(filled, likely), is_gtin=gtins)


def _dates(values, likely):
    """Those of the likely forms in which every value is a date."""
    text = pl.Series(values[:20])
    return tuple(form for form in likely if cells.dates(text, (form,))[1] is None)


def header_of(look: Look, kind: Kind, recognised) -> int:
    """The line that seems to be the header; 0 where none does. `recognised(names)` counts words that we know."""
    rows = [(line, cells) for line, cells in look.rows if any(cell.strip() for cell in cells)][:HEADERS_AMONG]
    if not rows:
        return 0
    width = Counter(_filled(cells) for _line, cells in rows).most_common(1)[0][0]
    fine = [(line, cells) for line, cells in rows if _filled(cells) >= max(width * 0.6, 1) and _is_words(cells)]
    if not fine:
        return 0
    best = max(fine, key=lambda row: (recognised(row[1]), -row[0]))
    return best[0]


def whole_header(look: Look, line: int, recognised) -> tuple[int, int]:
    """(line, how many) of the header that a line is of: two where one has weeks, and the lower repeats its words."""
    rows = dict(look.rows)
    for upper, lower in ((line - 1, line), (line, line + 1)):
        if upper in rows and lower in rows and _are_both(rows[upper], rows[lower], recognised):
            return lower, 2
    return line, 1


def _are_both(upper, lower, recognised):
    words = [cell.strip() for cell in lower if cell.strip()]
    if not _is_words(lower) or len(set(words)) == len(words):
        return False
    weeks, others = (upper, lower) if _weeks(upper) else (lower, upper)
    return _weeks(weeks) > 1 and not _weeks(others) and recognised(others) > 0


def _weeks(cells):
    return sum(map(is_week, cells))


def _filled(cells):
    return sum(bool(cell.strip()) for cell in cells)


def _is_words(cells):
    """Whether no cell is a number; weeks and days are words above a column."""
    return all(not NUMBER.fullmatch(cell.strip()) or week_in(cell) for cell in cells if cell.strip())


def marks(seen: list[Seen]) -> Marks:
    """The decimal and the thousands mark that most numbers have."""
    values = [value for column in seen if column.is_number for value in column.values]
    comma = sum(bool(COMMA.fullmatch(value)) and not _groups_only(value, ".") for value in values)
    point = sum(bool(POINT.fullmatch(value)) and not _groups_only(value, ",") for value in values)
    if comma > point:
        return Marks(decimal=",", thousands="." if any("." in value for value in values) else "")
    return Marks(thousands="," if any("," in value for value in values) else "")


def _groups_only(value, mark):
    """Whether a number has nothing but a mark before three digits, which may be either."""
    return bool(re.fullmatch(rf"[-+(]?\d{{1,3}}\{mark}\d{{3}}\)?-?", value))
