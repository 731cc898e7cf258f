"""What a file does to each account and ISO week: its own rows and sums, and by how much what is stored moves."""

import polars as pl
from django.db import connection

from accounts.models import Account
from kpis.imports.copying import copy_in
from kpis.imports.kinds import Kind
from kpis.sql import WEEK

SCHEMA = {
    "account_id": pl.Int64,
    "week": pl.Date,
    "new": pl.Int64,
    "changed": pl.Int64,
    "units_moved": pl.Decimal(38, 3),
    "value_moved": pl.Decimal(38, 2),
}
COUNTS = ("rows", "new", "changed")
KEY = ["account_id", "week"]
PIECE = 100_000


def by_store(frame: pl.DataFrame, kind: Kind, day: str) -> pl.DataFrame:
    """Rows, units and value of some rows by account and week of their `day`, and by store where they have one.

    Summed piece by piece, so that it needs no memory to speak of.
    """
    store = ["store_id"] if "store_id" in frame.columns else []
    found = amounts(kind, frame.columns)
    sums = {"rows": pl.len().cast(pl.Int64)} | {name: pl.col(source).sum() for name, source in found.items()}
    week = pl.col(day).dt.truncate("1w").alias("week")
    pieces = frame.iter_slices(PIECE) if frame.height else [frame]
    parts = [piece.group_by("account_id", week, *store).agg(**sums) for piece in pieces]
    return pl.concat(parts).group_by(*KEY, *store).agg(pl.all().sum())


def summed(parts: list[pl.DataFrame]) -> pl.DataFrame:
    """What the whole file says by account and week, of what `by_store` says of its parts: sums, and which stores."""
    stores = "store_id" in parts[0].columns
    sums = {name: pl.col(name).sum() for name in parts[0].columns if name not in (*KEY, "store_id")}
    if stores:
        told = pl.col("store_id")
        sums |= {"stores": told.n_unique(), "store_ids": told.drop_nulls().unique().sort()}
    return pl.concat(parts).group_by(KEY).agg(**sums)


def amounts(kind: Kind, columns) -> dict[str, str]:
    """Which columns hold a row's `units` and `value`, where the kind has them and the file gives them."""
    wanted = {"units": kind.units, "value": kind.value}
    return {name: source for name, source in wanted.items() if source in columns}


def first_told(part: pl.DataFrame) -> pl.DataFrame:
    """What moves where nothing was stored before: all that `by_store` says of the rows."""
    moved = {f"{name}_moved": pl.col(name) for name in ("units", "value") if name in part.columns}
    return part.select(*KEY, pl.col("rows").alias("new"), pl.lit(0, pl.Int64).alias("changed"), **moved)


def moved(kind: Kind, columns, day: str) -> pl.DataFrame:
    """What moves by the rows that `kam_difference` holds: added in their new week, taken out of their old one."""
    found = amounts(kind, columns)
    with connection.cursor() as cursor:
        cursor.execute(_moved(found, day))
        schema = {name: kept for name, kept in SCHEMA.items() if name.removesuffix("_moved") in {*KEY, *COUNTS, *found}}
        return pl.DataFrame(cursor.fetchall(), schema=schema, orient="row")


def _moved(found, day):
    now = ", ".join(f"d.{source}" for source in found.values())
    then = ", ".join(f"-(d.before ->> '{source}')::numeric" for source in found.values())
    columns = ", ".join(["account_id", "week", "new", "changed", *found])
    sums = "".join(f", sum({name})" for name in found)
    now, then = (f", {part}" if part else "" for part in (now, then))
    return f"""
        WITH moved ({columns}) AS (
            SELECT d.account_id, {WEEK.format(f"d.{day}")}, d.is_new::int, (NOT d.is_new)::int{now}
            FROM kam_difference d
            UNION ALL
            SELECT d.old_account_id, {WEEK.format(f"d.old_{day}")}, 0, 0{then} FROM kam_difference d WHERE NOT d.is_new
        )
        SELECT account_id, week, sum(new)::bigint, sum(changed)::bigint{sums} FROM moved GROUP BY 1, 2 ORDER BY 1, 2
    """


def together(file: pl.DataFrame, parts: list[pl.DataFrame]) -> pl.DataFrame:
    """The file's own rows and sums beside what moved, by account and week."""
    change = pl.concat(parts, how="diagonal_relaxed").group_by(KEY).agg(pl.all().sum()) if parts else None
    whole = file if change is None else file.join(change, on=KEY, how="full", coalesce=True)
    missing = [name for name in COUNTS if name not in whole.columns]
    whole = whole.with_columns(pl.lit(0, pl.Int64).alias(name) for name in missing)
    return whole.with_columns(pl.col(COUNTS).fill_null(0)).sort("week", "account_id")


def keep(batch_id: int, weeks: pl.DataFrame) -> None:
    """Store what a batch did to each account and week, in the caller's transaction.

    Accounts that a check made and took back are summed by week, without an account.
    """
    wanted = weeks.get_column("account_id").unique().to_list()
    there = list(Account.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    if len(there) < len(wanted):
        account = pl.when(pl.col("account_id").is_in(there)).then("account_id")
        weeks = weeks.drop("store_ids", strict=False).with_columns(account_id=account).group_by(KEY).agg(pl.all().sum())
    copy_in("kpis_batchweek", _as_written(weeks).with_columns(batch_id=pl.lit(batch_id)))


def _as_written(weeks):
    """Lists as COPY reads arrays."""
    if "store_ids" not in weeks.columns:
        return weeks
    joined = pl.col("store_ids").cast(pl.List(pl.String)).list.join(",")
    return weeks.with_columns(store_ids=pl.concat_str(pl.lit("{"), joined, pl.lit("}")))
