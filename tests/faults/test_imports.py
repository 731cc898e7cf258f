"""A file whose reader dies, or whose database goes away, with everything staged: nothing of it, then all of it."""

import os
import signal
import subprocess
import sys
from datetime import date

import psycopg
import pytest

from kam.backup import program
from kam.local import places
from kam.local.postgres import APP, DATABASE, OWNER, Postgres
from kpis.imports.services import process
from kpis.models import ImportBatch, ProductWeek, SellThrough
from tests import servers
from tests.faults.house import send, wait_for
from tests.faults.importing import POINT
from tests.kpis.files import take
from tests.kpis.test_imports_services import GOOD, MAPPING, waiting

RESTATED = GOOD.replace(",5,", ",6,") + "K-1,S2,P2,2026-11-16,1,1\n"
FACTS = "SELECT s.units::int, s.batch_id FROM kpis_sellthrough s ORDER BY 1"
HAND_IN = """
import django
django.setup()
from tests.faults.test_imports import GOOD, MAPPING, RESTATED, take, waiting
print(take(GOOD, MAPPING).pk, waiting(RESTATED).pk)
"""


def units():
    return sorted(SellThrough.objects.values_list("units", flat=True))


def test_a_worker_that_is_killed_with_a_file_staged_leaves_nothing_of_it(house):
    """F19: the whole tree; the sweeper finds the file again, another worker takes it up from the beginning."""
    take(GOOD, MAPPING)
    batch = waiting(RESTATED)
    here = house(IMPORTING="1")
    worker = here.worker(queues="imports,default")
    here.beat()
    wait_for(lambda: here.starts() == [POINT])
    send(worker, signal.SIGKILL)
    worker.process.wait()
    assert (units(), ImportBatch.objects.get(pk=batch.pk).state) == ([5], "reading")
    here.worker(queues="imports,default")
    wait_for(lambda: ImportBatch.objects.get(pk=batch.pk).state == "applied")
    assert (units(), ImportBatch.objects.get(pk=batch.pk).attempt) == ([1, 6], 2)
    assert (process(batch_id=batch.pk).state, here.starts()) == ("applied", [POINT] * 2)


def test_a_worker_sums_at_once_what_it_has_stored(house):
    take(GOOD, MAPPING)
    batch = waiting(GOOD.replace("2026-11-16", "2026-11-02"))
    here = house()
    here.worker(queues="imports,default")
    here.beat()
    of_it = ProductWeek.objects.filter(week=date(2026, 11, 2))
    wait_for(of_it.exists)
    assert of_it.values_list("units", flat=True).get() == 5
    assert ImportBatch.objects.get(pk=batch.pk).state == "applied"


class Crashing:
    """A PostgreSQL that only one test uses, with the schema of the others, to end and to start again."""

    def __init__(self):
        self.server = Postgres(servers.FOLDER / f"crashing-{servers.PROCESS}")
        self.env = {"DATABASE_URL": self.server.url(OWNER), "DATABASE_APP_URL": self.server.url(APP)}
        self.start()

    def start(self):
        self.process = self.server.start()
        wait_for(self.server.ready)

    def crash(self):
        """The immediate shutdown: nothing is finished, as for want of power."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait()

    def fill(self):
        self.server.prepare()
        dump = [program("pg_dump"), servers.POSTGRES.url("postgres", DATABASE)]
        load = [program("psql"), "--quiet", "--set=ON_ERROR_STOP=1", self.server.url("postgres")]
        with subprocess.Popen(dump, stdout=subprocess.PIPE) as pouring:
            subprocess.run(load, stdin=pouring.stdout, stdout=subprocess.DEVNULL, check=True)

    def ask(self, statement):
        with psycopg.connect(self.server.url("postgres")) as connection:
            return connection.execute(statement).fetchall()


@pytest.fixture
def own_postgres(request):
    request.config.kam_servers.wait()
    servers._wait_for_template()
    found = Crashing()
    try:
        found.fill()
        yield found
    finally:
        found.crash()


def test_a_database_that_crashes_with_a_file_staged_comes_back_without_it(house, own_postgres):
    """F20: the server ends at once and is started again; the worker lives on, and repeats."""
    env = own_postgres.env
    here = house(IMPORTING="1", **env)
    told = subprocess.run(
        [sys.executable, "-c", HAND_IN], cwd=places.CHECKOUT, env=os.environ | env, capture_output=True, check=True
    )
    first, second = map(int, told.stdout.split())
    here.worker(queues="imports,default")
    here.beat()
    wait_for(lambda: here.starts() == [POINT])
    own_postgres.crash()
    own_postgres.start()
    assert own_postgres.ask(FACTS) == [(5, first)]
    here.open_gate()
    state = f"SELECT state, attempt FROM kpis_importbatch WHERE id = {second}"
    wait_for(lambda: own_postgres.ask(state)[0][0] == "applied")
    assert (own_postgres.ask(FACTS), own_postgres.ask(state)) == ([(1, second), (6, second)], [("applied", 2)])
    assert here.starts() == [POINT] * 2
