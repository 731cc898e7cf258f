"""A small process that keeps one embedded server running for as long as anybody uses it.

Every user holds a shared lock on `users.lock`. The kernel drops a lock however its holder dies, so the keeper
always knows whether it is still needed; and the server dies with its keeper. Nothing here can go stale.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from kam.local import Advice, locks, places, processes
from kam.local.postgres import Postgres
from kam.local.redis import Redis

KINDS = {"postgres": Postgres, "redis": Redis}
START_PATIENCE = 90.0  # seconds; recovery after a power cut replays what had not been written out
STOP_PATIENCE = 60.0
TICK = 0.2
LINGER_TICKS = 5
RESTARTS = 5


@contextlib.contextmanager
def held(kind: str, home: Path, *, flags: tuple[str, ...] = ()) -> Iterator[dict[str, str]]:
    """Use the server of `kind` in `home`, started if needed; yields its record. Raises Advice.

    `flags`: "fast" trades safety for speed, "scratch" removes the home when its last user has left.
    """
    places.passable(home.parent)
    (places.passable if kind == "postgres" else places.make)(home)
    try:
        users = locks.take(home / "users.lock", shared=True, wait=STOP_PATIENCE)
    except locks.Busy:
        raise Advice(f"{KINDS[kind].name} in {home} does not stop: see {home / 'server.log'}.") from None
    try:
        yield ensure(kind, home, flags=flags)
    finally:
        os.close(users)


def ensure(kind: str, home: Path, *, flags: tuple[str, ...] = ()) -> dict[str, str]:
    """The record of the server in `home`, started if needed. The caller holds `users.lock`. Raises Advice."""
    with locks.held(home / "start.lock", wait=START_PATIENCE):
        record = home / "record.json"
        if not locks.is_held(home / "keeper.lock"):
            record.unlink(missing_ok=True)
            _launch(kind, home, flags=flags)
        elif not _until(record.exists, START_PATIENCE):
            raise Advice(f"{KINDS[kind].name} in {home} does not come up: see {home / 'server.log'}.")
        return json.loads(record.read_text())


def stop(home: Path) -> None:
    """Stop the server in `home` even if somebody uses it."""
    record = home / "record.json"
    if locks.is_held(home / "keeper.lock") and record.exists():
        processes.end([json.loads(record.read_text())["keeper"]], signal.SIGTERM, STOP_PATIENCE)


def _launch(kind: str, home: Path, *, flags: tuple[str, ...]) -> None:
    """Start a keeper and wait until its server answers; the keeper's one line tells how it went."""
    command = [sys.executable, "-m", "kam.local.keeper", kind, str(home), *flags]
    env = {name: value for name, value in os.environ.items() if name != "KAM_INSTANCE"}
    with (home / "keeper.log").open("wb") as log:
        keeper = subprocess.Popen(
            command,
            cwd=places.CHECKOUT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    with keeper.stdout:
        answer = keeper.stdout.readline().decode().strip()
    if answer != "ready":
        keeper.wait()
        raise Advice(answer or f"{KINDS[kind].name} could not be started: see {home / 'keeper.log'}.")
    keeper.returncode = 0  # it outlives us; without this Python would warn about an unfinished child


def _until(condition: Callable[[], bool], patience: float) -> bool:
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.03)
    return True


class Keeper:
    """Starts the server, starts it again when it dies, stops it when nobody is left or we are told to."""

    def __init__(self, kind: str, home: Path, *, flags: list[str]) -> None:
        self.home, self.scratch = home, "scratch" in flags
        self.server = KINDS[kind](home, durable="fast" not in flags)
        self.process: subprocess.Popen | None = None
        self.told_to_stop = False

    def start(self) -> None:
        """Start the server and wait until it answers. Raises Advice."""
        self.process = self.server.start()
        if not _until(lambda: self.process.poll() is not None or self.server.ready(), START_PATIENCE):
            raise Advice(f"{self.server.name} does not answer: see {self.server.log}.")
        if self.process.poll() is not None:
            raise Advice(_why(self.server.name, self.server.log))

    def announce(self) -> None:
        self.server.prepare()
        fresh = self.home / "record.new"
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(self.server.record() | {"keeper": os.getpid()}))
        fresh.rename(self.home / "record.json")

    def watch(self) -> None:
        """Return when nobody uses the server any more; nobody can begin to until we have ended."""
        restarts = 0
        while not self.told_to_stop and not self._idle():
            time.sleep(TICK)
            if self.process.poll() is not None:
                restarts += 1
                if restarts > RESTARTS:
                    raise Advice(_why(self.server.name, self.server.log))
                time.sleep(restarts - 1)
                self.start()

    def _idle(self) -> bool:
        for tick in range(LINGER_TICKS):
            try:
                users = locks.take(self.home / "users.lock")
            except locks.Busy:
                return False
            if tick < LINGER_TICKS - 1:
                os.close(users)
                time.sleep(TICK)
        return True

    def stop(self) -> None:
        if self.process:
            self.process.send_signal(self.server.stop_signal)
            try:
                self.process.wait(STOP_PATIENCE / 2)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        (self.home / "record.json").unlink(missing_ok=True)
        if self.server.sockets.parent != self.home:
            shutil.rmtree(self.server.sockets, ignore_errors=True)
        if self.scratch:
            places.remove_scratch(self.home)

    def tell_to_stop(self, *_: object) -> None:
        self.told_to_stop = True


def _why(name: str, log: Path) -> str:
    """One sentence on why a server did not start, with its own last words."""
    lines = log.read_text(errors="replace").splitlines()[-20:] if log.exists() else []
    if any("No space left on device" in line for line in lines):
        return f"The disk is full, so {name} cannot start: free some space, or set KAM_VAR= to another disk."
    last = next(
        (line for line in reversed(lines) if "FATAL" in line or "PANIC" in line),
        (lines or ["no reason given"])[-1],
    )
    return f"{name} could not be started ({last.strip()[-300:]}): see {log}."


def main(kind: str, home: Path, flags: list[str]) -> None:
    """Keep one server; the first line on standard output is "ready" or the sentence that says why not."""
    guard = locks.take(home / "keeper.lock", wait=5)
    keeper = None
    answer = "ready"
    try:
        keeper = Keeper(kind, home, flags=flags)
        signal.signal(signal.SIGTERM, keeper.tell_to_stop)
        keeper.start()
        keeper.announce()
    except Advice as error:
        answer = str(error).replace("\n", " ")
    print(answer, flush=True)
    sys.stdout.close()
    os.close(1)
    try:
        if answer == "ready":
            keeper.watch()
    finally:
        if keeper:
            keeper.stop()
        os.close(guard)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
