"""What can only be said of a file as a whole: occurrences, rows added up, duplicate keys, masters named."""

import json

import polars as pl

from kpis.imports.kinds import Kind
from kpis.imports.reader import LINE, LINES
from kpis.imports.result import faults, no_faults


def numbered(frame: pl.DataFrame, kind: Kind) -> pl.DataFrame:
    """Invoice lines with their occurrence, counted within account, document and product.

    Equal products are counted in the order of what the lines say, so that another order of rows gives the same facts.
    """
    if "occurrence" not in kind.key or "occurrence" in frame.columns:
        return frame
    within = [name for name in kind.key if name in frame.columns]
    said = [name for name in ("value", "quantity", "price", "invoiced_on", "store") if name in frame.columns]
    frame = frame.sort([*within, *said, LINE], nulls_last=True)
    return frame.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over(within).alias("occurrence"))


def added_up(frame: pl.DataFrame, kind: Kind, names: tuple[str, ...]) -> pl.DataFrame:
    """Rows of one key made one: numbers of these names are added, of the rest the last row that says it counts."""
    key = [name for name in kind.key if name in frame.columns]
    if not names or frame.select(key).n_unique() == frame.height:
        return frame
    sums = [pl.when(pl.col(name).count() > 0).then(pl.col(name).sum()) for name in names if name in frame.columns]
    rest = [name for name in frame.columns if name not in (LINE, *key, *names)]
    last = [pl.col(name).drop_nulls().last() for name in rest]
    return frame.group_by(key, maintain_order=True).agg(pl.col(LINE).first(), *sums, *last).select(frame.columns)


def duplicates(frame: pl.DataFrame, kind: Kind, shown: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The frame without rows whose key stands further up already, and their faults, which name both lines."""
    key = [name for name in kind.key if name in frame.columns]
    hashes = frame.select(key).hash_rows()
    if hashes.n_unique() == frame.height:
        return frame, no_faults()
    some = frame.filter(hashes.is_duplicated()).select(LINE, *key)
    some = some.sort(pl.col(LINE) & LINES, LINE).with_columns(pl.col(LINE).first().over(key).alias("first"))
    again = some.filter(pl.col(LINE) != pl.col("first"))
    if not again.height:
        return frame, no_faults()
    words = again.select(pl.concat_str([pl.col(k).cast(pl.String).fill_null("") for k in key], separator=" / "))
    params = [json.dumps({"first": line, "key": word}) for line, word in zip(again["first"] & LINES, words.to_series())]  # noqa: B905
    wrong = faults(again[LINE], shown, words.to_series(), ["duplicate"] * again.height, pl.Series(params))
    return frame.join(again, on=LINE, how="anti", maintain_order="left"), wrong


def first_of_each(master: pl.DataFrame) -> pl.DataFrame:
    """One row for each code (and account of a store): the first in the file; a charge if any row says so."""
    key = [name for name in ("account", "code") if name in master.columns]
    rest = [name for name in master.columns if name not in (*key, "is_charge")]
    named = master.filter(pl.col("code").is_not_null()).sort(LINE)
    if master.columns == [LINE, *key]:
        return named.unique(key, keep="first", maintain_order=True)
    chosen = [pl.col(name).drop_nulls().first() for name in rest]
    if "is_charge" in master.columns:
        chosen.append(pl.col("is_charge").any())
    return named.group_by(key, maintain_order=True).agg(chosen).select(master.columns)
