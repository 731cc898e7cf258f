"""Processes: children that die with their parent, and what an earlier start left behind."""

import ctypes
import os
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(number: int) -> Callable[[], None]:
    """A `preexec_fn`: the kernel sends signal `number` to the child when we die, even by SIGKILL."""
    parent = os.getpid()

    def prepare() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return prepare


def follow_parent(number: int) -> None:
    """Have the kernel send us signal `number` when our parent dies."""
    _libc.prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)


def everyone() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def alive(pid: int) -> bool:
    """Whether `pid` runs; one that has ended and waits to be collected does not count."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state not in "ZX"


def working_in(folder: Path, name: str) -> list[int]:
    """The processes called `name` whose working directory is `folder`; those of other users are invisible."""
    return [pid for pid in everyone() if alive(pid) and _is_in(pid, folder, name)]


def _is_in(pid: int, folder: Path, name: str) -> bool:
    try:
        inside = os.readlink(f"/proc/{pid}/cwd") == str(folder.resolve())
        return inside and Path(f"/proc/{pid}/comm").read_text().strip() == name
    except OSError:
        return False


def with_environment(*entries: str) -> list[int]:
    """The other processes that were started with all `entries`: "NAME=value", or "NAME=" for any value."""
    wanted = [os.fsencode(entry) for entry in entries]
    return [pid for pid in everyone() if pid != os.getpid() and alive(pid) and _has(pid, wanted)]


def _has(pid: int, wanted: list[bytes]) -> bool:
    try:
        found = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False
    return all(
        any(line.startswith(entry) if entry.endswith(b"=") else line == entry for line in found) for entry in wanted
    )


def end(pids: Iterable[int], number: int = signal.SIGTERM, patience: float = 10) -> None:
    """Send `number` to all `pids`, wait up to `patience` seconds, then kill what is left."""
    pids = list(pids)
    send(pids, number)
    if not gone(pids, patience):
        send([pid for pid in pids if alive(pid)], signal.SIGKILL)
        gone(pids, 5)


def send(pids: Iterable[int], number: int) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def gone(pids: Iterable[int], patience: float) -> bool:
    """Wait up to `patience` seconds for all `pids` to end; whether they did."""
    deadline = time.monotonic() + patience
    pids = list(pids)
    while any(alive(pid) for pid in pids):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
