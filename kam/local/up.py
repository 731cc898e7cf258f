"""`make run`: servers, migrations, demo company, web, worker, beat and first night, watched until Ctrl-C."""

import contextlib
import http.client
import json
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from kam.local import Advice, locks, places, processes, servers, static
from kam.local.children import Child, Step, stop_all, tail

# Neither a file of a million rows nor other people's servers may keep the night waiting, nor the other way round.
WORKERS = {
    "worker": ("night,default", 2),
    "import worker": ("imports", 1),
    "outward worker": ("outward", 2),
}
READY_PATIENCE = 90.0
STOP_PATIENCE = 20.0
POLL = 0.25


class Launch:
    """One start of KAM from this checkout, from the lock to the last child's end."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.folder = places.passable(places.var())
        self.logs = places.make(self.folder / "log")
        self.instance = secrets.token_hex(8)
        self.began = time.monotonic()
        self.children: list[Child] = []
        self.stopping = False

    def say(self, text: str) -> None:
        print(f"[{time.monotonic() - self.began:5.1f} s] {text}", flush=True)

    def run(self) -> None:
        """Everything, until told to stop. Raises Advice; KeyboardInterrupt is the wish to stop."""
        with self._alone(), servers.ensure():
            self._say_where()
            os.environ["KAM_INSTANCE"] = self.instance
            self._prepare()
            self.children = self._children()
            try:
                for child in self.children:
                    child.start()
                self._wait_until_ready()
                self._first_night()
                self._announce()
                self._watch()
            finally:
                self._stop()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the checkout's launch lock; clear what a killed launch left; refuse a busy port."""
        note = self.folder / "up.json"
        try:
            lock = locks.take(self.folder / "up.lock", wait=1)
        except locks.Busy:
            raise Advice(_already_running(note)) from None
        try:
            left = processes.with_environment(f"KAM_VAR={self.folder}", "KAM_INSTANCE=")
            if left:
                self.say(f"Clearing {len(left)} processes that a killed earlier start left behind")
                processes.end(left)
            check_port(self.port)
            note.write_text(json.dumps({"pid": os.getpid(), "port": self.port}))
            yield
            note.unlink(missing_ok=True)
        finally:
            os.close(lock)

    def _say_where(self) -> None:
        self.say("PostgreSQL and Redis are up")
        home = servers.homes(self.folder)["postgres"]
        if home.parent != self.folder and home.exists():
            self.say(f"The database lies in {home}, because {self.folder} is inside a private folder")

    def _prepare(self) -> None:
        """Bring database and static files up to date; these are independent of each other, so at the same time."""
        mark = static.mark()
        noted = self.folder / "static.mark"
        known = noted.read_text() if noted.exists() and (self.folder / "static").is_dir() else None
        collect = None if known == mark else self._step("collectstatic", "--no-input", "--ignore", "redoc")
        with collect or contextlib.nullcontext():
            self.say("Migrating the database")
            self._do(self._step("migrate", "--no-input", role="owner"))
            self.say("Making the demo company, if there is no data yet")
            self._do(self._step("demo", "--if-empty", quiet=False))
            if collect:
                self.say("Collecting static files")
                collect.finish()
                noted.write_text(mark)

    def _first_night(self) -> None:
        """Run the first night in sight; one that goes wrong can be looked at in the browser, so all goes on."""
        self.say("Running the first night, if there was none yet")
        try:
            self._do(self._step("nightly", "--if-never", quiet=False))
        except Advice as error:
            self.say(f"{error} The page Night shows what went wrong.")

    def _do(self, step: Step) -> None:
        with step:
            step.finish()

    def _step(self, *command: str, role: str = "app", quiet: bool = True) -> Step:
        log = self.logs / f"{command[0]}.log" if quiet else None
        return Step(["manage.py", *command], log=log, env=os.environ | {"KAM_DB_ROLE": role})

    def _children(self) -> list[Child]:
        env = os.environ | {"PORT": str(self.port), "PYTHONUNBUFFERED": "1"}
        python = [sys.executable, "-m"]
        web = [*python, "gunicorn", "--config", "kam/local/gunicorn_conf.py"]
        beat = [
            *python,
            "celery",
            "-A",
            "kam",
            "beat",
            "--schedule",
            str(self.folder / "beat-schedule"),
            "--pidfile=",
        ]
        return [
            Child("web server", web, log=self.logs / "web.log", env=env),
            *(self._worker(name, *told, env) for name, told in WORKERS.items()),
            Child("beat", beat, log=self.logs / "beat.log", env=env),
        ]

    def _worker(self, name: str, queues: str, concurrency: int, env: dict[str, str]) -> Child:
        command = [sys.executable, "-m", "celery", "-A", "kam", "worker", "--queues", queues]
        command += ["--concurrency", str(concurrency), "--hostname", f"{name.replace(' ', '-')}@%h"]
        command += ["--without-gossip", "--without-mingle"]
        log = self.logs / f"{name.replace(' ', '-')}.log"
        return Child(name, command, log=log, env=env, orphan_signal=signal.SIGQUIT)

    def _wait_until_ready(self) -> None:
        """Wait for this start's own web server; another one's answer does not count."""
        self.say("Starting the web server, the workers and beat")
        deadline = time.monotonic() + READY_PATIENCE
        while not self._ready():
            self._look_after_children()
            if time.monotonic() > deadline:
                log = self.logs / "web.log"
                raise Advice(f"The web server does not become ready; the end of {log}:\n{tail(log)}")
            time.sleep(POLL)

    def _ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            answer = connection.getresponse()
            return answer.status == 200 and answer.headers.get("X-Kam-Instance") == self.instance
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _announce(self) -> None:
        print(f"\nKAM is ready at http://127.0.0.1:{self.port}\n", flush=True)
        path = self.folder / "demo-logins.json"
        if path.exists():
            logins = json.loads(path.read_text())
            print("Demo logins (also in", f"{path}):")
            width = [max(len(login[key]) for login in logins) for key in ("role", "email")] if logins else [0, 0]
            for login in logins:
                print(f"  {login['role']:<{width[0]}}  {login['email']:<{width[1]}}  {login['password']}")
        print(f"\nLogs: {self.logs}. Ctrl-C stops everything.", flush=True)

    def _watch(self) -> None:
        while True:
            self._look_after_children()
            time.sleep(POLL)

    def _look_after_children(self) -> None:
        for child in self.children:
            if told := child.look_after():
                self.say(told)

    def _stop(self) -> None:
        """Stop the children; a second Ctrl-C makes it short."""
        self.stopping = True
        self.say("Stopping")
        try:
            stop_all(reversed(self.children), STOP_PATIENCE)
        finally:
            for child in self.children:
                child.kill()

    def on_signal(self, *_: object) -> None:
        if self.stopping:
            for child in self.children:
                child.kill()
        else:
            self.stopping = True
            raise KeyboardInterrupt


