"""The night's engine: steps in shards, claimed in Postgres with a lease, resumable after a kill.

A shard's work and the mark that it is done commit together, and only if the claim is still ours: whoever was
stopped and wakes up later writes nothing.
"""

import logging
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.module_loading import import_string

from kam.audit import source
from kam.leases import heartbeat
from kam.models import Entry, StepRun
from kam.models.night import MAX_ATTEMPTS
from kam.sql import make_room

logger = logging.getLogger(__name__)
State = StepRun.State
FINISHED = (State.DONE, State.FAILED, State.SKIPPED)


@dataclass(frozen=True)
class NightStep:
    """One step: its name, the dotted path of `fn(night) -> rows`, what must be finished before it."""

    name: str
    path: str
    after: tuple = ()
    sharded: bool = True

    @property
    def shards(self):
        return settings.NIGHT_SHARDS if self.sharded else 1


@dataclass
class Night:
    """What a step function is given: the business date and which accounts (`id % shards == shard`)."""

    date: date
    shard: int = 0
    shards: int = 1
    notes: list = field(default_factory=list)

    @property
    def params(self):
        """Its date and shard, as statements name them."""
        return {"date": self.date, "shard": self.shard, "shards": self.shards}

    def note(self, code, **params):
        """Record something visible on the night page; `code` and `params` become a sentence there."""
        self.notes.append({"code": code, "params": params})


class Skip(Exception):
    """Raised by a step that cannot run for a stated reason, such as a late feed."""

    def __init__(self, code, **params):
        super().__init__(code)
        self.code, self.params = code, params


class LostClaim(Exception):
    """Another worker took the shard over while this one was not heard of."""


def steps():
    """Every NightStep, in the order of the night."""
    return import_string("kam.nightly.STEPS")


def step_named(name):
    """The NightStep of this name."""
    return next(s for s in steps() if s.name == name)


def default_date():
    """Yesterday in UTC: the last day whose facts can be complete."""
    return timezone.now().date() - timedelta(days=1)


def begin(day):
    """Plan the night of `day`; False when somebody has, or does at this moment: the database lets one of them do it."""
    try:
        with transaction.atomic():
            StepRun.objects.bulk_create(_shards(day))
    except IntegrityError:
        return False
    return True


def plan_night(day, *, from_step=None):
    """Make sure the night of `day` has all its shards; put `from_step` and what follows back to waiting.

    A night that is finished is put back as a whole, so that running it again re-computes it; one that was
    interrupted is resumed.
    """
    StepRun.objects.bulk_create(_shards(day), ignore_conflicts=True)
    runs = StepRun.objects.filter(date=day)
    if from_step:
        names = [s.name for s in steps()]
        _reset(runs.filter(step__in=names[names.index(from_step) :]))
    elif not runs.exclude(state__in=FINISHED).exists():
        _reset(runs)


def _shards(day):
    return [StepRun(date=day, step=s.name, shard=i) for s in steps() for i in range(s.shards)]


def rerun_failures(day):
    """Give failed shards, and those skipped because of them, three more attempts."""
    _reset(StepRun.objects.filter(date=day, state__in=[State.FAILED, State.SKIPPED]))


def _reset(runs):
    runs.exclude(state=State.RUNNING).update(
        state=State.WAITING,
        attempt=0,
        lease_until=None,
        started_at=None,
        finished_at=None,
        rows=0,
        notes=[],
        error="",
    )


def ready(day, *, after=None):
    """Ids of the shards that can be claimed now: free themselves, and everything before them is finished.

    `after` is a shard that has just ended: then only itself, if it has to be tried again, and what waited for it.
    Shards behind a failed one are marked as skipped on the way, with the reason.
    """
    _give_up(day)
    runs = list(StepRun.objects.filter(date=day).order_by("pk"))
    states = {(r.step, r.shard): r.state for r in runs}
    free = set(StepRun.objects.filter(date=day).claimable().values_list("pk", flat=True))
    chosen = []
    for run in runs:
        if run.pk not in free:
            continue
        before = _states_before(run, states)
        blocked = sorted(name for name, state in before if state in (State.FAILED, State.SKIPPED))
        if blocked and step_named(run.step).sharded:
            _skip(run, "after_failed", {"step": blocked[0]})
            states[run.step, run.shard] = State.SKIPPED
        elif all(state in FINISHED for _name, state in before):
            chosen.append(run)
    return [run.pk for run in chosen if after is None or _waited_for(run, after)]


