"""Search everywhere: each floor finds its own rows, through the access rule, in the order of SOURCES."""

from typing import NamedTuple

from django.utils.module_loading import import_string

from kam.words import spoken

SOURCES = ("accounts.search.find", "plans.search.find", "tradeterms.search.find", "kpis.search.find")
LONGEST = 100
SHOWN = 6


class Hit(NamedTuple):
    """One row that was found: what it is called, small text beside it, and where it is."""

    title: str
    beside: str
    url: str


class Group(NamedTuple):
    """The hits of one kind; `more` leads to the list with all of them, empty when these are all."""

    label: str
    icon: str
    hits: list
    more: str = ""


def find(user, text):
    """The groups of hits for `text` that `user` sees; none for text without a letter or digit."""
    words = spoken(text[:LONGEST].split())
    groups = [group for source in SOURCES for group in import_string(source)(user, words)] if words else []
    return [group for group in groups if group.hits]


def group(label, icon, rows, hit, more=""):
    """A group of the first rows; `hit(row)` makes a Hit."""
    found = list(rows[: SHOWN + 1])
    return Group(str(label), icon, [hit(row) for row in found[:SHOWN]], more if len(found) > SHOWN else "")
