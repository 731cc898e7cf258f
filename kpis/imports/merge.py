"""Resolved rows to stored facts: staged by COPY, compared by one join, the difference written in one ordered statement.

Sell-through of weeks nobody has reported yet skips the comparison: it is copied straight into the partitions, in order.
What is stored as the file says it is not staged either: `unchanged` finds it.
Everything happens in the caller's transaction, and under a lock on each account, so that two imports of one account
follow each other. What a restatement overwrites is kept as it was known, with the batch that brought it.
"""

from dataclasses import dataclass, field

import polars as pl
from django.db import IntegrityError, connection, transaction

from kpis import rollups
from kpis.archive.away import as_said, away
from kpis.imports import weeks
from kpis.imports.copying import copy_in, execute
from kpis.imports.errors import UnusableFile
from kpis.imports.kinds import Kind, Type
from kpis.imports.tables import TABLES
from kpis.imports.unchanged import without_unchanged
from kpis.sql import WEEK

LOCKED_ONE_BY_ONE = 200
IDS = {"account": "account_id", "store": "store_id", "product": "product_id"}
PAIRS = "SELECT account_id, week FROM unnest(%s::bigint[], %s::date[]) AS p (account_id, week)"


@dataclass
class Merged:
    """How many rows were new, changed and unchanged; and by account and week what the file said and what moved."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    weeks: pl.DataFrame | None = None
    parts: list[pl.DataFrame] = field(default_factory=list)


def stored_columns(frame: pl.DataFrame, kind: Kind) -> pl.DataFrame:
    """The columns of resolved rows that the table has, in the order of the kind's fields; a text not said is empty."""
    columns = [IDS.get(field.name, field.name) for field in kind.fields]
    frame = frame.select(name for name in columns if name in frame.columns)
    return frame.with_columns(pl.col(_optional_texts(kind, frame)).fill_null(pl.lit("")))


def _optional_texts(kind, frame):
    texts = (f for f in kind.fields if f.type in (Type.TEXT, Type.CODE) and not (f.required or f.refers or f.shape))
    return [field.name for field in texts if field.name in frame.columns]


def merge(frame: pl.DataFrame, kind: Kind, batch_id: int, assumed: frozenset[str] = frozenset()) -> Merged:
    """Store resolved rows of a kind of facts, cut to the stored columns. The caller holds the transaction.

    `assumed` names fields the file says nothing about: their values count for new rows only. Raises UnusableFile where
    rows are of a month that is archived.
    """
    table = TABLES[kind.name]
    lock(kind.name, frame.get_column("account_id").unique().sort().to_list())
    merged = Merged()
    file = weeks.said(frame, kind, table.day)
    if table.partitioned:
        _make_partitions(table, frame)
        frame = _copy_fresh_days(table, frame, batch_id, merged, kind)
    said = [name for name in frame.columns if name not in table.key and name not in assumed]
    if table.partitioned and frame.height:
        known = frame.height
        frame = without_unchanged(table, frame, said)
        merged.unchanged += known - frame.height
    if frame.height:
        _merge_difference(table, frame, batch_id, said, merged, kind)
    merged.weeks = weeks.together(file, merged.parts)
    return merged


def lock_kind(kind: str) -> None:
    """Lock a whole kind of facts for the rest of the transaction."""
    execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))", [kind])


def lock(kind: str, accounts: list[int]) -> None:
    """Lock each account for this kind of facts; the whole kind where there are too many for a lock each."""
    if len(accounts) > LOCKED_ONE_BY_ONE:
        lock_kind(kind)
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 1))", [kind])
        for account in accounts:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, %s))", [f"kam:{kind}", account])


def _make_partitions(table, frame):
    months = frame.get_column(table.day).dt.truncate("1mo").unique().sort().to_list()
    if gone := away(table.name, months):
        raise UnusableFile("archived", months=as_said(gone))
    with connection.cursor() as cursor:
        for month in months:
            cursor.execute("SELECT kam_make_partition(%s, %s)", [table.name, month])


def _copy_fresh_days(table, frame, batch_id, merged, kind):
    """Copy the rows of accounts and days (or weeks) that hold nothing yet into the table itself; returns the others."""
    pair = ["account_id", table.day]
    pairs = frame.select(pair).unique().sort(pair)
    known = pl.DataFrame(_stored_days(table, pairs), schema=pairs.schema, orient="row")
    if known.height == pairs.height:
        return frame
    fresh = frame.join(known, on=pair, how="anti") if known.height else frame
    try:
        with transaction.atomic():
            copy_in(table.name, fresh.with_columns(batch_id=pl.lit(batch_id)), order=table.key)
    except IntegrityError:  # a store that changed hands has rows of these days under its old account
        return frame
    merged.new += fresh.height
    told = weeks.said(fresh, kind, table.day)
    merged.parts.append(weeks.first_told(told))
    rollups.touch(PAIRS, [told["account_id"].to_list(), told["week"].to_list()])
    return frame.join(known, on=pair, how="semi") if known.height else frame.clear()


