"""KAM's Celery application with an eager sweeper and, where one asks for them, the tests' faults (`celery -A`)."""

import os

import django

django.setup()

from kam import nightly  # noqa: E402  needs the apps
from kam.celery import app  # noqa: E402
from kam.tasks import run_shard  # noqa: E402
from tests.faults import importing, nights  # noqa: E402

if "FAULTS" in os.environ:
    nightly.STEPS = nights.STEPS
if "LIMIT" in os.environ:
    run_shard.soft_time_limit = int(os.environ["LIMIT"])
    run_shard.time_limit = run_shard.soft_time_limit + 1
if "IMPORTING" in os.environ:
    importing.install()
for name in ("sweep", "imports"):
    app.conf.beat_schedule[name]["schedule"] = 1
