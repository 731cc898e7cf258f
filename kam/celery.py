"""The Celery application. Postgres is the truth; a message is only a doorbell."""

import os
import sys
import time
from logging.config import dictConfig

from celery import Celery, signals
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from kam import logs, pulse, safety

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kam.settings")

app = Celery("kam")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.worker_init.connect
@signals.beat_init.connect
def refuse_unsafe_settings(**_):
    """End the process; an ordinary exception in a signal would only be logged."""
    try:
        safety.refuse_to_serve()
    except ImproperlyConfigured as error:
        sys.exit(str(error))


@signals.setup_logging.connect
def same_log_lines_everywhere(**_):
    """Keep Celery from putting its own format over ours."""
    dictConfig(settings.LOGGING)


@signals.before_task_publish.connect
def name_the_request(headers, **_):
    """A task carries the id of the request that asked for it."""
    if asked := logs.request_id():
        headers["request_id"] = asked


@signals.task_prerun.connect
def begin(task, **_):
    """From here on all lines are the task's."""
    task.request.began = time.monotonic()
    headers = task.request.headers or {}
    logs.task_begins(task.name, headers.get("request_id") or getattr(task.request, "request_id", None))


@signals.task_postrun.connect
def end(task, state, **_):
    """Count the task; every task is a sign of life."""
    pulse.task_finished(task.name, state, time.monotonic() - task.request.began)
    logs.task_ends()


@signals.beat_init.connect
def listen_to_beat(**_):
    """In the process of beat, every task sent is a sign of life."""
    signals.after_task_publish.connect(lambda **_: pulse.beat_rang(), weak=False)
