"""The three questions: does the process live, can it serve, does the work go on?"""

import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from kam import jobs, night, pulse
from kam.models import Delivery, Mail, StepRun
from tests import make

pytestmark = pytest.mark.django_db
TODAY = datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.fixture
def alive(redis_client):
    """Beat and a worker were heard of just now."""
    pulse.beat_rang()
    pulse.task_finished("kam.tasks.sweep", "SUCCESS", 0.01)


@pytest.fixture
def at_nine(monkeypatch):
    """It is nine o'clock UTC on 24 November 2026; nights start at two."""
    monkeypatch.setattr(timezone, "now", lambda: TODAY)


def ask():
    answer = Client().get("/healthz/jobs")
    return answer.status_code, answer.json()


def finished_night(day, at, state="done"):
    night.plan_night(day)
    StepRun.objects.filter(date=day).update(state=state, started_at=at, finished_at=at)


def test_a_living_process_says_so():
    assert Client().get("/livez").json() == {"status": "ok"}


def test_ready_with_database_disk_and_redis(redis_client):
    answer = Client().get("/readyz")
    checks = {"database": "ok", "disk": "ok", "redis": "ok"}
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "checks": checks})


def test_a_fresh_installation_is_well(alive):
    status, told = ask()
    assert (status, told["status"], told["checks"]["reasons"]) == (200, "ok", [])
    assert told["checks"]["night_outcome"] == "none"


def test_only_ages_and_verdicts_are_told(alive):
    checks = ask()[1]["checks"]
    waiting = {f"oldest_{name}" for name in ("step", "delivery", "mail", "import")}
    assert set(checks) == {"night", "night_outcome", "beat", "worker", "reasons"} | waiting


def test_without_a_night_the_time_runs_from_the_installation(alive, at_nine):
    installed = MigrationRecorder.Migration.objects.order_by("applied").first().applied
    assert jobs.last_night() == jobs.LastNight("none", max((TODAY - installed).total_seconds(), 0))


def test_a_night_too_long_ago_is_late(alive, at_nine):
    finished_night(TODAY.date() - timedelta(days=3), TODAY - timedelta(hours=50))
    status, told = ask()
    assert (status, told["checks"]["night"], told["checks"]["night_outcome"]) == (503, 180_000, "done")
    assert told["checks"]["reasons"] == ["night is 180000 s old, allowed are 108000 s"]


def test_a_partial_night_is_told(alive, at_nine):
    finished_night(TODAY.date() - timedelta(days=1), TODAY - timedelta(hours=6), state="failed")
    status, told = ask()
    assert (status, told["checks"]["reasons"]) == (503, ["the last night is partial"])


def test_shards_wait_since_the_hour_of_the_night_or_the_last_movement(at_nine):
    night.plan_night(TODAY.date() - timedelta(days=1))
    assert jobs.steps().seconds == 7 * 3600
    first = StepRun.objects.order_by("pk").first()
    moved = TODAY - timedelta(minutes=2)
    StepRun.objects.filter(pk=first.pk).update(state="done", started_at=moved, finished_at=moved)
    assert jobs.steps().seconds == 120
    assert jobs.steps().count == StepRun.objects.count() - 1


def test_mail_that_is_due_counts_and_mail_of_later_does_not(alive, at_nine):
    finished_night(TODAY.date() - timedelta(days=1), TODAY - timedelta(hours=6))
    person = make.user()
    due = {"user": person, "kind": "digest", "run_after": TODAY - timedelta(hours=1)}
    Mail.objects.create(key="due", **due)
    Mail.objects.create(key="later", **due | {"run_after": TODAY + timedelta(hours=1)})
    Mail.objects.create(key="sent", **due | {"state": Mail.State.SENT})
    assert (jobs.mails().count, jobs.mails().seconds) == (1, 3600)
    assert ask()[1]["checks"]["reasons"] == ["oldest_mail is 3600 s old, allowed are 900 s"]


def test_nothing_waits_in_an_empty_house():
    assert {(b.name, b.count, b.seconds) for b in jobs.backlogs()} == {
        ("step", 0, 0),
        ("delivery", 0, 0),
        ("mail", 0, 0),
        ("import", 0, 0),
    }
    assert jobs.deliveries() == jobs.Backlog("delivery", Delivery.objects.count(), None)


def test_silence_of_beat_and_workers_is_told(redis_client):
    status, told = ask()
    assert status == 503
    assert told["checks"]["reasons"] == ["beat has not been heard of", "worker has not been heard of"]


def test_beat_that_fell_silent_is_late(alive, redis_client):
    redis_client.set(pulse.BEAT, time.time() - 600)
    assert ask()[1]["checks"]["reasons"] == ["beat is 600 s old, allowed are 180 s"]


def test_an_unreachable_queue_is_told(alive, monkeypatch):
    monkeypatch.setattr(pulse, "queue_answers", lambda: False)
    assert ask()[1]["checks"]["reasons"] == ["the queue is unreachable"]