def _stored_days(table, pairs):
    """Which of the accounts and days hold rows, looked up one by one: EXISTS would be planned as a look at all rows."""
    sql = f"""
        SELECT p.account_id, p.day FROM unnest(%s::bigint[], %s::date[]) AS p (account_id, day), LATERAL (
            SELECT FROM {table.name} t WHERE t.account_id = p.account_id AND t.{table.day} = p.day LIMIT 1
        ) there
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [pairs["account_id"].to_list(), pairs[table.day].to_list()])
        return cursor.fetchall()


def _merge_difference(table, frame, batch_id, said, merged, kind):
    """Stage the rows, find by one join which are new or changed, and write only these."""
    columns = frame.columns
    names = ", ".join(columns)
    execute(f"CREATE TEMP TABLE kam_stage ON COMMIT DROP AS SELECT {names} FROM {table.name} WITH NO DATA")
    copy_in("kam_stage", frame)
    execute("ANALYZE kam_stage")
    months = _months(table, frame)
    _compare(table, said, months)
    rollups.touch(_weeks_of_difference(table))
    merged.parts.append(weeks.moved(kind, columns, table.day))
    execute(_remember(table), [batch_id])
    changed = sum(execute(_update(table, said, within), [batch_id]) for within in months)
    new = execute(_insert(table, columns), [batch_id])
    merged.changed += changed
    merged.new += new
    merged.unchanged += frame.height - changed - new
    execute("DROP TABLE kam_stage, kam_difference")


def _months(table, frame):
    """Conditions that name a day of `{0}` each: the months a frame is about, or nothing where there are no partitions.

    Partitions are compared one by one: of a join with all of them the planner does not know that each row meets one.
    """
    if not table.partitioned:
        return [""]
    months = frame.group_by(pl.col(table.day).dt.truncate("1mo")).agg(first=pl.min(table.day), last=pl.max(table.day))
    spans = months.sort("first").select("first", "last").iter_rows()
    return [f" AND {{0}}.{table.day} BETWEEN '{first}' AND '{last}'" for first, last in spans]


def _compare(table, said, months):
    """Gather the rows that are new or differ in a column the file gives, with the dates they had before."""
    ours, theirs = (", ".join(f"{side}.{name}" for name in said) for side in "st")
    before = ", ".join(f"t.{name} AS old_{name}" for name in table.dates)
    select = f"""
        SELECT s.*, t.account_id IS NULL AS is_new, t.account_id AS old_account_id, {before},
            CASE WHEN t.account_id IS NOT NULL THEN to_jsonb(t) END AS before
        FROM kam_stage s LEFT JOIN {table.name} t ON {_same(table, "s")}{{}}
        WHERE (t.account_id IS NULL OR ({ours}) IS DISTINCT FROM ({theirs})){{}}
    """
    execute(f"CREATE TEMP TABLE kam_difference ON COMMIT DROP AS {select.format('', '')} WITH NO DATA")
    for within in months:
        execute(f"INSERT INTO kam_difference {select.format(within.format('t'), within.format('s'))}")
    execute("ANALYZE kam_difference")


def _same(table, side):
    """That a stored row `t` has the key of another one."""
    return " AND ".join(f"t.{name} = {side}.{name}" for name in table.key)


def _weeks_of_difference(table):
    """The weeks of all dates before and after, by account."""
    parts = " UNION ALL ".join(
        f"SELECT {side}account_id AS account_id, {side}{name} AS day FROM kam_difference"
        for side in ("", "old_")
        for name in table.dates
    )
    return f"SELECT account_id, {WEEK.format('day')} AS week FROM ({parts}) d WHERE account_id IS NOT NULL"


def _remember(table):
    """Keep the rows that are about to be restated as they stand."""
    return f"""
        INSERT INTO kpis_restatement (batch_id, before_batch_id, account_id, week, before)
        SELECT %s, (before ->> 'batch_id')::bigint, old_account_id, {WEEK.format(f"old_{table.day}")}, before
        FROM kam_difference WHERE NOT is_new
    """


def _update(table, said, within):
    values, both = ", ".join(f"{name} = d.{name}" for name in said), within.format("t") + within.format("d")
    return f"""
        UPDATE {table.name} t SET {values}, batch_id = %s
        FROM kam_difference d WHERE NOT d.is_new AND {_same(table, "d")}{both}
    """


def _insert(table, columns):
    names, key = ", ".join(columns), ", ".join(table.key)
    return f"""
        INSERT INTO {table.name} ({names}, batch_id)
        SELECT {names}, %s FROM kam_difference WHERE is_new ORDER BY {key}
    """
