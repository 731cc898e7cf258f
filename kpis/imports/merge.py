"""Resolved rows to stored facts: staged by COPY, compared by one join, the difference written in one ordered statement.

Sell-through of weeks nobody has reported yet skips the comparison: it is copied straight into the partitions, in order.
What is stored as the file says it is not staged either: `unchanged` finds it.
Everything happens in the caller's transaction, and under a lock on each account, so that two imports of one account
follow each other. What a restatement overwrites is kept as it was known, with the batch that brought it.
"""

import polars as pl
from django.db import IntegrityError, connection, transaction

from kpis import rollups
from kpis.archive.away import as_said, away
from kpis.imports import weeks
from kpis.imports.brought import Standing
from kpis.imports.copying import copy_in, execute
from kpis.imports.errors import UnusableFile
from kpis.imports.kinds import Kind, Type
from kpis.imports.tables import TABLES, Table
from kpis.imports.unchanged import Comparison
from kpis.sql import WEEK

LOCKED_ONE_BY_ONE = 200
# So many rows that differ are stored together: each time costs as much as some hundred rows.
MERGED_AT_ONCE = 2_500
OF_KIND, OF_ACCOUNT = "hashtextextended(%s, 1)", "hashtextextended(%s, %s)"
IDS = {"account": "account_id", "store": "store_id", "product": "product_id"}
PAIRS = "SELECT account_id, week FROM unnest(%s::bigint[], %s::date[]) AS p (account_id, week)"


def stored_columns(frame: pl.DataFrame, kind: Kind) -> pl.DataFrame:
    """The columns of resolved rows that the table has, in the order of the kind's fields; a text not said is empty."""
    columns = [IDS.get(field.name, field.name) for field in kind.fields]
    frame = frame.select(name for name in columns if name in frame.columns)
    return frame.with_columns(pl.col(_optional_texts(kind, frame)).fill_null(pl.lit("")))


def _optional_texts(kind, frame):
    texts = (f for f in kind.fields if f.type in (Type.TEXT, Type.CODE) and not (f.required or f.refers or f.shape))
    return [field.name for field in texts if field.name in frame.columns]


def lock_kind(kind: str) -> None:
    """Lock a whole kind of facts for the rest of the transaction."""
    execute(f"SELECT pg_advisory_xact_lock({OF_KIND})", [kind])


def lock(kind: str, accounts: list[int]) -> None:
    """Lock each account for this kind of facts; the whole kind where there are too many for a lock each."""
    for shared, key, params in _locks(kind, accounts):
        execute(f"SELECT pg_advisory_xact_lock{shared}({key})", params)


def try_lock(kind: str, accounts: list[int]) -> bool:
    """Lock accounts as `lock` does, but only if nobody has to be waited for; whether all of them are locked."""
    with connection.cursor() as cursor:
        return all(
            cursor.execute(f"SELECT pg_try_advisory_xact_lock{shared}({key})", params).fetchone()[0]
            for shared, key, params in _locks(kind, accounts)
        )


def _locks(kind, accounts):
    """(whether shared, as the functions are named; key; its parameters) of each lock."""
    if len(accounts) > LOCKED_ONE_BY_ONE:
        return [("", OF_KIND, [kind])]
    return [("_shared", OF_KIND, [kind]), *(("", OF_ACCOUNT, [f"kam:{kind}", account]) for account in accounts)]


