"""What is compared, and how a comparison is shown on one line."""

from collections.abc import Sized
from decimal import Decimal
from typing import NamedTuple

WIDTH = 60
FIRST = 3


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
        found = [f"{key}: expected {mine}, got {theirs}" for key, mine, theirs in _pairs(self.expected, self.got)]
        more = [f"… {len(found)} differences"] if len(found) > FIRST else []
        return found[:FIRST] + more


def _pairs(expected, got):
    """(key, expected, got) wherever two dictionaries, or two lists, differ."""
    left, right = (dict(enumerate(x)) if isinstance(x, list) else x for x in (expected, got))
    keys = [*left, *(key for key in right if key not in left)]
    return [(key, left.get(key), right.get(key)) for key in keys if left.get(key) != right.get(key)]


def shown(value):
    """A value in a table: figures grouped, large collections by their size and sum."""
    if isinstance(value, Decimal):
        return f"{value.normalize():,f}" if value == value.to_integral_value() else f"{value:,f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    text = str(value)
    return text if len(text) <= WIDTH or not isinstance(value, Sized) else _digest(value)


def _digest(value):
    size = f"{len(value):,} rows"
    figures = list(value.values()) if isinstance(value, dict) else []
    if figures and all(isinstance(figure, Decimal) for figure in figures):
        return f"{size}, in all {shown(sum(figures))}"
    return f"{str(value)[: WIDTH - 1]}…" if isinstance(value, str) else size
