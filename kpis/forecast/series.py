"""History as tables of series: what each product of an account sold, week by week, as far as that can be known."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from django.db import connection

WEEKS = 156
BEFORE = 4

SOLD = """
    SELECT account_id, product_id, array_agg((week - %(first)s) / 7 ORDER BY week),
        array_agg(units::float8 ORDER BY week), array_agg(stock::float8 ORDER BY week)
    FROM kpis_productweek
    WHERE account_id = ANY(%(accounts)s) AND week BETWEEN %(first)s AND %(last)s
    GROUP BY 1, 2 ORDER BY 1, 2
"""
REPORTED = """
    SELECT account_id, array_agg((week - %(first)s) / 7)
    FROM kpis_accountweek
    WHERE account_id = ANY(%(accounts)s) AND week BETWEEN %(first)s AND %(last)s AND units IS NOT NULL
    GROUP BY 1
"""


@dataclass(frozen=True)
class History:
    """The products of one account: `table` has a row for each of `products`, and a column for each week to `last`.

    `gaps` counts weeks since the first sale that the account did not report, `stockouts` those that are left out
    because nothing was there to be sold.
    """

    account: int
    products: list
    last: date
    as_of: date
    table: np.ndarray
    gaps: np.ndarray
    stockouts: np.ndarray


def histories(accounts, last: date):
    """A History for each of the accounts (ids) that reported anything in the three years to `last`: two queries."""
    first = last - timedelta(weeks=WEEKS - 1)
    given = {"accounts": list(accounts), "first": first, "last": last}
    with connection.cursor() as cursor:
        cursor.execute(REPORTED, given)
        reported = {account: _mask(weeks) for account, weeks in cursor.fetchall()}
        cursor.execute(SOLD, given)
        sold = defaultdict(list)
        for account, *row in cursor.fetchall():
            sold[account].append(row)
    for account, known in reported.items():
        if account in sold:
            yield _history(account, known, sold[account], last)


def _mask(weeks):
    mask = np.zeros(WEEKS, dtype=bool)
    mask[weeks] = True
    return mask


def _history(account, known, rows, last):
    units, stock = (np.full((len(rows), WEEKS), np.nan) for _ in range(2))
    for n, (_product, weeks, sold, left) in enumerate(rows):
        units[n, weeks] = [np.nan if value is None else value for value in sold]
        stock[n, weeks] = [np.nan if value is None else value for value in left]
    table, gaps, stockouts = as_known(units, stock, known)
    begins = int(known.argmax())
    newest = WEEKS - 1 - int(known[::-1].argmax())
    as_of = last - timedelta(weeks=WEEKS - 1 - newest)
    products = [product for product, *_rest in rows]
    return History(account, products, last, as_of, table[:, begins:], gaps, stockouts)


def as_known(units, stock, reported):
    """(table, gaps, stockouts): sales from the first one on, NaN for weeks of which demand is not known.

    A week that the account reported without a line of the product sold none of it. A week that ended with empty
    shelves and sold less than the weeks before says what was there, not what was wanted.
    """
    sold = np.maximum(np.where(np.isnan(units) & reported, 0, units), 0)
    since = np.nan_to_num(sold).cumsum(axis=1) > 0
    table = np.where(since, sold, np.nan)
    empty = since & (stock <= 0) & (table < _usual(table))
    return np.where(empty, np.nan, table), (since & ~reported).sum(axis=1), empty.sum(axis=1)


def _usual(table):
    """The mean of the known weeks among the four before each week; endless where there are none."""
    count, total = np.zeros(table.shape), np.zeros(table.shape)
    for back in range(1, BEFORE + 1):
        before = np.full(table.shape, np.nan)
        before[:, back:] = table[:, :-back]
        count += ~np.isnan(before)
        total += np.nan_to_num(before)
    return np.divide(total, count, out=np.full(table.shape, np.inf), where=count > 0)
