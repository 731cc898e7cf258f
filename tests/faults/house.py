"""KAM as real processes on the database of a test, to be killed, stopped and started again."""

import contextlib
import http.client
import os
import signal
import socket
import sys
import time
from pathlib import Path

import redis

from kam.local import processes
from kam.local.children import Child, tail
from kam.local.redis import Redis

CELERY = (sys.executable, "-m", "celery", "-A", "tests.faults.app")
ALL_QUEUES = "night,imports,outward,default"
QUIET = ("--loglevel", "INFO", "--without-gossip", "--without-mingle")


def wait_for(condition, seconds=60.0, pause=0.02):
    """Wait until `condition()` is true and return it; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(pause)
    return found


class House:
    """Starts processes of KAM with an environment of their own, and ends all of them."""

    def __init__(self, folder: Path, **env) -> None:
        self.folder, self.children = folder, []
        self.env = os.environ | {"STARTS": str(folder / "starts"), "KAM_STATIC_FINDERS": "1"} | env

    def worker(self, queues=ALL_QUEUES, concurrency=2) -> Child:
        command = [*CELERY, "worker", "--queues", queues, "--concurrency", str(concurrency), *QUIET]
        worker = self._start(command, orphan_signal=signal.SIGQUIT)
        wait_for(lambda: self._lives(worker) and " ready." in said(worker))
        return worker

    def beat(self) -> Child:
        number = len(self.children)
        beat = self._start([*CELERY, "beat", "--schedule", str(self.folder / f"beat-{number}"), "--pidfile="])
        wait_for(lambda: self._lives(beat) and "beat: Starting" in said(beat))
        return beat

    def watcher(self, folder: Path, every=0.05) -> Child:
        """`manage.py watch_feeds`, which looks at the folders below `folder` again and again."""
        return self._start([sys.executable, "manage.py", "watch_feeds", str(folder), "--every", str(every)])

    def nightly(self) -> Child:
        """`manage.py nightly`, with the steps of the tests."""
        return self._start([sys.executable, "-m", "tests.faults.by_hand"])

    def web(self) -> "Web":
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [sys.executable, "-m", "gunicorn", "--config", "kam/local/gunicorn_conf.py"]
        web = Web(self._start(command, PORT=str(port), WEB_CONCURRENCY="1"), port)
        wait_for(lambda: self._lives(web.child) and web.answers())
        return web

    def starts(self) -> list[str]:
        """Step and shard of everything that was begun, in order."""
        path = Path(self.env["STARTS"])
        return path.read_text().splitlines() if path.exists() else []

    def open_gate(self) -> None:
        (self.folder / "gate").touch()

    def end(self) -> None:
        """Kill all of them; what they said is shown with a test that failed."""
        for child in self.children:
            child.kill()
            print(f"--- {child.log}\n{tail(child.log, 80)}")

    def _start(self, command, orphan_signal=signal.SIGTERM, **env):
        log = self.folder / f"log-{len(self.children)}"
        child = Child(command[2], command, log=log, env=self.env | env, orphan_signal=orphan_signal)
        child.start()
        self.children.append(child)
        return child

    def _lives(self, child):
        assert child.process.poll() is None, tail(child.log)
        return True


def said(child: Child) -> str:
    return child.log.read_text(errors="replace") if child.log.exists() else ""


def send(child: Child, number: int) -> None:
    """A signal to the process and all of its children."""
    os.killpg(child.process.pid, number)


class Web:
    """The web server, and one browser for it."""

    def __init__(self, child, port):
        self.child, self.port, self.headers = child, port, {}

    def answers(self):
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self.get("/livez")[0] == 200

    def get(self, path):
        """(status, seconds, text) of a page."""
        return self.ask("GET", path)

    def ask(self, method, path, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        began = time.monotonic()
        try:
            connection.request(method, path, body, self.headers | headers)
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
            return answer.status, time.monotonic() - began, text
        finally:
            connection.close()


class Broker:
    """A Redis of one test's own that can be killed, frozen and started again; it keeps its data as the lasting one."""

    def __init__(self, folder: Path) -> None:
        self.server = Redis(folder)
        self.process = None
        self.start()

    @property
    def url(self):
        return self.server.record()["REDIS_URL"]

    def start(self):
        self.process = self.server.start()
        wait_for(self.server.ready)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def client(self):
        return redis.Redis(unix_socket_path=str(self.server.socket))

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.kill()
        processes.end(processes.working_in(self.server.home, "redis-server"))
