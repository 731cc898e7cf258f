"""A lease says until when a claim holds; whoever works longer renews it, so that only the dead lose theirs.

Without a lease, `alone` holds as long as the connection it was taken on, `take_turns` as long as the transaction.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connection

logger = logging.getLogger(__name__)


def take_turns(name: str, *, together: bool = False) -> None:
    """Wait until nobody else is at `name`, on any machine, and be at it until the transaction ends.

    Those who go `together` wait only for the others.
    """
    _locked("pg_advisory_xact_lock", name, together)


def try_turn(name: str, *, together: bool = False) -> bool:
    """Be at `name` as `take_turns` does, but only if nobody has to be waited for; whether one is."""
    return _locked("pg_try_advisory_xact_lock", name, together)


def _locked(function, name, together):
    shared = "_shared" if together else ""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}{shared}(hashtextextended(%s, 0))", [name])
        return cursor.fetchone()[0]


@contextmanager
def alone(name: str) -> Iterator[bool]:
    """True inside when nobody else does `name` at this moment, on any machine; False when somebody does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 2))", [f"kam:{name}"])
        (is_mine,) = cursor.fetchone()
    try:
        yield is_mine
    finally:
        if is_mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 2))", [f"kam:{name}"])


@contextmanager
def heartbeat(renew: Callable[[], object], lease: float) -> Iterator[None]:
    """Call `renew` every third of `lease` (seconds) while the block works, on a database connection of its own."""
    done = threading.Event()
    thread = threading.Thread(target=_beat, args=(renew, lease / 3, done), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _beat(renew, pause, done):
    try:
        while not done.wait(pause):
            _try(renew)
    finally:
        connection.close()


def _try(renew):
    """Renew once; what goes wrong is told, and the next beat tries again on a fresh connection."""
    try:
        renew()
    except DatabaseError as error:
        logger.warning("could not renew a lease: %s", error)
        connection.close()
