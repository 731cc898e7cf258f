"""What a long history costs: files of a million rows, their sums and their memory beside 5, 20 and 40 million rows.

The history grows by more accounts, so that every month becomes larger, and every file goes into months that hold
history. Each file is about accounts of its own, which are there before the clock starts. Beside 20 million rows a night
sums and measures all of them, and then pages are asked for.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from django.conf import settings
from django.db import transaction

from kam import night
from kam.night import Night
from kam.sql import make_room
from kpis import rollups, summing
from kpis.bench import MAPPING, MOST_MEMORY, PRODUCTS, ROWS, SHARE_OF_COPY, STORES, clock, plain_copy, take, write_csv
from kpis.calc import last_complete_week
from kpis.imports.merge import PAIRS
from kpis.models import AccountWeek, CategoryWeek, ProductWeek, SellThrough, Touched
from plans import scale
from plans.bench.figures import figure, load
from plans.bench.night import in_this_process
from plans.bench.pages import visits

HISTORIES = (5_000_000, 20_000_000, 40_000_000)
READ_BESIDE = HISTORIES[1]
SHAPE = {"stores": 20, "products": 400, "weeks": 104}
ROWS_OF_AN_ACCOUNT = 50_000
# The first is stored while it is read, of the second the rows wait on disk.
LARGER = (3, 5)
MOST_AGAIN, MOST_RESTATED, MOST_OF_AGGREGATE = 0.05, 0.40, 1.3
TABLES = (
    *("kpis_sellthrough", "kpis_touched", "accounts_store", "kpis_product", "kpis_accountweek", "kpis_productweek"),
    *("kpis_measurevalue", "kpis_orderline"),
)  # fmt: skip
SAYS_ITS_MEMORY = """
import atexit, re, runpy, sys
from pathlib import Path
atexit.register(lambda: print(re.search("VmHWM:[^0-9]*([0-9]+)", Path("/proc/self/status").read_text())[1]))
sys.argv = ["manage.py", *sys.argv[1:]]
runpy.run_path("manage.py", run_name="__main__")
"""
# What somebody would write who knows which weeks it is about: once over the facts, into the table of the products.
BY_HAND = """
INSERT INTO kpis_productweek (account_id, product_id, week, units, value, returns, receipts, stock, stores,
    empty_stores)
SELECT t.account_id, s.product_id, t.week, s.units, s.value, s.returns, s.receipts, s.stock, s.stores, s.empty
FROM kpis_touched t, LATERAL (
    SELECT product_id, sum(units) AS units, sum(value) AS value, sum(returns) AS returns, sum(receipts) AS receipts,
        sum(stock) AS stock, count(*) AS stores, count(*) FILTER (WHERE stock <= 0) AS empty
    FROM kpis_sellthrough WHERE account_id = t.account_id AND week = t.week GROUP BY 1
) s
WHERE t.night IS NULL AND t.week BETWEEN %(first)s AND %(last)s
ORDER BY 1, 3, 2
"""


def histories(write, goals=HISTORIES, rows: int = ROWS) -> Iterator[dict]:
    """Rows a second of a first file beside plain COPY; shares of a repeated and a restated one; sums; memory."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "sell_through.csv"
        for goal in goals:
            yield from _grown(write, goal)
            beside = f"beside {SellThrough.objects.count() / 1e6:,.1f} M"
            yield from _measured(path, beside, f"BENCH{goal}", rows)
            if goal == READ_BESIDE:
                yield from _read(write, beside)
        for times in LARGER:
            yield _large(path, times, rows)
    yield load()


