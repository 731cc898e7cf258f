"""A deploy under load: the web server finishes what it has begun, and a worker its shard; nobody gets an error."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack

import psycopg
import pytest

from kam import night, tasks
from kam.local import places
from kam.models import StepRun
from tests import make, servers

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 60  # seconds; while new processes start, new connections wait for them


class Web:
    """A real gunicorn with two processes on the test's database."""

    def __init__(self, log):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.log = log
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "--config", "kam/local/gunicorn_conf.py"],
                cwd=places.CHECKOUT,
                env=os.environ | {"PORT": str(self.port), "KAM_METRICS_TOKEN": "t", "KAM_LOG": "json"},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    def ask(self, path="/readyz", patience=PATIENCE, **headers):
        """(status, headers, body); after `patience` seconds TimeoutError."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=patience)
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()
        finally:
            connection.close()

    def wait(self):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if self.ask()[0] == 200:
                    return
            except OSError:
                assert self.process.poll() is None, self.log.read_text()
                time.sleep(0.1)
        pytest.fail(self.log.read_text())

    def processes(self):
        return set(re.findall(r"Booting worker with pid: (\d+)", self.log.read_text()))


@pytest.fixture
def web(transactional_db, redis_client, tmp_path):
    web = Web(tmp_path / "web.log")
    web.wait()
    yield web
    web.process.kill()
    web.process.wait()


class Load:
    """Clients that ask again and again, each with a new connection or with one it keeps."""

    def __init__(self, web, clients=4):
        self.web, self.done, self.statuses, self.faults = web, threading.Event(), [], []
        self.threads = [threading.Thread(target=self._run, args=(n % 2 == 0,)) for n in range(clients)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        for thread in self.threads:
            thread.join()

    def _run(self, keeps):
        connection = None
        while not self.done.is_set():
            try:
                connection = connection or http.client.HTTPConnection("127.0.0.1", self.web.port, timeout=PATIENCE)
                connection.request("GET", "/account/login/")
                answer = connection.getresponse()
                answer.read()
                self.statuses.append(answer.status)
                ends = not keeps or answer.will_close
            except (OSError, http.client.HTTPException) as error:
                self.faults.append(repr(error))
                ends = True
            if ends:
                connection.close()
                connection = None
        if connection:
            connection.close()


def test_a_reload_under_load_fails_nobody(web):
    with Load(web) as load:
        time.sleep(0.5)
        before = web.processes()
        web.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + PATIENCE
        while len(web.processes()) < 2 * len(before) or web.log.read_text().count("Worker exiting") < len(before):
            assert time.monotonic() < deadline, web.log.read_text()
            time.sleep(0.1)
        asked = len(load.statuses)
        while len(load.statuses) < asked + 20 and not load.faults:  # the new processes answer too
            assert time.monotonic() < deadline, web.log.read_text()
            time.sleep(0.1)
    assert load.faults == []
    assert set(load.statuses) == {200}


BODY = b"language=de&next=/account/login/"


def half_asked(web):
    """A connection with a request of which only the beginning was sent: it holds a thread."""
    begun = socket.create_connection(("127.0.0.1", web.port), timeout=20)
    head = f"POST /language/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(BODY)}\r\n"
    begun.sendall(f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\n".encode() + BODY[:5])
    return begun


def test_nobody_waits_while_a_thread_of_any_process_is_free(web):
    with ExitStack() as held:
        for _ in range(3):  # of two times two threads
            held.enter_context(half_asked(web))
            time.sleep(0.1)
        answers = [web.ask("/livez", patience=10) for _ in range(5)]
    told = [(status, headers["Connection"]) for status, headers, _body in answers]
    assert told == [(200, "close")] * 5  # a connection that is kept would stay with one process


def test_what_was_begun_is_finished_before_the_end(web):
    with half_asked(web) as begun:
        time.sleep(0.5)
        web.process.send_signal(signal.SIGTERM)
        time.sleep(1)
        begun.sendall(BODY[5:])
        answer = http.client.HTTPResponse(begun)
        answer.begin()
        assert answer.status in (302, 403)
    assert web.process.wait(15) == 0


def test_two_processes_are_counted_as_one_house_and_tell_no_server(web):
    for _ in range(12):
        assert web.ask("/account/login/")[0] == 200
    status, headers, body = web.ask("/metrics", Authorization="Bearer t")
    assert (status, headers["Server"]) == (200, None)
    assert 'kam_requests_total{method="GET",route="/account/login/",status="200"} 12.0' in body


def test_a_worker_asked_to_stop_finishes_its_shard(celery_worker_process, tmp_path):
    make.account()
    day = night.default_date()
    night.plan_night(day)
    begun = StepRun.objects.get(date=day, step="feeds")
    with psycopg.connect(servers.POSTGRES.url("postgres", servers.NAME)) as blocker:
        blocker.execute("LOCK TABLE kpis_feed IN ACCESS EXCLUSIVE MODE")
        tasks.ring(tasks.run_shard, begun.pk)
        wait_for(lambda: StepRun.objects.get(pk=begun.pk).state == "running")
        celery_worker_process.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert celery_worker_process.process.poll() is None
    assert celery_worker_process.process.wait(20) == 0
    begun.refresh_from_db()
    assert (begun.state, begun.attempt) == ("done", 1)
    assert not StepRun.objects.filter(state="running").exists()


def wait_for(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