def _waited_for(run, ended):
    """Whether a shard could not begin before the other one had ended."""
    step, before = step_named(run.step), step_named(ended.step)
    beside = run.shard == ended.shard or not (step.sharded and before.sharded)
    return run.pk == ended.pk or (beside and before.name in _names_before(step))


def _names_before(step):
    """The names of all steps that one waits for, directly or by detours."""
    return set(step.after).union(*(_names_before(step_named(name)) for name in step.after))


def _states_before(run, states):
    """(step, state) of every shard that `run` has to wait for."""
    step = step_named(run.step)
    found = []
    for name in step.after:
        other = step_named(name)
        shards = [run.shard] if other.sharded and step.sharded else range(other.shards)
        found += [(name, states.get((name, shard), State.WAITING)) for shard in shards]
    return found


def _give_up(day):
    """A shard whose last allowed attempt lost its lease has failed."""
    lost = StepRun.objects.filter(date=day, state=State.RUNNING, lease_until__lt=Now(), attempt__gte=MAX_ATTEMPTS)
    lost.update(state=State.FAILED, error="the worker was lost", finished_at=Now())


def _skip(run, code, params):
    note = {"code": code, "params": params}
    StepRun.objects.filter(pk=run.pk, attempt=run.attempt).update(
        state=State.SKIPPED, notes=[note], started_at=Now(), finished_at=Now()
    )


def claim(pk):
    """Take the shard by one conditional UPDATE; None when somebody else has it."""
    taken = (
        StepRun.objects.filter(pk=pk)
        .claimable()
        .update(
            state=State.RUNNING,
            attempt=F("attempt") + 1,
            lease_until=Now() + timedelta(seconds=settings.NIGHT_LEASE_SECONDS),
            started_at=Now(),
            finished_at=None,
            error="",
        )
    )
    return StepRun.objects.get(pk=pk) if taken else None


def run(pk):
    """Claim and run one shard; returns the finished StepRun, or None when it was not ours to run."""
    mine = claim(pk)
    if mine is None:
        return None
    try:
        with source(Entry.Source.JOB), heartbeat(partial(_renew, mine), settings.NIGHT_LEASE_SECONDS):
            _work(mine)
    except LostClaim:
        logger.warning("shard %s was taken over by another worker; nothing written", mine)
    except Skip as reason:
        _skip(mine, reason.code, reason.params)
    except Exception as error:
        logger.exception("shard %s failed", mine)
        _fail(mine, error)
    mine.refresh_from_db()
    return mine


def _work(mine):
    night = Night(mine.date, mine.shard, step_named(mine.step).shards)
    function = import_string(step_named(mine.step).path)
    with transaction.atomic():
        make_room()
        rows = function(night) or 0
        still_mine = StepRun.objects.filter(pk=mine.pk, attempt=mine.attempt, state=State.RUNNING)
        if not still_mine.update(state=State.DONE, rows=rows, notes=night.notes, finished_at=Now()):
            raise LostClaim


def _fail(mine, error):
    """Back to waiting, or failed after the last attempt; the reason stays visible."""
    state = State.FAILED if mine.attempt >= MAX_ATTEMPTS else State.WAITING
    StepRun.objects.filter(pk=mine.pk, attempt=mine.attempt, state=State.RUNNING).update(
        state=state, error=f"{type(error).__name__}: {error}"[:2000], finished_at=Now()
    )


def _renew(mine):
    lease = timedelta(seconds=settings.NIGHT_LEASE_SECONDS)
    StepRun.objects.filter(pk=mine.pk, attempt=mine.attempt, state=State.RUNNING).update(lease_until=Now() + lease)


def unfinished_nights():
    """Dates whose night still has something to do, oldest first."""
    open_runs = StepRun.objects.exclude(state__in=FINISHED).order_by("date")
    return list(open_runs.values_list("date", flat=True).distinct())


def outcome(day):
    """One word for the night of `day`: none, running, done or partial."""
    return outcome_of(set(StepRun.objects.filter(date=day).values_list("state", flat=True)))


def outcome_of(states):
    """One word for a night whose shards are in these states."""
    if not states:
        return "none"
    if states - set(FINISHED):
        return "running"
    return "partial" if State.FAILED in states else "done"
