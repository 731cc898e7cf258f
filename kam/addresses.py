"""Addresses of rows: a page has many of them, which are alike but for the number."""

from functools import cache

from django.urls import get_script_prefix, reverse

STAND_IN = 5_316_824_079


def address_of(name: str, pk: int) -> str:
    """The address of the route `name` whose only argument is the row's number, as `reverse` makes it."""
    before, after = _around(name, get_script_prefix())
    return f"{before}{pk:d}{after}"


@cache
def _around(name, prefix):
    """What stands before and behind the number, below the `prefix` that the server gives this site."""
    return reverse(name, args=[STAND_IN]).split(str(STAND_IN))
