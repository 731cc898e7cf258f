"""Search everywhere: each floor finds its own rows, through the access rule, in the order of SOURCES."""

from typing import NamedTuple

from django.db.models import Q
from django.utils.module_loading import import_string

from kam.text import sort_key

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
    words = text[:LONGEST].split()
    if not any(c.isalnum() for word in words for c in word):
        return []
    groups = [group for source in SOURCES for group in import_string(source)(user, words)]
    return [group for group in groups if group.hits]


def named(words, *, name="sort_name", code="code"):
    """Rows of which every word begins the number, or a word of the name; names are compared by their sort key."""
    found = Q()
    for word in words:
        key = sort_key(word)
        found &= Q(**{f"{code}__istartswith": word}) | begins(name, key)
    return found


def begins(name, key):
    """Rows with a word in `name`, a sort key, that begins with `key`."""
    return Q(**{f"{name}__startswith": key}) | Q(**{f"{name}__contains": f" {key}"})


def group(label, icon, rows, hit, more=""):
    """A group of the first rows; `hit(row)` makes a Hit."""
    found = list(rows[: SHOWN + 1])
    return Group(str(label), icon, [hit(row) for row in found[:SHOWN]], more if len(found) > SHOWN else "")
