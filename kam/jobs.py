"""Does the work go on? What waits and for how long, when a night was last finished, whether beat and workers live.

Floors tell what waits by functions named in settings.BACKLOGS; each returns a Backlog.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.conf import settings
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Max, Min
from django.utils import timezone
from django.utils.module_loading import import_string

from kam import night, pulse
from kam.models import Delivery, Mail, StepRun


@dataclass(frozen=True)
class Backlog:
    """What is due and not done: how many, and since when the oldest could have been done."""

    name: str
    count: int
    since: datetime | None

    @property
    def seconds(self) -> float:
        """Age of the oldest in seconds, 0 when nothing waits."""
        return seconds_since(self.since) if self.since else 0.0


@dataclass(frozen=True)
class LastNight:
    """The newest night that came to its end: its outcome (none, done, partial), and seconds since then."""

    outcome: str
    seconds: float


def seconds_since(moment: datetime) -> float:
    """Seconds from `moment` to now, never below 0."""
    return max((timezone.now() - moment).total_seconds(), 0.0)


def backlogs() -> list[Backlog]:
    """What waits, of all floors."""
    return [import_string(path)() for path in settings.BACKLOGS]


def queues() -> list[str]:
    """The names of all queues that tasks are sent to."""
    return sorted({settings.CELERY_TASK_DEFAULT_QUEUE, *(r["queue"] for r in settings.CELERY_TASK_ROUTES.values())})


def last_night() -> LastNight:
    """Until a night has been finished, the time runs from the installation."""
    unfinished = night.unfinished_nights()
    finished = StepRun.objects.exclude(date__in=unfinished)
    ended = finished.values("date").annotate(at=Max("finished_at")).filter(at__isnull=False)
    last = ended.order_by("-date").first()
    if last is None:
        return LastNight("none", seconds_since(_installed()))
    return LastNight(night.outcome(last["date"]), seconds_since(last["at"]))


def _installed():
    return MigrationRecorder.Migration.objects.aggregate(at=Min("applied"))["at"]


def newest_night() -> Iterator[tuple[str, dict[str, int], float]]:
    """(step, {state: shards}, seconds of all shards) of the newest night, in the order of the night."""
    day = StepRun.objects.aggregate(day=Max("date"))["day"]
    found = defaultdict(list)
    for run in StepRun.objects.filter(date=day):
        found[run.step].append(run)
    for step in night.steps():
        states = dict.fromkeys(StepRun.State.values, 0)
        for run in found[step.name]:
            states[run.state] += 1
        yield step.name, states, sum(run.seconds or 0 for run in found[step.name])


def steps() -> Backlog:
    """Shards of unfinished nights; they have waited since their hour came or a shard last moved, whatever is later."""
    unfinished = night.unfinished_nights()
    runs = StepRun.objects.filter(date__in=unfinished)
    moved = runs.values("date").annotate(started=Max("started_at"), finished=Max("finished_at"))
    since = [max(filter(None, [_due(row["date"]), row["started"], row["finished"]])) for row in moved]
    return Backlog("step", runs.exclude(state__in=night.FINISHED).count(), min(since, default=None))


def _due(day):
    midnight = datetime.combine(day + timedelta(days=1), time(), UTC)
    return midnight + timedelta(hours=settings.NIGHT_STARTS_UTC)


def deliveries() -> Backlog:
    """Events that should be on their way to a webhook by now."""
    return _due_now("delivery", Delivery.objects.filter(state=Delivery.State.WAITING, webhook__is_active=True))


def mails() -> Backlog:
    """Messages that should have been sent by now."""
    return _due_now("mail", Mail.objects.filter(state=Mail.State.WAITING))


def _due_now(name, rows):
    due = rows.filter(run_after__lte=timezone.now())
    return Backlog(name, due.count(), due.aggregate(since=Min("run_after"))["since"])


def report() -> tuple[dict[str, float | str | None], list[str]]:
    """Ages in seconds by name, and what is wrong, in a word and two figures each. Holds no data of accounts."""
    last = last_night()
    ages = {"night": last.seconds} | {f"oldest_{b.name}": b.seconds for b in backlogs()}
    ages |= {"beat": pulse.seconds_since_beat(), "worker": pulse.seconds_since_work()}
    wrong = [f"{name} is {age:.0f} s old, allowed are {_limit(name)} s" for name, age in _late(ages)]
    wrong += [f"{name} has not been heard of" for name, age in ages.items() if age is None]
    wrong += ["the last night is partial"] if last.outcome == "partial" else []
    wrong += [] if pulse.queue_answers() else ["the queue is unreachable"]
    shown = {name: None if age is None else round(age) for name, age in ages.items()}
    return shown | {"night_outcome": last.outcome}, wrong


def _late(ages):
    return [(name, age) for name, age in ages.items() if age is not None and age > _limit(name)]


def _limit(name):
    return settings.JOB_LIMITS.get(name, settings.JOB_LIMITS["waiting"])
