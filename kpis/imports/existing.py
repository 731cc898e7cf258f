"""Rows that must be stored already, as an answer to an order says no more than what became of its lines."""

import polars as pl
from django.db import connection

from kpis.imports.kinds import ORDERS
from kpis.imports.load import Loaded
from kpis.imports.merge import lock
from kpis.imports.reader import LINE
from kpis.imports.result import Result, faults
from kpis.imports.tables import TABLES

KEY = {"account_id": pl.Int64, "order_number": pl.String, "line_number": pl.String}
SAID = "said_product_id"
BROUGHT = {"product_id": pl.Int64, "ordered_on": pl.Date, "ordered": pl.Decimal(14, 3), "currency": pl.String}


def complete(loaded: Loaded, result: Result) -> None:
    """Give order lines what is stored of them and they need not say.

    Lines that are not stored, or are stored with another product than the file names, become faults. The accounts are
    locked for the rest of the caller's transaction, so that what is brought is still so at the merge.
    """
    frame = loaded.frame.drop([name for name in BROUGHT if name in loaded.frame.columns])
    told = loaded.frame.get_column("product_id", default=pl.Series([None] * frame.height, dtype=pl.Int64))
    frame = frame.with_columns(told.alias(SAID))
    lock(ORDERS.name, frame.get_column("account_id").drop_nulls().unique().sort().to_list())
    found = frame.join(_stored(frame), on=list(KEY), how="left", maintain_order="left")
    lost = pl.col("ordered").is_null() & pl.col("account_id").is_not_null()
    _refuse(loaded, result, found.filter(lost), "unknown_line")
    _refuse(loaded, result, found.filter(pl.col(SAID) != pl.col("product_id")), "other_product")
    loaded.frame = found.drop(SAID)


def _refuse(loaded, result, rows, code):
    value = rows.select(pl.concat_str("order_number", "line_number", separator=" / ")).to_series()
    shown = result.shown.get("line_number", "line_number")
    loaded.bad.append(faults(rows[LINE], shown, value, [code] * rows.height, "{}"))


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
