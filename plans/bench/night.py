"""The night on a company of a thousand accounts: the first one, and ordinary ones that a week of files precedes."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from kam import night
from kam.local.children import Child, stop_all, tail
from kam.models import StepRun
from kam.tasks import ring_ready
from kpis.bench import clock
from kpis.models import Touched
from plans.bench import company, facts
from plans.bench.company import Size
from plans.bench.figures import figure, load

FACTS = ("kpis_sellthrough", "kpis_orderline", "kpis_invoiceline", "kpis_openitem")
WEEK = timedelta(weeks=1)
PATIENCE = 1800
WORKER = ["-m", "celery", "-A", "kam", "worker", "--queues", "night", "--concurrency", "2", "--loglevel", "INFO"]
WORKER += ["--without-gossip", "--without-mingle"]


def nights(write, size: Size | None = None) -> Iterator[dict]:
    """Seconds of three nights a week apart: the first over all history, one in this process, one by a real worker.

    The worker has two processes and is there before its clock starts.
    """
    size = size or Size()
    last = night.default_date()
    first = last - 2 * WEEK
    Touched.objects.all().delete()  # another bench's facts are none of this company's night
    with clock() as built:
        rows = company.build(size, first)
    stored = sum(rows[table] for table in FACTS)
    write(f"{size.accounts:,} accounts, {stored:,} rows of facts: {_said(rows)}")
    yield figure(f"making {stored / 1e6:.2f} M rows of facts, no part of the night", built.seconds, "s")
    yield from _measured(first, "first night", in_this_process)
    _deliver(write, size, first, first + WEEK)
    yield from _measured(first + WEEK, "night", in_this_process)
    _deliver(write, size, first, last)
    with _worker() as worker:
        yield from _measured(last, "night by the worker", partial(by_the_worker, worker))
    yield load()


def _deliver(write, size, first, day):
    news = facts.deliver(size, facts.beginning(size, first), day - WEEK, day)
    write(f"a week's files before the night of {day}: {_said(news)}")


def _said(rows):
    return ", ".join(f"{count:,} in {table}" for table, count in rows.items())


def _measured(day, name, run):
    """Wall-clock seconds of one night in all, and the sum of its shards' seconds by step, with what was written."""
    with clock() as passed:
        run(day)
    runs = list(StepRun.objects.filter(date=day))
    done = [r for r in runs if r.state == StepRun.State.DONE]
    if len(done) < len(runs):
        raise RuntimeError(f"The night of {day} is {night.outcome(day)}: {next(r.error for r in runs if r.error)}")
    yield figure(f"{name}, {len(done)} of {len(runs)} shards, {sum(r.rows for r in done):,} rows", passed.seconds, "s")
    for step in night.steps():
        of_step = [r for r in done if r.step == step.name]
        yield figure(
            f"{name}, {step.name}, {sum(r.rows for r in of_step):,} rows", sum(r.seconds for r in of_step), "s"
        )


def in_this_process(day):
    """Run every shard one after the other, as `manage.py nightly` does."""
    night.plan_night(day)
    while chosen := night.ready(day):
        for pk in chosen:
            night.run(pk)


def by_the_worker(worker, day):
    """Ring for the night, as beat does, and wait until the Celery worker has done it."""
    night.plan_night(day)
    ring_ready(day)
    _wait(lambda: night.outcome(day) != "running", worker)


@contextmanager
def _worker():
    with TemporaryDirectory() as folder:
        worker = Child("worker", [sys.executable, *WORKER], log=Path(folder) / "worker.log", env=dict(os.environ))
        worker.start()
        try:
            _wait(lambda: " ready." in tail(worker.log, 200), worker)
            yield worker
        finally:
            stop_all([worker], 20)


def _wait(condition, worker):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if worker.process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"The worker does not go on:\n{tail(worker.log)}")
        time.sleep(0.05)
