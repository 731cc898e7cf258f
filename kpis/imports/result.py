"""What came of checking a file: counts, sums, every fault, and the accepted rows as typed columns."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

import polars as pl

from kam.rounding import cents
from kpis.imports.kept import Kept
from kpis.imports.kinds import Kind
from kpis.imports.messages import sentence
from kpis.imports.places import Places
from kpis.imports.reader import LINES

FAULTS = {
    "row": pl.UInt64,
    "line": pl.UInt32,
    "column": pl.String,
    "value": pl.String,
    "code": pl.String,
    "params": pl.String,
}
SHOWN_VALUE = 200
Sums = tuple[Decimal | None, Decimal | None]


@dataclass
class Result:
    """The outcome of one check.

    `kept` holds the accepted rows: the fields the file fills, `line`, and `is_charge` where a rule said so.
    `masters` holds, per kind that may be created, one row for each code with the fields the file gives for it.
    `ignored` and `marked` count rows by rule, dropped ones and marked ones; `errors` has one row per bad cell, in which
    `row` is the `line` of its frames (see `wide`: several rows may be of one line), `line` that of the file; `shown`
    says what the file calls each field, `assumed` which fields have their default because the file is silent; `weeks`
    is set when the rows are stored, see `weeks.together`; `totals` are the sums of units and of value, not rounded;
    `places` say where in a message a fault stands.
    """

    kind: Kind
    kept: Kept
    errors: pl.DataFrame
    rows: int = 0
    ignored: dict[str, int] = field(default_factory=dict)
    marked: dict[str, int] = field(default_factory=dict)
    warnings: list[tuple[str, dict]] = field(default_factory=list)
    masters: dict[str, pl.DataFrame] = field(default_factory=dict)
    totals: Sums = (None, None)
    shown: dict[str, str] = field(default_factory=dict)
    assumed: frozenset[str] = frozenset()
    weeks: pl.DataFrame | None = None
    places: Places | None = None

    @property
    def units(self) -> Decimal | None:
        """The sum of units; None where the kind or the file has none."""
        return self.totals[0]

    @property
    def value(self) -> Decimal | None:
        """The sum of value, to the cent; None where the kind or the file has none."""
        return None if self.totals[1] is None else cents(self.totals[1])

    @property
    def frame(self) -> pl.DataFrame:
        """All accepted rows at once: of files that are known to be small, and of master data."""
        return self.kept.whole

    @frame.setter
    def frame(self, frame):
        self.kept.whole = frame

    @property
    def accepted(self) -> int:
        """Rows without a fault that no rule dropped."""
        return self.rows - sum(self.ignored.values()) - self.rejected

    @property
    def rejected(self) -> int:
        """Rows with at least one fault; each counts once."""
        return self.errors.get_column("row").n_unique()

    @property
    def faults(self) -> pl.DataFrame:
        """Every bad cell of the file once, in the order of the file."""
        same = [name for name in self.errors.columns if name != "row"]
        return (
            self.errors.unique(same, keep="first", maintain_order=True).sort("line", maintain_order=True).select(same)
        )

    def refuse(self, rows: pl.DataFrame, more: Iterable[pl.DataFrame]) -> pl.DataFrame:
        """Add faults found later of some accepted rows, and take these off the sums; returns the rows without fault."""
        found = pl.concat([no_faults(), *more])
        found = self.places.told(found) if self.places else found
        self.errors = pl.concat([self.errors, found])
        among = pl.col("line").is_in(found.get_column("row").cast(rows.schema["line"]).implode())
        self.totals = added(self.totals, sums(rows.filter(among), self.kind), -1)
        return rows.filter(~among)

    def sentences(self):
        """(line, column, value, sentence) of every fault, in the order of the file."""
        for line, name, value, code, params in self.faults.iter_rows():
            yield line, name, value, reason(code, params, name, value)


def reason(code: str, params: str | dict, name: str, value: str) -> str:
    """The sentence of one fault; `params` as JSON or as a dictionary."""
    params = json.loads(params) if isinstance(params, str) else params
    told = sentence(code, {"column": name, "value": value} | params)
    if at := params.get("at"):
        told += " " + sentence(f"{at}_element" if "element" in params else at, params)
    return told


def reason_of(fault) -> str:
    """The sentence of a stored fault."""
    return reason(fault.code, fault.params, fault.column, fault.value)


def no_faults() -> pl.DataFrame:
    """An empty table of faults."""
    return pl.DataFrame(schema=FAULTS)


def faults(lines, name: str, values, codes, params) -> pl.DataFrame:
    """A table of faults of one column; `lines` are the frame's, `params` is JSON: one text for all, or a column."""
    frame = pl.DataFrame({"line": lines, "value": values, "code": codes})
    shown = pl.col("value").cast(pl.String).fill_null("").str.slice(0, SHOWN_VALUE)
    params = pl.lit(params) if isinstance(params, str) else pl.Series("params", params)
    return frame.select(
        pl.col("line").cast(pl.UInt64).alias("row"),
        (pl.col("line").cast(pl.UInt64) & LINES).cast(pl.UInt32),
        pl.lit(name).alias("column"),
        shown,
        pl.col("code").cast(pl.String),
        params.alias("params"),
    )


def sums(frame: pl.DataFrame, kind: Kind) -> Sums:
    """Sums of units and of value, not rounded; None where the kind or the file has none."""
    return _sum(frame, kind.units), _sum(frame, kind.value)


def added(first: Sums, second: Sums, sign: int = 1) -> Sums:
    """Sums of two sets of rows together, or of the first without the second where `sign` is -1."""
    return tuple(one if other is None else (one or 0) + sign * other for one, other in zip(first, second, strict=True))


def _sum(frame, wanted):
    names = wanted.split(" × ")
    if not wanted or not set(names) <= set(frame.columns):
        return None
    if len(names) == 1:
        return frame.get_column(wanted).sum()
    wide = [frame.get_column(name).cast(pl.Decimal(38, 9)) for name in names]
    return (wide[0] * wide[1]).sum()
