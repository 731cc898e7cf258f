"""The night's engine: claimed once, three attempts, what failed keeps back only what stands behind it."""

import threading
import time
from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from accounts.models import Team
from kam import night, nightly, tasks
from kam.models import StepRun
from kam.night import NightStep, Skip

DAY = date(2026, 11, 23)
HERE = "tests.kam.test_night"
calls = []


def quiet(n):
    calls.append((n.date, n.shard))
    n.note("seen", shard=n.shard)
    return 7


def broken(n):
    Team.objects.create(name=f"half done {n.shard}")
    raise ValueError("no price list")


def broken_in_shard_1(n):
    return broken(n) if n.shard == 1 else 1


def late(n):
    raise Skip("feed_late", feed="Nordlicht")


def told_its_memory(n):
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('work_mem'), current_setting('hash_mem_multiplier')")
        calls.append(cursor.fetchone())


@pytest.fixture(autouse=True)
def two_shards(settings):
    settings.NIGHT_SHARDS = 2
    calls.clear()


def use(monkeypatch, *steps):
    monkeypatch.setattr(nightly, "STEPS", steps)


def drive(day=DAY):
    night.plan_night(day)
    while chosen := night.ready(day):
        for pk in chosen:
            night.run(pk)


def states(day=DAY):
    return {(r.step, r.shard): r.state for r in StepRun.objects.filter(date=day)}


@pytest.mark.django_db
def test_every_shard_runs_once_with_rows_and_notes(monkeypatch):
    use(monkeypatch, NightStep("a", f"{HERE}.quiet"))
    drive()
    assert calls == [(DAY, 0), (DAY, 1)]
    assert list(StepRun.objects.order_by("shard").values_list("state", "rows", "notes")) == [
        ("done", 7, [{"code": "seen", "params": {"shard": 0}}]),
        ("done", 7, [{"code": "seen", "params": {"shard": 1}}]),
    ]
    assert night.outcome(DAY) == "done"


@pytest.mark.django_db
def test_a_shard_that_fails_three_times_makes_the_night_partial_and_the_rest_goes_on(monkeypatch):
    use(
        monkeypatch,
        NightStep("a", f"{HERE}.broken_in_shard_1"),
        NightStep("b", f"{HERE}.quiet", after=("a",)),
        NightStep("c", f"{HERE}.quiet"),
    )
    drive()
    assert states() == {
        ("a", 0): "done",
        ("a", 1): "failed",
        ("b", 0): "done",
        ("b", 1): "skipped",
        ("c", 0): "done",
        ("c", 1): "done",
    }
    failed = StepRun.objects.get(step="a", shard=1)
    assert (failed.attempt, failed.error) == (3, "ValueError: no price list")
    assert StepRun.objects.get(step="b", shard=1).notes == [{"code": "after_failed", "params": {"step": "a"}}]
    assert night.outcome(DAY) == "partial"
    assert not Team.objects.exists()


@pytest.mark.django_db
def test_an_unsharded_step_waits_for_all_shards_but_runs_even_after_a_failure(monkeypatch):
    use(
        monkeypatch,
        NightStep("a", f"{HERE}.broken_in_shard_1"),
        NightStep("end", f"{HERE}.quiet", after=("a",), sharded=False),
    )
    drive()
    assert states() == {("a", 0): "done", ("a", 1): "failed", ("end", 0): "done"}


@pytest.mark.django_db
def test_a_shard_that_has_ended_frees_only_what_waited_for_it(monkeypatch):
    use(
        monkeypatch,
        NightStep("a", f"{HERE}.broken_in_shard_1"),
        NightStep("b", f"{HERE}.quiet", after=("a",)),
        NightStep("c", f"{HERE}.quiet"),
        NightStep("end", f"{HERE}.quiet", after=("b",), sharded=False),
    )
    night.plan_night(DAY)
    pks = {(r.step, r.shard): r.pk for r in StepRun.objects.filter(date=DAY)}
    assert night.ready(DAY) == [pks[key] for key in (("a", 0), ("a", 1), ("c", 0), ("c", 1))]

    def freed(*key):
        found = night.ready(DAY, after=night.run(pks[key]))
        return [other for other, pk in pks.items() if pk in found]

    assert freed("a", 0) == [("b", 0)]
    assert [freed("a", 1) for _ in range(3)] == [[("a", 1)], [("a", 1)], []]
    assert freed("c", 0) == []
    assert freed("b", 0) == [("end", 0)]


