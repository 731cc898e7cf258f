"""Addresses of rows, of which a page has many that are alike but for the number, and of what every page leads to."""

from functools import cache

from django.urls import get_script_prefix, reverse

STAND_IN = 5_316_824_079


def address_of(name: str, pk: int, *words: str) -> str:
    """The address of the route `name` whose arguments are the row's number and `words` of which there are few.

    It is as `reverse` makes it.
    """
    before, after = _around(name, words, get_script_prefix())
    return f"{before}{pk:d}{after}"


def page_address(name: str) -> str:
    """The address of the route `name` that has no arguments, as `reverse` makes it."""
    return _known(name, get_script_prefix())


@cache
def _known(name, prefix):
    """What it is below the `prefix` that the server gives this site."""
    return reverse(name)


@cache
def _around(name, words, prefix):
    """What stands before and behind the number, below this prefix."""
    return reverse(name, args=[STAND_IN, *words]).split(str(STAND_IN))
