"""Figures for Prometheus. Labels are names of code, such as routes and tasks, never of accounts or people.

Requests are counted by each web process into a file of its own slot (`kam/local/gunicorn_conf.py`), which the next
process in that slot goes on with: counters never fall, and there are as many files as processes. Tasks are counted
in Redis, where they come from. All else is asked of the database when somebody looks.
"""

import hmac
import os
from collections.abc import Iterator

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.utils.module_loading import import_string
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess, values
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from redis.exceptions import RedisError

from kam import jobs, pulse
from kam.sql import dicts

FOLDER, SLOT = "PROMETHEUS_MULTIPROC_DIR", "KAM_METRICS_SLOT"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

if FOLDER in os.environ:
    values.ValueClass = values.MultiProcessValue(lambda: os.environ[SLOT])

_here = CollectorRegistry()
REQUESTS = Counter("kam_requests", "Requests answered", ["method", "route", "status"], registry=_here)
SECONDS = Histogram(
    "kam_request_seconds", "Seconds until an answer begins", ["method", "route"], buckets=BUCKETS, registry=_here
)


def method(name: str) -> str:
    """An HTTP method as a label; whatever a client makes up is OTHER."""
    return name if name in METHODS else "OTHER"


def count_request(name: str, route: str, status: int, seconds: float) -> None:
    """Count one answered request; `route` is the pattern of its page."""
    REQUESTS.labels(method(name), route, str(status)).inc()
    SECONDS.labels(method(name), route).observe(seconds)


def allowed(authorization: str) -> bool:
    """Whether this Authorization header holds KAM_METRICS_TOKEN; without one set, nobody's does."""
    wanted = f"Bearer {settings.METRICS_TOKEN}".encode()
    return bool(settings.METRICS_TOKEN) and hmac.compare_digest(authorization.encode(), wanted)


def page() -> bytes:
    """Everything, in the text format of Prometheus."""
    registry = CollectorRegistry()
    if FOLDER in os.environ:
        multiprocess.MultiProcessCollector(registry, os.environ[FOLDER])
    else:
        registry.register(_here)
    registry.register(_Asked())
    return generate_latest(registry)


class _Asked:
    """What is not counted as it happens, but asked for."""

    def collect(self) -> Iterator[Metric]:
        yield from _backlogs()
        yield from _night()
        yield from _tasks()
        yield _queues()
        yield _connections()
        yield from (figure for name in settings.FIGURES for figure in import_string(name)())


def _backlogs():
    count = GaugeMetricFamily("kam_waiting", "What is due and not done", labels=["kind"])
    age = GaugeMetricFamily("kam_waiting_oldest_seconds", "Age of the oldest of it", labels=["kind"])
    for backlog in jobs.backlogs():
        count.add_metric([backlog.name], backlog.count)
        age.add_metric([backlog.name], backlog.seconds)
    return count, age


def _night():
    night = jobs.last_night()
    age = GaugeMetricFamily("kam_night_age_seconds", "Seconds since a night was finished, or since installation")
    age.add_metric([], night.seconds)
    steps = GaugeMetricFamily("kam_night_shards", "Shards of the newest night", labels=["step", "state"])
    seconds = GaugeMetricFamily("kam_night_step_seconds", "Seconds its shards took, summed", labels=["step"])
    for step, states, took in jobs.newest_night():
        for state, number in states.items():
            steps.add_metric([step, state], number)
        seconds.add_metric([step], took)
    return age, steps, seconds


def _tasks():
    count = CounterMetricFamily("kam_tasks", "Celery tasks finished", labels=["task", "state"])
    seconds = CounterMetricFamily("kam_task_seconds", "Seconds they took, summed", labels=["task"])
    counted, took = pulse.tasks()
    for (task, state), number in sorted(counted.items()):
        count.add_metric([task, state], number)
    for task, total in sorted(took.items()):
        seconds.add_metric([task], total)
    return count, seconds


def _queues():
    family = GaugeMetricFamily("kam_queue_messages", "Messages waiting in Redis", labels=["queue"])
    try:
        for queue in jobs.queues():
            family.add_metric([queue], cache._cache.get_client().llen(queue))
    except (RedisError, OSError):
        family.samples.clear()
    return family


def _connections():
    family = GaugeMetricFamily("kam_database_connections", "Connections to the database", labels=["state"])
    found = dicts(
        "SELECT coalesce(state, 'unknown') AS state, count(*) AS n FROM pg_stat_activity"
        " WHERE datname = current_database() AND backend_type = 'client backend' GROUP BY 1",
        [],
    )
    for row in found:
        family.add_metric([row["state"]], row["n"])
    family.add_metric(["allowed"], _allowed_connections())
    return family


def _allowed_connections():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('max_connections')::int")
        return cursor.fetchone()[0]
