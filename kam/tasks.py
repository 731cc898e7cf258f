"""Celery entry points of the kernel. Messages only ring; what is to be done stands in Postgres."""

import logging

from celery import shared_task
from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from kam import mail, night
from kam.api import idempotency
from kam.cache import check_redis
from kam.leases import alone
from kam.models import StepRun
from kam.webhooks import dispatch, sender

logger = logging.getLogger(__name__)


def ring(task, *args):
    """Send a message if the broker is there; the sweeper rings again if not.

    It is asked first, because Celery waits for seconds for one that is gone, and for ever for one that stands still.
    """
    try:
        check_redis()
        task.apply_async(args, retry=False)
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("could not ring %s: %s", task.name, error)


def ring_ready(day, *, after=None):
    """Ring for what can be claimed; `after` a shard only for what waited for it, as the rest has been rung for."""
    for pk in night.ready(day, after=after):
        ring(run_shard, pk)


@shared_task
def start_night():
    """Plan the night of yesterday once its hour has come. Any number of beats make one night."""
    day = night.default_date()
    is_time = timezone.now().hour >= settings.NIGHT_STARTS_UTC
    if is_time and not StepRun.objects.filter(date=day).exists() and night.begin(day):
        ring_ready(day)


@shared_task
def run_shard(pk):
    """Run one shard, then ring for what it made ready."""
    finished = night.run(pk)
    if finished:
        ring_ready(finished.date, after=finished)


@shared_task(time_limit=3600, soft_time_limit=3500)
def tidy():
    """Throw away what has had its time; what goes wrong with one thing does not keep the others."""
    for path in settings.TIDIERS:
        try:
            logger.info("%s: %s removed", path, import_string(path)(timezone.now()))
        except Exception:
            logger.exception("%s failed", path)


@shared_task
def sweep():
    """Ring again for everything that is ready and has no message under way."""
    for day in night.unfinished_nights():
        ring_ready(day)


@shared_task
def forget_answers():
    """Answers of the API are given again for a day, then forgotten."""
    idempotency.purge()


@shared_task
def tell_webhooks():
    """Make deliveries of what happened, and send what is due; one worker at a time."""
    with alone("webhooks") as mine:
        if mine:
            dispatch.read_on()
            sender.send_due()


@shared_task
def send_mail():
    """Send the messages that are due; one worker at a time, so that a slow server never holds both of them."""
    with alone("mail") as mine:
        if mine:
            mail.send_waiting()
