"""Order lines that are sent in parts: what each despatch advice said is kept by its number, and shipped is the sum.

So the order in which advices come does not matter, one that comes again changes nothing, and a corrected one counts in
the place of what it said before.
"""

import json
from datetime import date
from decimal import Decimal

import polars as pl
from django.db import connection

from kpis.imports.kinds import ORDERS
from kpis.imports.merge import lock
from kpis.imports.tables import TABLES

KEY = ("account_id", "order_number", "line_number")
SAID = "despatch"
MADE = {SAID: pl.String, "shipped": pl.Decimal(14, 3), "shipped_on": pl.Date}


def together(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows of an order line made one, with what the advices of the file and those that are stored say of it.

    A row that names no advice says what was shipped itself. Rows without advices or without what was shipped are
    returned as they are. The accounts are locked for the rest of the caller's transaction.
    """
    if SAID not in frame.columns or "shipped" not in frame.columns:
        return frame.drop(SAID, strict=False)
    lock(ORDERS.name, frame.get_column("account_id").unique().sort().to_list())
    frame = frame if "shipped_on" in frame.columns else frame.with_columns(pl.lit(None, pl.Date).alias("shipped_on"))
    rest = [pl.col(name).drop_nulls().last() for name in frame.columns if name not in (*KEY, *MADE)]
    rows = frame.group_by(KEY, maintain_order=True).agg(rest)
    said = _said(frame)
    made = pl.DataFrame([said[key] for key in rows.select(KEY).iter_rows()], schema=MADE, orient="row")
    return pl.concat([rows, made], how="horizontal")


def _said(frame):
    """(what the advices said as JSON, units shipped, the day) by the key of each line."""
    known, told, plain = _stored(frame), set(), {}
    for *key, number, shipped, day in frame.select(*KEY, *MADE).iter_rows():
        key = tuple(key)
        plain[key] = (shipped, day)
        if number and shipped is not None:
            known.setdefault(key, {})[number] = [str(shipped), day and day.isoformat()]
            told.add(key)
    return {
        key: (json.dumps(known.get(key, {}), sort_keys=True), *(_sum(known[key]) if key in told else plain[key]))
        for key in plain
    }


def _sum(said):
    """(the sum of the units that advices said, the last of their days)."""
    day = max((day for _units, day in said.values() if day), default=None)
    return sum(Decimal(units) for units, _day in said.values()), day and date.fromisoformat(day)


def _stored(frame):
    """What is stored of the orders that a frame names, by the key of each line."""
    orders = frame.select("account_id", "order_number").unique()
    sql = f"""
        SELECT t.account_id, t.order_number, t.line_number, t.{SAID} FROM {TABLES[ORDERS.name].name} t
        JOIN unnest(%s::bigint[], %s::text[]) AS o (account_id, order_number) USING (account_id, order_number)
        WHERE t.{SAID} <> '{{}}'
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [orders["account_id"].to_list(), orders["order_number"].to_list()])
        return {tuple(key): said if isinstance(said, dict) else json.loads(said) for *key, said in cursor.fetchall()}
