"""What came of checking a file: counts, sums, every fault, and the accepted rows as typed columns."""

import json
from dataclasses import dataclass, field
from decimal import Decimal

import polars as pl

from kam.rounding import cents
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


@dataclass
class Result:
    """The outcome of one check.

    `frame` holds the accepted rows: the fields the file fills, `line`, and `is_charge` where a rule said so.
    `masters` holds, per kind that may be created, one row for each code with the fields the file gives for it.
    `ignored` and `marked` count rows by rule, dropped ones and marked ones; `errors` has one row per bad cell, in which
    `row` is the `line` of `frame` (see `wide`: several rows may be of one line), `line` that of the file; `shown`
    says what the file calls each field, `assumed` which fields have their default because the file is silent; `weeks`
    is set when the rows are stored, see `weeks.together`; `places` say where in a message a fault stands.
    """

    kind: Kind
    frame: pl.DataFrame
    errors: pl.DataFrame
    rows: int = 0
    ignored: dict[str, int] = field(default_factory=dict)
    marked: dict[str, int] = field(default_factory=dict)
    warnings: list[tuple[str, dict]] = field(default_factory=list)
    masters: dict[str, pl.DataFrame] = field(default_factory=dict)
    units: Decimal | None = None
    value: Decimal | None = None
    shown: dict[str, str] = field(default_factory=dict)
    assumed: frozenset[str] = frozenset()
    weeks: pl.DataFrame | None = None
    places: Places | None = None

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

    def refuse(self, more: list[pl.DataFrame]) -> None:
        """Add faults found later, and take their rows out of the accepted ones."""
        found = pl.concat([no_faults(), *more])
        found = self.places.told(found) if self.places else found
        self.errors = pl.concat([self.errors, found])
        rows = found.get_column("row").cast(self.frame.schema["line"])
        self.frame = self.frame.filter(~pl.col("line").is_in(rows.implode()))
        self.units, self.value = sums(self.frame, self.kind)

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


def sums(frame: pl.DataFrame, kind: Kind) -> tuple[Decimal | None, Decimal | None]:
    """Sums of units and of value; None where the kind or the file has none."""
    return _sum(frame, kind.units), _sum(frame, kind.value)


def _sum(frame, wanted):
    names = wanted.split(" × ")
    if not wanted or not set(names) <= set(frame.columns):
        return None
    if len(names) == 1:
        return frame.get_column(wanted).sum()
    wide = [frame.get_column(name).cast(pl.Decimal(38, 9)) for name in names]
    return cents((wide[0] * wide[1]).sum())
