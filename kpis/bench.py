"""How fast facts come in: a million rows of sell-through as CSV beside plain COPY in the same run, and a workbook.

`plans/bench/scale.py` asks the same beside a long history.
"""

import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import xlsxwriter
from django.db import connection, transaction

from kpis.forecast.bench import forecasts
from kpis.imports.mapping import Format
from kpis.imports.reader import open_source
from kpis.imports.services import process, receive

ROWS = 1_000_000
ACCOUNTS, STORES, PRODUCTS = 20, 100, 100
FIRST, LATER = date(2024, 1, 1), date(2034, 1, 2)
SHEET_ROWS, SHEET_FIRST = 200_000, date(2014, 1, 6)
BARE = """
import sys
from python_calamine import CalamineWorkbook
for row in CalamineWorkbook.from_path(sys.argv[1]).get_sheet_by_index(0).iter_rows():
    pass
"""
COLUMNS = "account_id, store_id, product_id, week, units, value, currency, batch_id"
SHARE_OF_COPY = 0.55
MOST_MEMORY, MOST_OF_BARE = 400, 3
MAPPING = """
kind = "sell_through"
title = "Bench"
[columns]
account = "account"
store = "store"
product = "product"
week = "week"
units = "units"
value = "value"
[create.accounts]
country = { constant = "DE" }
currency = { constant = "EUR" }
[create.stores]
[create.products]
"""


def imports(write) -> Iterator[dict]:
    """Rows a second of a first delivery, of one in which one row of a hundred is restated, and of plain COPY."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "sell_through.csv"
        write_csv(path, STORES * PRODUCTS, FIRST - timedelta(weeks=1))
        take(path)  # the masters are there before the clock starts
        yield from _workbook(Path(folder) / "sell_through.xlsx")
        write_csv(path, ROWS, FIRST)
        with clock() as first:
            take(path)
        write_csv(path, ROWS, FIRST, restated=100)
        with clock() as again:
            take(path)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    bare, keyed = plain_copy("bench_plain"), plain_copy("kpis_sellthrough")
    speed, share = ROWS / first.seconds, keyed / first.seconds
    yield _figure("1 M rows, first delivery", speed, "rows/s")
    yield _figure("1 M rows, 1 % restated", ROWS / again.seconds, "rows/s")
    yield _figure("1 M rows after a workbook in one process, most memory", memory, "MB")
    yield _figure("plain COPY into the same table", ROWS / keyed, "rows/s")
    yield _figure("plain COPY into a table without key", ROWS / bare, "rows/s")
    yield _figure("first delivery ÷ COPY into the same table", share, "×", SHARE_OF_COPY)
    yield _figure("first delivery ÷ COPY into a table without key", bare / first.seconds, "×")


def _workbook(path) -> Iterator[dict]:
    """A workbook read by the bare reader, read by ours with all its limits, and imported."""
    _write_workbook(path)
    with clock() as bare:
        subprocess.run([sys.executable, "-c", BARE, str(path)], check=True)
    with clock() as ours, open_source(path, Format()) as source:
        source.file.read(1)
    with clock() as whole:
        take(path)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    yield _figure("200 k rows as XLSX, imported", SHEET_ROWS / whole.seconds, "rows/s")
    yield _figure("XLSX: as text ÷ the bare reader, in seconds", ours.seconds / bare.seconds, "×")
    yield _most("XLSX: imported ÷ the bare reader, in seconds", whole.seconds / bare.seconds, "×", MOST_OF_BARE)
    yield _most("XLSX: most memory of the importing process", memory, "MB", MOST_MEMORY)


def _write_workbook(path):
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet, day = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, ["account", "store", "product", "week", "units", "value"])
        for row, (account, store, product, week, units, value) in enumerate(_cells(SHEET_ROWS, SHEET_FIRST), 1):
            for column, text in enumerate((f"BENCH-{account}", f"S{store:05}", f"P{product:07}")):
                sheet.write_string(row, column, text)
            sheet.write_datetime(row, 3, week, day)
            sheet.write_number(row, 4, units)
            sheet.write_number(row, 5, value)


def _figure(name, figure, unit, limit=None):
    return {
        "name": name,
        "figure": round(figure, 3),
        "unit": unit,
        "limit": limit,
        "ok": limit is None or figure >= limit,
    }


def _most(name, figure, unit, limit):
    return _figure(name, figure, unit) | {"limit": limit, "ok": figure <= limit}


class Passed:
    """How long the block took, in seconds, once it is over."""

    seconds = 0.0


@contextmanager
def clock():
    """Measure a block of code; gives a Passed."""
    passed, start = Passed(), time.perf_counter()
    yield passed
    passed.seconds = time.perf_counter() - start


def _cells(rows, first, restated=0):
    """(account, store, product, week, units, value): stores in order, as a retailer would write them."""
    dice = random.Random(1)
    for number in range(rows):
        place, product = divmod(number, PRODUCTS)
        week, store = divmod(place, STORES)
        units = dice.randrange(50) + (1 if restated and number % restated == 0 else 0)
        yield store % ACCOUNTS, store, product, first + timedelta(weeks=week), units, dice.randrange(100_000) / 100


def write_csv(path: Path, rows: int, first: date, restated: int = 0, who: str = "BENCH") -> None:
    """A file of so many rows, from a week on; every so manieth has other units where it is restated."""
    with path.open("w") as file:
        file.write("account,store,product,week,units,value\n")
        for account, store, product, week, units, value in _cells(rows, first, restated):
            file.write(f"{who}-{account},S{store:05},P{product:07},{week},{units},{value:.2f}\n")


def take(path: Path, state: str = "applied") -> None:
    """Hand in the file and read it to its end, as a worker does."""
    with path.open("rb") as file:
        batch = receive(
            kind="sell_through", file=file, file_name=path.name, by=None, mapping="bench.toml", text=MAPPING
        )
    done = process(batch_id=batch.pk)
    if done.state != state:
        raise RuntimeError(f"The bench's own file is not {state}: {done.state} {done.problem}")


def plain_copy(table: str) -> float:
    """Seconds that COPY of the same rows takes, encoded beforehand and in the file's order; nothing stays."""
    lines = (f"{a},{s},{p},{w},{u},{v:.2f},EUR,1\n" for a, s, p, w, u, v in _cells(ROWS, LATER))
    text = "".join(lines).encode()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE bench_plain (LIKE kpis_sellthrough)")
        for week in range(ROWS // (STORES * PRODUCTS)):
            cursor.execute("SELECT kam_make_partition('kpis_sellthrough', %s)", [LATER + timedelta(weeks=week)])
        with clock() as passed, cursor.copy(f"COPY {table} ({COLUMNS}) FROM STDIN (FORMAT csv)") as copy:
            for start in range(0, len(text), 1 << 20):
                copy.write(text[start : start + (1 << 20)])
        transaction.set_rollback(True)
    return passed.seconds


BENCHES = {"imports": imports, "forecast": forecasts}
