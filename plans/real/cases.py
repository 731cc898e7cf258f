"""What is compared, and how a comparison is shown on one line."""

from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

WIDTH = 44
FIRST = 3
CENT = Decimal("0.01")


class Case(NamedTuple):
    """One comparison: what is looked at, what it must be, and what it is."""

    what: str
    expected: object
    got: object

    @property
    def is_ok(self):
        return self.expected == self.got

    def differences(self):
        """The first lines that say where two collections differ; empty when the case holds or is one figure."""
        if self.is_ok or not isinstance(self.expected, dict | list) or type(self.expected) is not type(self.got):
            return []
        found = [f"{key}: expected {shown(mine)}, got {shown(theirs)}" for key, mine, theirs in self._pairs()]
        more = [f"… {len(found)} differences"] if len(found) > FIRST else []
        return found[:FIRST] + more

    def _pairs(self):
        """(key, expected, got) wherever two dictionaries, or two lists, differ."""
        left, right = (dict(enumerate(x)) if isinstance(x, list) else x for x in (self.expected, self.got))
        keys = [*left, *(key for key in right if key not in left)]
        return [(key, left.get(key), right.get(key)) for key in keys if left.get(key) != right.get(key)]


def each(what, expected, got, columns):
    """A case for every key of two lists of rows in order; the first `columns` values of a row are its key."""
    left, right = (
        {key: [row[columns:] for row in group] for key, group in groupby(rows, lambda row: row[:columns])}
        for rows in (expected, got)
    )
    for key in [*left, *(key for key in right if key not in left)]:
        yield Case(f"{what} {' '.join(map(str, key))}", left.get(key, []), right.get(key, []))


def shown(value):
    """A value in a table: figures grouped, large collections by their size and sum."""
    if isinstance(value, Decimal):
        return f"{_short(value):,f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if value is None:
        return "–"
    text = _parts(value) if isinstance(value, dict | list | tuple | set) and len(value) < WIDTH else str(value)
    return text if len(text) <= WIDTH else _digest(value)


def _short(value):
    """Without the zeros that mean nothing: none, two or more decimals."""
    if value == value.to_integral_value():
        return value.quantize(Decimal(1))
    return value.quantize(CENT) if value == value.quantize(CENT) else value.normalize()


def _parts(value):
    """A small collection as text: columns apart by blanks, rows by commas."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {shown(one)}" for key, one in value.items())
    return (" " if isinstance(value, tuple) else ", ").join(map(shown, value)) or "none"


def _digest(value):
    if isinstance(value, str | tuple):
        return f"{value if isinstance(value, str) else _parts(value)}"[: WIDTH - 1] + "…"
    figures = list(value.values()) if isinstance(value, dict) else []
    if figures and all(isinstance(figure, Decimal | int) for figure in figures):
        return f"{len(value):,} rows, in all {shown(sum(figures))}"
    return f"{len(value):,} row" + "s" * (len(value) != 1)
