"""File locks. The kernel lets go of them when a process dies however it dies, so none is ever stale."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kam.local import Advice


class Busy(Exception):
    """Somebody else holds the lock."""


def take(path: Path, *, shared: bool = False, wait: float = 0) -> int:
    """Lock `path`, waiting at most `wait` seconds; returns the descriptor that holds it. Raises Busy."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except PermissionError as error:
        raise Advice(
            f"{path} belongs to another user: run as its owner, or set KAM_VAR= to a folder of yours."
        ) from error
    deadline = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                os.close(descriptor)
                raise Busy(path) from None
            time.sleep(0.02)
        else:
            return descriptor


@contextmanager
def held(path: Path, *, shared: bool = False, wait: float = 0) -> Iterator[None]:
    """Hold the lock on `path` inside the block."""
    descriptor = take(path, shared=shared, wait=wait)
    try:
        yield
    finally:
        os.close(descriptor)


def is_held(path: Path) -> bool:
    """Whether any process holds the lock on `path`."""
    if not path.exists():
        return False
    try:
        os.close(take(path))
    except Busy:
        return True
    return False