@pytest.mark.django_db(transaction=True)
def test_a_step_has_room_for_its_hash_tables_and_nobody_after_it(monkeypatch):
    use(monkeypatch, NightStep("memory", f"{HERE}.told_its_memory", sharded=False))
    told_its_memory(None)
    drive()
    told_its_memory(None)
    before, within, after = calls
    assert (within, after) == (("64MB", "4"), before)
    assert before != within


@pytest.mark.django_db
def test_a_skipped_step_says_why_and_holds_back_what_depends_on_it(monkeypatch):
    use(monkeypatch, NightStep("a", f"{HERE}.late"), NightStep("b", f"{HERE}.quiet", after=("a",)))
    drive()
    assert set(states().values()) == {"skipped"}
    assert StepRun.objects.get(step="a", shard=0).notes == [{"code": "feed_late", "params": {"feed": "Nordlicht"}}]


@pytest.mark.django_db
def test_a_finished_night_runs_again_as_a_whole_and_an_interrupted_one_resumes(monkeypatch):
    use(monkeypatch, NightStep("a", f"{HERE}.quiet"))
    drive()
    drive()
    assert len(calls) == 4
    StepRun.objects.filter(shard=1).update(state="waiting", attempt=0)
    drive()
    assert calls[4:] == [(DAY, 1)]


@pytest.mark.django_db
def test_from_step_puts_back_that_step_and_all_after_it(monkeypatch):
    use(monkeypatch, NightStep("a", f"{HERE}.quiet"), NightStep("b", f"{HERE}.quiet"))
    drive()
    night.plan_night(DAY, from_step="b")
    assert states() == {("a", 0): "done", ("a", 1): "done", ("b", 0): "waiting", ("b", 1): "waiting"}


@pytest.mark.django_db
def test_a_shard_is_claimed_once_and_again_only_when_its_lease_has_run_out(monkeypatch):
    use(monkeypatch, NightStep("a", f"{HERE}.quiet"))
    night.plan_night(DAY)
    pk = night.ready(DAY)[0]
    assert night.claim(pk).attempt == 1
    assert night.claim(pk) is None
    StepRun.objects.filter(pk=pk).update(lease_until=Now() - timedelta(seconds=1))
    assert night.claim(pk).attempt == 2


def taken_over(n):
    """While this shard works, its lease runs out and another worker claims it."""
    Team.objects.create(name="written by the stopped worker")
    StepRun.objects.filter(date=n.date).update(attempt=2)
    return 1


@pytest.mark.django_db
def test_who_lost_the_claim_writes_nothing(monkeypatch):
    use(monkeypatch, NightStep("a", f"{HERE}.taken_over", sharded=False))
    night.plan_night(DAY)
    run = night.run(night.ready(DAY)[0])
    assert (run.state, run.rows) == ("running", 0)
    assert not Team.objects.exists()


@pytest.mark.django_db
def test_a_shard_whose_worker_died_three_times_has_failed(monkeypatch):
    use(monkeypatch, NightStep("a", f"{HERE}.quiet", sharded=False))
    night.plan_night(DAY)
    StepRun.objects.update(state="running", attempt=3, lease_until=Now() - timedelta(seconds=1))
    assert night.ready(DAY) == []
    assert states() == {("a", 0): "failed"}


@pytest.mark.django_db
def test_failures_can_be_given_three_more_attempts(monkeypatch):
    use(monkeypatch, NightStep("a", f"{HERE}.broken", sharded=False))
    drive()
    use(monkeypatch, NightStep("a", f"{HERE}.quiet", sharded=False))
    night.rerun_failures(DAY)
    drive()
    assert states() == {("a", 0): "done"}


@pytest.mark.django_db(transaction=True)
def test_a_night_that_is_run_while_beat_looks_is_not_begun_again(monkeypatch, settings):
    """Beat found no night, then waited for whoever planned one; when it gets on, that night is done."""
    use(monkeypatch, NightStep("a", f"{HERE}.quiet"))
    settings.NIGHT_STARTS_UTC, day = 0, night.default_date()
    beat = threading.Thread(target=look_once)
    with transaction.atomic():
        night.plan_night(day)
        beat.start()
        while not waits_for_somebody():
            time.sleep(0.02)
        StepRun.objects.update(state="done")
    beat.join(30)
    assert states(day) == {("a", 0): "done", ("a", 1): "done"}


def look_once():
    try:
        tasks.start_night()
    finally:
        connection.close()


def waits_for_somebody():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0]
