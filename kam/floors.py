"""What the floors say under one name, each in a module of its own, so that none needs to know another."""

from functools import cache
from importlib import import_module
from importlib.util import find_spec

from django.conf import settings


@cache
def gathered(module, name):
    """The dictionaries called `name` in `<floor>/<module>.py` of all floors, as one; a floor may have none."""
    found = {}
    for floor in settings.FLOORS:
        if find_spec(f"{floor}.{module}"):
            found |= getattr(import_module(f"{floor}.{module}"), name, {})
    return found
