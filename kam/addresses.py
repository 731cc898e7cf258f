"""Addresses of rows: a page has many of them, which are alike but for the number."""

from functools import cache

from django.urls import get_script_prefix, reverse

STAND_IN = 5_316_824_079


def address_of(name: str, pk: int, *words: str) -> str:
    """The address of the route `name` whose arguments are the row's number and `words` of which there are few.

    It is as `reverse` makes it.
    """
    before, after = _around(name, words, get_script_prefix())
    return f"{before}{pk:d}{after}"


@cache
def _around(name, words, prefix):
    """What stands before and behind the number, below the `prefix` that the server gives this site."""
    return reverse(name, args=[STAND_IN, *words]).split(str(STAND_IN))