def _already_running(note: Path) -> str:
    try:
        known = json.loads(note.read_text())
    except (OSError, ValueError):
        return "KAM is starting or running from this checkout already: stop that one first (Ctrl-C there)."
    return (
        f"KAM is running from this checkout already, at http://127.0.0.1:{known['port']}: "
        f"stop it first (Ctrl-C there, or `kill {known['pid']}`)."
    )


def check_port(port: int) -> None:
    """Raise Advice when 127.0.0.1:`port` cannot be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen()
        except PermissionError:
            raise Advice(f"Port {port} is reserved for root: choose one above 1023, `make run PORT=8000`.") from None
        except OSError:
            raise Advice(
                f"Port {port} is used by another program: choose another, like `make run PORT={port + 1}`."
            ) from None


def port_from(text: str) -> int:
    """The port number in `text`. Raises Advice."""
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise Advice(f"PORT={text} is not a port number: choose one from 1024 to 65535.")
    return int(text)


def main() -> int:
    if os.environ.get("MAKELEVEL"):
        processes.follow_parent(signal.SIGTERM)
    try:
        launch = Launch(port_from(os.environ.get("PORT") or "8000"))
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, launch.on_signal)
        launch.run()
    except KeyboardInterrupt:
        print("KAM has stopped.", flush=True)
        return 0
    except Advice as error:
        print(error, file=sys.stderr, flush=True)
        return 1
    except OSError as error:
        if error.errno != 28:
            raise
        print("The disk is full: free some space, or set KAM_VAR= to a folder on another disk.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
