"""`manage.py nightly` with the night of the tests; says when it has planned (`python -m`)."""

from django.core.management import call_command

import tests.faults.app  # noqa: F401  the apps, and the night of the tests
from kam import night

plan_night = night.plan_night


def plan_and_say(*args, **kwargs):
    plan_night(*args, **kwargs)
    print("planned", flush=True)


night.plan_night = plan_and_say
call_command("nightly")
