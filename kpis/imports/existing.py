"""Rows that must be stored already, as an answer to an order says no more than what became of its lines."""

import polars as pl
from django.db import connection

from kpis.imports.kinds import ORDERS
from kpis.imports.load import Loaded
from kpis.imports.merge import TABLES, lock
from kpis.imports.reader import LINE
from kpis.imports.result import Result, faults

KEY = {"account_id": pl.Int64, "order_number": pl.String, "line_number": pl.String}
BROUGHT = {"product_id": pl.Int64, "ordered_on": pl.Date, "ordered": pl.Decimal(14, 3), "currency": pl.String}


def complete(loaded: Loaded, result: Result) -> None:
    """Give order lines what is stored of them and they need not say; lines that are not stored become faults.

    The accounts are locked for the rest of the caller's transaction, so that what is brought is still so at the merge.
    """
    frame = loaded.frame.drop([name for name in BROUGHT if name in loaded.frame.columns])
    accounts = frame.get_column("account_id").drop_nulls().unique().sort().to_list()
    lock(ORDERS.name, accounts)
    found = frame.join(_stored(frame), on=list(KEY), how="left", maintain_order="left")
    lost = found.filter(pl.col("ordered").is_null() & pl.col("account_id").is_not_null())
    value = pl.concat_str("order_number", "line_number", separator=" / ")
    shown = result.shown.get("line_number", "line_number")
    codes = ["unknown_line"] * lost.height
    loaded.bad.append(faults(lost[LINE], shown, lost.select(value).to_series(), codes, "{}"))
    loaded.frame = found


def _stored(frame):
    """The stored lines of the orders that a frame names."""
    orders = frame.select("account_id", "order_number").unique().drop_nulls()
    columns = ", ".join(f"t.{name}" for name in (*KEY, *BROUGHT))
    sql = f"""
        SELECT {columns} FROM {TABLES[ORDERS.name].name} t
        JOIN unnest(%s::bigint[], %s::text[]) AS o (account_id, order_number) USING (account_id, order_number)
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [orders["account_id"].to_list(), orders["order_number"].to_list()])
        rows = cursor.fetchall()
    stored = pl.DataFrame(rows, schema=KEY | BROUGHT, orient="row")
    return stored.with_columns(pl.col("currency").cast(pl.Categorical))