class Merge:
    """The facts of one batch on their way into their table: `add` them part by part, then `finish`.

    No two parts have rows of one key. `assumed` names fields the file says nothing about: their values count for new
    rows only; `comes_sorted` says that each part lies in the order of the key. The caller holds the transaction and the
    locks. `weeks` is, by account and week, what the file said and what moved.
    """

    def __init__(self, kind: Kind, batch_id: int, assumed: frozenset[str] = frozenset(), *, comes_sorted: bool = False):
        self.kind, self.table, self.batch_id, self.assumed = kind, TABLES[kind.name], batch_id, assumed
        self.comes_sorted = comes_sorted
        self.new = self.changed = self.unchanged = self.staged = 0
        self.months: set = set()
        self.weeks: pl.DataFrame | None = None
        self.standing, self.days = Standing(kind.name, self.table), _Days(self.table)
        self.comparison = Comparison(self.table)
        self.columns: list[str] = []
        self.differing: list[pl.DataFrame] = []
        self.said: list[pl.DataFrame] = []
        self.moves: list[pl.DataFrame] = []

    def told(self, frame: pl.DataFrame) -> pl.DataFrame:
        """What rows say by account, week and store; see `weeks.by_store`."""
        return weeks.by_store(frame, self.kind, self.table.day)

    def add(self, frame: pl.DataFrame, told: pl.DataFrame | None = None) -> None:
        """Store resolved rows, cut to the stored columns, or stage them; `told` is what is told of them, if known.

        Raises UnusableFile for archived months.
        """
        self.columns = frame.columns
        told = self.told(frame) if told is None else told
        self.said.append(told)
        if not self.table.partitioned:
            self._stage(frame)
            return
        self._make_partitions(frame)
        for place, rows in self.standing.parted(frame, told, [*self.table.key, *self._own]):
            rows = rows if place else self._without_fresh(rows, told)
            if rows.height:
                self.unchanged += rows.height
                self._wait(self.comparison.differing(rows, self._own, place))
        if sum(frame.height for frame in self.differing) >= MERGED_AT_ONCE:
            self._merge_differing()

    def finish(self) -> None:
        """Store what is left, and have the weeks summed again that moved."""
        self._wait(self.comparison.rest())
        if self.differing:
            self._merge_differing()
        self._merge_staged()
        moved = pl.concat([self.said[0].clear(), *self.moves], how="diagonal_relaxed").unique(weeks.KEY)
        rollups.touch(PAIRS, [moved["account_id"].to_list(), moved["week"].to_list()])
        self.weeks = weeks.together(weeks.summed(self.said), self.moves)

    @property
    def counts(self) -> dict[str, int]:
        """How many rows were new, changed and unchanged."""
        return {"new": self.new, "changed": self.changed, "unchanged": self.unchanged}

    @property
    def _own(self):
        """The columns that the file says and that are no part of the key."""
        return [name for name in self.columns if name not in self.table.key and name not in self.assumed]

    def _make_partitions(self, frame):
        months = set(frame.get_column(self.table.day).unique().dt.truncate("1mo")) - self.months
        if months and (gone := away(self.table.name, sorted(months))):
            raise UnusableFile("archived", months=as_said(gone))
        for month in sorted(months):
            execute("SELECT kam_make_partition(%s, %s)", [self.table.name, month])
        self.months |= months

    def _without_fresh(self, frame, told):
        """Copy the rows of accounts and days (or weeks) that held nothing into the table itself; returns the others."""
        fresh, others = self.days.parted(frame, told)
        if not fresh.height:
            return others
        try:
            with transaction.atomic():
                order = () if self.comes_sorted else self.table.key
                copy_in(self.table.name, fresh.with_columns(batch_id=pl.lit(self.batch_id)), order=order)
        except IntegrityError:  # a store that changed hands has rows of these days under its old account
            self.days.forget(fresh)
            return frame
        self.new += fresh.height
        self.moves.append(weeks.first_told(told if fresh.height == told["rows"].sum() else self.told(fresh)))
        return others

    def _wait(self, frames):
        """Have rows that differ wait for others."""
        self.differing += frames

    def _merge_differing(self):
        frame = pl.concat(self.differing)
        self.differing.clear()
        self.unchanged -= frame.height
        self._stage(frame)
        self._merge_staged()

    def _stage(self, frame):
        if not frame.height:
            return
        if not self.staged:
            names = ", ".join(frame.columns)
            execute(f"CREATE TEMP TABLE kam_stage ON COMMIT DROP AS SELECT {names} FROM {self.table.name} WITH NO DATA")
        copy_in("kam_stage", frame)
        self.staged += frame.height

    def _merge_staged(self):
        """Find by one join which staged rows are new or changed, and write only these."""
        if not self.staged:
            return
        table, own = self.table, self._own
        execute("ANALYZE kam_stage")
        months = _months(table)
        _compare(table, own, months)
        self.moves.append(weeks.moved(self.kind, self.columns, table.day))
        execute(_remember(table), [self.batch_id])
        changed = sum(execute(_update(table, own, within), [self.batch_id]) for within in months)
        new = execute(_insert(table, self.columns), [self.batch_id])
        execute("DROP TABLE kam_stage, kam_difference")
        self.changed += changed
        self.new += new
        self.unchanged += self.staged - changed - new
        self.staged = 0


