"""A night whose steps go wrong on purpose, as the environment variable FAULTS says: "1=die 2=loop" by shard.

Every start of a shard leaves a line in the file STARTS; what a shard has written is an audit entry, which commits
with the mark that the shard is done.
"""

import ctypes
import os
import signal
import time
from pathlib import Path

from kam.models import Entry
from kam.night import NightStep

SHARDS = 6


def die():
    """What the kernel does to a process that took too much memory."""
    os.kill(os.getpid(), signal.SIGKILL)


def segfault():
    ctypes.string_at(0)


def loop():
    while True:
        pass


def hang():
    """Out of reach of the soft time limit, like a library that never comes back."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    time.sleep(3600)


def wait():
    """Until the test opens the gate."""
    while not gate().exists():
        time.sleep(0.02)


def gate():
    return Path(os.environ["STARTS"]).with_name("gate")


WAYS = {way.__name__: way for way in (die, segfault, loop, hang, wait)}


def work(night):
    _started("work", night.shard)
    faults = dict(entry.split("=") for entry in os.environ["FAULTS"].split())
    if way := faults.get(str(night.shard)):
        WAYS[way]()
    return _write("work", night)


def behind(night):
    _started("behind", night.shard)
    return _write("behind", night)


def _started(step, shard):
    with Path(os.environ["STARTS"]).open("a") as starts:
        starts.write(f"{step} {shard}\n")


def _write(step, night):
    Entry.objects.create(verb="worked", model="night", object_id=f"{step} {night.shard}", label="", source="job")
    return 1


STEPS = (
    NightStep("work", f"{__name__}.work"),
    NightStep("behind", f"{__name__}.behind", after=("work",)),
)
