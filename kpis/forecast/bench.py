"""How fast and how right forecasts are: two thousand products of accounts, and a real brand week by week."""

import csv
import os
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import product as every
from pathlib import Path

import numpy as np
from django.db import connection, transaction

from accounts.models import Account
from kam.night import Night
from kpis import calc
from kpis.forecast import night
from kpis.forecast.backtest import look_ahead
from kpis.models import ForecastSeries, Product

ACCOUNTS, PRODUCTS, WEEKS = 20, 100, 104
SUNDAY = date(2026, 11, 22)
MOST_SECONDS = 60
BEAM = Path("iowa_liquor", "brand_Jim Beam_iowa_liquor_sales_brand.csv")
LEVELS = {"by item": ("item",), "by item and county": ("item", "county")}
AHEAD, TIMES, EVERY, KNOWN = 8, 8, 6, 156

# Seasons, levels and chance follow from the numbers alone; every third product sells now and then.
HISTORY = """
    INSERT INTO kpis_productweek (account_id, product_id, week, units)
    SELECT a.id, p.id, %(last)s::date - 7 * w,
        CASE WHEN p.id %% 3 = 0 AND (w * 7 + p.id + a.id) %% 5 > 0 THEN 0 ELSE round(
            (5 + (p.id * 37) %% 200) * (1 + 0.5 * sin(2 * pi() * (w + a.id) / 52)::numeric)
            * (0.8 + ((w * 7919 + p.id * 104729 + a.id * 31) %% 40) / 100.0)) END
    FROM accounts_account a, kpis_product p, generate_series(0, %(weeks)s - 1) w
    WHERE a.code LIKE 'FC-%%' AND p.code LIKE 'FC-%%'
"""
REPORTED = """
    INSERT INTO kpis_accountweek (account_id, week, currency, units)
    SELECT account_id, week, 'EUR', sum(units) FROM kpis_productweek GROUP BY 1, 2 ON CONFLICT DO NOTHING
"""


def forecasts(write) -> Iterator[dict]:
    """Seconds for two thousand series of two years, written; WAPE on Jim Beam in Iowa beside last year's."""
    Product.objects.bulk_create(Product(code=f"FC-{n}", name=f"Product {n}") for n in range(PRODUCTS))
    Account.objects.bulk_create(
        Account(code=f"FC-{n}", name=f"Account {n}", country="DE", currency="EUR") for n in range(ACCOUNTS)
    )
    with connection.cursor() as cursor:
        cursor.execute(HISTORY, {"weeks": WEEKS, "last": calc.last_complete_week(SUNDAY)})
        cursor.execute(REPORTED)
    began = time.perf_counter()
    with transaction.atomic():
        rows = night.forecast(Night(SUNDAY))
    taken = time.perf_counter() - began
    series = ForecastSeries.objects.exclude(method="").count()
    yield _figure(f"{series:,} account-products, {WEEKS} weeks, {rows:,} rows", taken, "s", taken <= MOST_SECONDS)
    folder = os.environ.get("KAM_DATA", "")
    path = Path(folder) / BEAM
    if not (folder and path.exists()):
        write("Jim Beam is left out: say where the data is with KAM_DATA=<folder>.")
        return
    for name, columns in LEVELS.items():
        yield from _beam(name, _table(path, columns))


def _table(path, columns):
    """Litres by week of each combination of the columns; the file names weeks by their Sunday."""
    found, weeks = defaultdict(lambda: defaultdict(float)), set()
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            week = calc.monday(date.fromisoformat(row["weekStarting"]) + timedelta(days=1))
            found[tuple(row[column] for column in columns)][week] += float(row["sum_sale_liters"])
            weeks.add(week)
    mondays = calc.mondays(min(weeks), (max(weeks) - min(weeks)).days // 7)
    table = np.zeros((len(found), len(mondays)))
    for (n, key), (m, week) in every(enumerate(found), enumerate(mondays)):
        table[n, m] = found[key].get(week, 0.0)
    return table


def _beam(name, table):
    """Eight times eight weeks ahead, each from what was known then."""
    wrong, naive_wrong, over, sold, inside, count = (0.0,) * 6
    for n in range(TIMES):
        origin = table.shape[1] - AHEAD - EVERY * n
        known = np.where(table[:, :origin].cumsum(axis=1) > 0, table[:, :origin], np.nan)[:, -KNOWN:]
        out, came = look_ahead(known, AHEAD), table[:, origin : origin + AHEAD]
        both = ~np.isnan(out.figures + out.naive).any(axis=1)
        wrong += np.abs(out.figures - came)[both].sum()
        naive_wrong += np.abs(out.naive - came)[both].sum()
        over += (out.figures - came)[both].sum()
        sold += came[both].sum()
        inside += ((came >= out.low) & (came <= out.high))[both].sum()
        count += both.sum() * AHEAD
    yield _figure(f"Jim Beam {name}: WAPE", 100 * wrong / sold, "%", wrong < naive_wrong)
    yield _figure(f"Jim Beam {name}: WAPE of last year", 100 * naive_wrong / sold, "%")
    yield _figure(f"Jim Beam {name}: bias", 100 * over / sold, "%")
    yield _figure(f"Jim Beam {name}: weeks in the 80 % interval", 100 * inside / count, "%")


def _figure(name, figure, unit, ok=True):
    limit = MOST_SECONDS if unit == "s" else None
    return {"name": name, "figure": round(float(figure), 2), "unit": unit, "limit": limit, "ok": bool(ok)}