class _Days:
    """Accounts and days (or weeks) of a file, and which of them held nothing before it."""

    def __init__(self, table: Table):
        self.table, self.pair = table, ["account_id", table.day]
        self.seen = pl.DataFrame(schema={"account_id": pl.Int64, table.day: pl.Date, "is_fresh": pl.Boolean})

    def parted(self, frame, told):
        """(rows of what held nothing, the others); `told` has the accounts and weeks of the rows."""
        pairs = (told if self.table.day == "week" else frame).select(self.pair).unique()
        unknown = pairs.join(self.seen, on=self.pair, how="anti").sort(self.pair)
        if unknown.height:
            self.seen = pl.concat([self.seen, self._looked_up(unknown)])
        fresh = self.fresh
        count = pairs.join(fresh, on=self.pair, how="semi").height
        if count == pairs.height:
            return frame, frame.clear()
        if not count:
            return frame.clear(), frame
        return tuple(frame.join(fresh, on=self.pair, how=how) for how in ("semi", "anti"))

    @property
    def fresh(self):
        """Those that held nothing."""
        return self.seen.filter("is_fresh")

    def forget(self, frame):
        """Rows of these are among those that are stored, whatever their account and day."""
        is_here = pl.struct(self.pair).is_in(frame.select(pl.struct(self.pair).unique()).to_series().implode())
        self.seen = self.seen.with_columns(is_fresh=pl.col("is_fresh") & ~is_here)

    def _looked_up(self, pairs):
        """Looked up one by one: EXISTS would be planned as a look at all rows."""
        sql = f"""
            SELECT p.account_id, p.day, there.no IS NULL FROM unnest(%s::bigint[], %s::date[]) AS p (account_id, day)
            LEFT JOIN LATERAL (
                SELECT 1 AS no FROM {self.table.name} t
                WHERE t.account_id = p.account_id AND t.{self.table.day} = p.day LIMIT 1
            ) there ON true
        """
        with connection.cursor() as cursor:
            cursor.execute(sql, [pairs["account_id"].to_list(), pairs[self.table.day].to_list()])
            return pl.DataFrame(cursor.fetchall(), schema=self.seen.schema, orient="row")


def _months(table):
    """Conditions that name a day of `{0}` each: the months of staged rows, or nothing where there are no partitions.

    Partitions are compared one by one: of a join with all of them the planner does not know that each row meets one.
    """
    if not table.partitioned:
        return [""]
    day = table.day
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT min({day}), max({day}) FROM kam_stage GROUP BY date_trunc('month', {day}) ORDER BY 1")
        return [f" AND {{0}}.{day} BETWEEN '{first}' AND '{last}'" for first, last in cursor.fetchall()]


def _compare(table, said, months):
    """Gather the rows that are new or differ in a column the file gives, with the day they had before."""
    ours, theirs = (", ".join(f"{side}.{name}" for name in said) for side in "st")
    select = f"""
        SELECT s.*, t.account_id IS NULL AS is_new, t.account_id AS old_account_id,
            t.{table.day} AS old_{table.day},
            CASE WHEN t.account_id IS NOT NULL THEN to_jsonb(t) END AS before
        FROM kam_stage s LEFT JOIN {table.name} t ON {_same(table, "s")}{{}}
        WHERE (t.account_id IS NULL OR ({ours}) IS DISTINCT FROM ({theirs})){{}}
    """
    execute(f"CREATE TEMP TABLE kam_difference ON COMMIT DROP AS {select.format('', '')} WITH NO DATA")
    for within in months:
        execute(f"INSERT INTO kam_difference {select.format(within.format('t'), within.format('s'))}")
    execute(f"ANALYZE kam_difference (is_new, {', '.join(table.key)})")  # not what was before: it is long


def _same(table, side):
    """That a stored row `t` has the key of another one."""
    return " AND ".join(f"t.{name} = {side}.{name}" for name in table.key)


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
