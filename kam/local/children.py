"""The long-running parts of a started KAM: each has a log, and is started again when it dies."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from kam.local import Advice, places, processes

FALLS_ALLOWED = 5
FALLS_WINDOW = 120.0  # seconds
LOG_LIMIT = 10 * 1024**2
TAIL = 20


class Child:
    """One part, in a process group of its own; `orphan_signal` reaches it when we die."""

    def __init__(
        self,
        name: str,
        command: list[str],
        *,
        log: Path,
        env: dict[str, str],
        orphan_signal: int = signal.SIGTERM,
    ) -> None:
        self.name, self.command, self.log, self.env = name, command, log, env
        self.orphan_signal = orphan_signal
        self.process: subprocess.Popen | None = None
        self.falls: list[float] = []
        self.due: float | None = None

    def start(self) -> None:
        self.due = None
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=places.CHECKOUT,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=processes.die_with_parent(self.orphan_signal),
            )

    def look_after(self) -> str | None:
        """Start it again when it has died, later each time; returns what to tell.

        Raises Advice when it keeps dying.
        """
        now = time.monotonic()
        if self.due is not None:
            if now >= self.due:
                self.start()
            return None
        code = self.process.poll()
        if code is None:
            return None
        self.kill()
        self.falls = [*(fall for fall in self.falls if now - fall < FALLS_WINDOW), now]
        if len(self.falls) > FALLS_ALLOWED:
            raise Advice(f"The {self.name} keeps dying, so everything stops. The end of {self.log}:\n{tail(self.log)}")
        pause = 2 ** (len(self.falls) - 1)
        self.due = now + pause
        return f"The {self.name} ended ({ending(code)}); starting it again in {pause} s. Its log: {self.log}"

    def ask_to_stop(self, number: int = signal.SIGTERM) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)

    def kill(self) -> None:
        """End the whole process group, also when its head is gone already."""
        if self.process:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                return
            self.process.wait()

    def ended(self, deadline: float) -> bool:
        """Wait until it has ended or `deadline` (monotonic) has passed; whether it ended."""
        while self.process and self.process.poll() is None:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True


class Step:
    """A Python command that runs to its end; with a `log`, its output goes there and is shown only if it fails."""

    def __init__(self, command: list[str], *, log: Path | None, env: dict[str, str]) -> None:
        self.command, self.log = command, log
        with contextlib.ExitStack() as stack:
            out = stack.enter_context(log.open("wb")) if log else None
            self.process = subprocess.Popen(
                [sys.executable, *command],
                cwd=places.CHECKOUT,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                preexec_fn=processes.die_with_parent(signal.SIGTERM),
            )

    def __enter__(self) -> "Step":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            processes.end([self.process.pid])
            self.process.wait()

    def finish(self) -> None:
        """Wait for the end. Raises Advice when the command failed."""
        if code := self.process.wait():
            words = f"; the end of {self.log}:\n{tail(self.log)}" if self.log else "."
            raise Advice(f"{' '.join(self.command)} failed ({ending(code)}){words}")


def stop_all(children: Iterable[Child], patience: float) -> None:
    """Ask all to finish, wait at most `patience` seconds, then end what is left."""
    children = list(children)
    for child in children:
        child.ask_to_stop()
    deadline = time.monotonic() + patience
    for child in children:
        child.ended(deadline)
    for child in children:
        child.kill()


def ending(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"


def tail(log: Path, lines: int = TAIL) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""
