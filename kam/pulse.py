"""Signs of life of beat and workers, and how many tasks they finished: kept in Redis, where tasks come from."""

import logging
import time

from django.core.cache import cache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)
BEAT, WORK = "kam:pulse:beat", "kam:pulse:work"
COUNTS, SECONDS = "kam:tasks", "kam:task-seconds"


def _redis():
    return cache._cache.get_client()


def beat_rang() -> None:
    """Beat has sent a task."""
    _note(lambda redis: redis.set(BEAT, time.time()))


def task_finished(task: str, state: str, seconds: float) -> None:
    """A worker has come to the end of a task; `state` is Celery's word for how."""

    def write(redis):
        pipe = redis.pipeline(transaction=False)
        pipe.set(WORK, time.time())
        pipe.hincrby(COUNTS, f"{task} {state}", 1)
        pipe.hincrbyfloat(SECONDS, task, seconds)
        pipe.execute()

    _note(write)


def _note(write):
    try:
        write(_redis())
    except (RedisError, OSError) as error:
        logger.warning("no sign of life could be left: %s", error)


def seconds_since_beat() -> float | None:
    """None when nothing is known of beat."""
    return _age(BEAT)


def seconds_since_work() -> float | None:
    """Seconds since a worker finished any task, None when nothing is known; the sweep comes every half minute."""
    return _age(WORK)


def _age(key):
    try:
        noted = _redis().get(key)
    except (RedisError, OSError):
        return None
    return None if noted is None else max(time.time() - float(noted), 0.0)


def queue_answers() -> bool:
    try:
        return bool(_redis().ping())
    except (RedisError, OSError):
        return False


def tasks() -> tuple[dict[tuple[str, str], int], dict[str, float]]:
    """({(task, state): number}, {task: seconds}) since Redis was empty; both empty when it is away."""
    try:
        counts, seconds = _redis().hgetall(COUNTS), _redis().hgetall(SECONDS)
    except (RedisError, OSError):
        return {}, {}
    found = {tuple(key.decode().split(" ")): int(n) for key, n in counts.items()}
    return found, {task.decode(): float(total) for task, total in seconds.items()}