def _grown(write, goal):
    """More accounts, until there are about so many rows of history."""
    missing = goal - SellThrough.objects.count()
    size = scale.size_for(accounts=max(1, missing // ROWS_OF_AN_ACCOUNT), rows=missing, **SHAPE)
    write(f"{size.accounts:,} more accounts, each with {size.stores} stores and {size.listed} products …")
    with clock() as passed:
        stored = scale.fill(size, night.default_date())
    yield figure(f"filling {missing / 1e6:,.1f} M rows", stored["kpis_sellthrough"] / passed.seconds, "rows/s")
    Touched.objects.all().delete()  # the sums of this history are not measured
    _settle()


def _settle():
    """Let the database look at what is new, as it would by itself in the minutes after."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as owner:
        for table in TABLES:
            owner.execute(f"VACUUM ANALYZE {table}")


def _measured(path, beside, who, rows):
    weeks = max(rows // (STORES * PRODUCTS), 1)
    first = last_complete_week(night.default_date()) - timedelta(weeks=weeks - 1)
    small = min(rows, STORES * PRODUCTS)
    write_csv(path, small, first - timedelta(weeks=1), who=who)
    take(path)
    Touched.objects.all().delete()
    write_csv(path, rows, first, who=who)
    keyed = plain_copy("kpis_sellthrough")
    with clock() as stored:
        take(path)
    with clock() as summed:
        summing.at_once()
    _forget_sums(who)
    by_hand = _by_hand(first, weeks)
    ProductWeek.objects.filter(account__code__startswith=f"{who}-").delete()
    _settle()
    with clock() as by_one:
        _sum_as_a_night_does()
    with clock() as again:
        take(path, "duplicate")
    write_csv(path, rows, first, restated=100, who=who)
    with clock() as restated:
        take(path)
    Touched.objects.all().delete()
    whole = stored.seconds + summed.seconds
    yield _least(f"{beside}: first file with its sums ÷ COPY", keyed / whole, SHARE_OF_COPY)
    yield figure(f"{beside}: first file", rows / stored.seconds, "rows/s")
    yield figure(f"{beside}: same file again ÷ first", again.seconds / stored.seconds, "×", MOST_AGAIN)
    yield figure(f"{beside}: 1 % restated ÷ first", restated.seconds / stored.seconds, "×", MOST_RESTATED)
    yield figure(f"{beside}: sums ÷ one aggregate", by_one.seconds / by_hand, "×", MOST_OF_AGGREGATE)
    write_csv(path, rows, first, restated=50, who=who)
    yield figure(f"{beside}: memory of a process that imports", _memory(path), "MB", MOST_MEMORY)


@transaction.atomic
def _sum_as_a_night_does():
    make_room()
    summing.by_night(Night(night.default_date()))


def _forget_sums(who):
    """As if the weeks of these accounts had not been summed, so that a night can do it."""
    there = {"account__code__startswith": f"{who}-"}
    pairs = list(AccountWeek.objects.filter(**there).values_list("account_id", "week"))
    for model in (ProductWeek, CategoryWeek, AccountWeek):
        model.objects.filter(**there).delete()
    Touched.objects.all().delete()
    rollups.touch(PAIRS, [list(column) for column in zip(*pairs, strict=True)])
    _settle()


def _read(write, beside):
    """One night over the whole history, and the pages after it."""
    rollups.touch("SELECT account_id, week FROM kpis_sellthrough GROUP BY 1, 2")
    with clock() as passed:
        in_this_process(night.default_date())
    yield figure(f"{beside}: a night over the whole history", passed.seconds, "s")
    _settle()
    for page in visits(write):
        yield page | {"name": f"{beside}: {page['name']}"}


def _large(path, times, rows):
    """The memory of an import should be the same whatever the size of the file."""
    weeks = max(times * rows // (STORES * PRODUCTS), 1)
    first = last_complete_week(night.default_date()) - timedelta(weeks=weeks - 1)
    write_csv(path, STORES * PRODUCTS, first - timedelta(weeks=1), who=f"LARGE{times}")
    take(path)  # the masters are there, as for every other file
    write_csv(path, times * rows, first, who=f"LARGE{times}")
    return figure(f"memory of a process that imports {times} × the rows", _memory(path), "MB", MOST_MEMORY)


def _least(name, value, limit):
    return figure(name, value, "×") | {"limit": limit, "ok": value >= limit}


def _by_hand(first, weeks):
    """Seconds of one aggregate over what was touched, written among the products' sums that are there."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as owner:
        owner.execute("SET jit = off")
        with clock() as passed:
            owner.execute(BY_HAND, {"first": first, "last": first + timedelta(weeks=weeks)})
    return passed.seconds


def _memory(path):
    """Megabytes that `manage.py import_file` needs at most, in a process of its own, as that process says itself.

    What a parent is told of its child's memory includes its own: a child begins as a copy.
    """
    mapping = path.with_name("bench.toml")
    mapping.write_text(MAPPING)
    command = ["import_file", "sell_through", str(path), "--mapping", str(mapping)]
    done = subprocess.run(
        [sys.executable, "-c", SAYS_ITS_MEMORY, *command], cwd=settings.BASE_DIR, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"The bench's own file was not imported: {done.stderr}")
    return int(done.stdout.split()[-1]) / 1024
