"""Workers that die, hang or sleep in the middle of a night: three attempts, one effect, and everything else goes on."""

import signal
import time

from django.test import Client

from kam import night, tasks
from kam.models import Entry, StepRun
from kam.roles import Role
from tests import make
from tests.faults import nights
from tests.faults.house import said, send, wait_for

ALL = sorted(f"{step} {shard}" for step in ("work", "behind") for shard in range(nights.SHARDS))

LONG = {"KAM_NIGHT_LEASE_SECONDS": "60"}  # no lease ends for want of a processor


def effects():
    """What was written, once for each time it was written."""
    return sorted(Entry.objects.filter(verb="worked").values_list("object_id", flat=True))


def sweep_until_done(day):
    """Ring like the sweeper until the night is over."""

    def ended():
        tasks.sweep()
        return night.outcome(day) == "done"

    wait_for(ended, pause=0.2)


def test_a_shard_that_takes_its_process_along_fails_after_three_attempts(house, broken_night):
    """F2, F3: killed, crashed, looping and deaf shards beside two sound ones; the night is partial and says so."""
    faults = {1: "die", 2: "segfault", 3: "loop", 4: "hang"}
    told = " ".join(f"{shard}={way}" for shard, way in faults.items())
    here, day = house(**broken_night, FAULTS=told, LIMIT="1"), night.default_date()
    night.plan_night(day)
    here.worker()
    here.beat()  # rings, not this process: the time limits travel with the message
    assert wait_for(lambda: {"partial", "done"} & {night.outcome(day)}, 120) == {"partial"}
    assert effects() == ["behind 0", "behind 5", "work 0", "work 5"]
    assert [here.starts().count(f"work {shard}") for shard in range(nights.SHARDS)] == [1, 3, 3, 3, 3, 1]
    failed = StepRun.objects.filter(step="work", state="failed").order_by("shard")
    lost, slow = "the worker was lost", "SoftTimeLimitExceeded: SoftTimeLimitExceeded()"
    assert list(failed.values_list("shard", "attempt", "error")) == [
        (1, 3, lost),
        (2, 3, lost),
        (3, 3, slow),
        (4, 3, lost),
    ]
    assert StepRun.objects.filter(step="behind", state="skipped").count() == 4
    client = Client()
    client.force_login(make.user(Role.ADMIN))
    assert "partial" in client.get("/night/", follow=True).content.decode()
    assert lost in client.get(f"/night/{day}/").content.decode()


def test_a_worker_that_sleeps_longer_than_its_lease_writes_nothing_when_it_wakes(house, broken_night):
    """F4: stopped as a whole, so that its heart stands still; another one takes over."""
    here, day = house(**broken_night, FAULTS="1=wait"), night.default_date()
    sleeper = here.worker()
    night.plan_night(day)
    tasks.ring_ready(day)
    wait_for(lambda: "work 1" in here.starts())
    send(sleeper, signal.SIGSTOP)
    here.open_gate()
    here.worker()
    sweep_until_done(day)
    starts, runs = here.starts(), list(StepRun.objects.values())
    assert (effects(), starts.count("work 1")) == (ALL, 2)
    send(sleeper, signal.SIGCONT)
    wait_for(lambda: "taken over by another worker; nothing written" in said(sleeper))
    assert (effects(), list(StepRun.objects.values())) == (ALL, runs)


def test_the_same_message_five_times_at_once_has_one_effect(house, broken_night, redis_client):
    """F9: every shard is rung for five times, and five processes answer."""
    here, day = house(**broken_night | LONG, FAULTS="1=wait"), night.default_date()
    night.plan_night(day)
    for pk in night.ready(day):
        for _ in range(5):
            tasks.ring(tasks.run_shard, pk)
    here.worker(concurrency=5)
    wait_for(lambda: redis_client.llen("night") == 0 and redis_client.hlen("unacked") == 1)
    here.open_gate()
    sweep_until_done(day)
    assert (effects(), sorted(here.starts())) == (ALL, ALL)


def test_two_beats_and_a_person_who_starts_the_night_at_once_make_one_night(house, broken_night):
    """F10: both beats look every second, and `manage.py nightly` runs beside them."""
    env = {"KAM_NIGHT_HOUR_UTC": "0", "KAM_NIGHT_CHECK_SECONDS": "1", "FAULTS": "1=wait"}
    here, day = house(**broken_night | LONG, **env), night.default_date()
    by_hand, beats = here.nightly(), [here.beat(), here.beat()]
    here.worker()
    wait_for(lambda: "planned" in said(by_hand) and "work 1" in here.starts())
    sent = [said(beat).count("Sending due task night") for beat in beats]
    wait_for(lambda: all(said(beat).count("Sending due task night") > n for beat, n in zip(beats, sent, strict=True)))
    here.open_gate()
    wait_for(lambda: night.outcome(day) == "done")
    assert by_hand.ended(time.monotonic() + 30)
    assert (by_hand.process.returncode, StepRun.objects.count()) == (0, len(ALL))
    assert (effects(), sorted(here.starts())) == (ALL, ALL)
