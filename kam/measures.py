"""Measures: what an app can measure per account and ISO week, for the KPI floor to store and show.

A measure is SQL, because it runs over all accounts of a shard at once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from kam.roles import DataClass

_measures = {}


@dataclass(frozen=True)
class Window:
    """What a measure is asked for: the Mondays `first` … `last`, cut off at the end of `as_of`, for one shard."""

    first: date
    last: date
    as_of: date
    shard: int
    shards: int

    @property
    def params(self):
        return {
            "first": self.first,
            "last": self.last,
            "as_of": self.as_of,
            "shard": self.shard,
            "shards": self.shards,
        }


@dataclass(frozen=True)
class Measure:
    """One measure: `sql(window)` selects account_id, week, numerator, denominator.

    An amount (kind "amount") has denominator 1. `good` says which direction is welcome; `feeds` names the kinds of
    facts it needs; `definition` is the sentence shown beside the figure. A `snapshot` is a level at the week's end:
    of several weeks the last one counts, not the sum.
    """

    code: str
    label: str
    unit: str
    definition: str
    sql: Callable
    kind: str = "rate"
    good: str = "up"
    feeds: tuple = ()
    version: int = 1
    decimals: int = 1
    snapshot: bool = False
    data_class: str = DataClass.KPI


def measure(code, **described):
    """Register a function `Window -> SQL text` with named parameters of `Window.params`."""

    def register(sql):
        if code in _measures:
            raise ValueError(f"measure {code!r} is registered twice")
        _measures[code] = Measure(code=code, sql=sql, **described)
        return sql

    return register


def all_measures():
    """Every registered measure by code, in order of registration."""
    return dict(_measures)


def get(code):
    """The measure of this code. Raises KeyError."""
    return _measures[code]
