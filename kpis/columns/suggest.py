"""Which field a column may be: by what it is called, then by what stands in it."""

import re
from collections import Counter
from difflib import SequenceMatcher
from functools import cache, lru_cache

from kam.text import folded
from kpis.columns.seen import Seen
from kpis.columns.words import GTINS, words_of
from kpis.imports.kinds import DATES, NUMBERS, Kind, Type

CLOSE, LEAST = 0.84, 0.6
LETTERS = 0.8  # that two words share
# The first rows are tried as headers, so many cells of each; what is kept of them has an end.
TRIED, KEPT = 100, 20_000


def normal(text: str) -> str:
    """A header without case, marks and the difference of its blanks, so that `Stück-Zahl` is `stuck zahl`."""
    return " ".join(re.findall(r"[^\W_]+", folded(text)))


def suggested(kind: Kind, seen: list[Seen]) -> dict[str, int]:
    """The position of the column that each field may be: the surest first, each column and each field once."""
    scores = [
        (score, -at, -column.position, field.name, column.position)
        for column in seen
        for at, field in enumerate(kind.fields)
        if (score := likeness(column.name, field.name) * _fits(column, field)) >= LEAST
    ]
    fields, taken = {}, set()
    for _score, _at, _left, name, position in sorted(scores, reverse=True):
        if name not in fields and position not in taken:
            fields[name] = position
            taken.add(position)
    return fields


def recognised(kind: Kind, names) -> int:
    """How many of the first headers are called like a field."""
    return sum(any(likeness(name, field.name) >= LEAST for field in kind.fields) for name in names[:TRIED])


@lru_cache(KEPT)
def likeness(header: str, field: str) -> float:
    """How much a header is called like a field, from 0 to 1."""
    header = normal(header)
    if not header:
        return 0
    theirs = frozenset(header.split())
    return max(_likeness(header, theirs, word, ours, at) for at, (word, ours) in enumerate(_words(field)))


def _likeness(header, theirs, word, ours, at):
    """The same words are the same; else a word within the other, else nearly the same letters."""
    if header == word:
        return 1 - at / 1000
    if ours < theirs or theirs < ours:
        return 0.6 + 0.3 * len(ours & theirs) / len(ours | theirs)
    if min(len(header), len(word)) >= 2 and not header.isascii() and (word in header or header in word):
        return 0.6 + 0.3 * min(len(word), len(header)) / max(len(word), len(header))
    near = _nearness(header, word) if len(header) > 3 else 0
    return near * 0.9 if near >= CLOSE and _has_slips_only(theirs - ours, ours - theirs) else 0


def _has_slips_only(theirs, ours):
    """Whether words have nearly the same letters, in any order: a county number is not nearly an account number."""
    first, second = (Counter("".join(words)) for words in (theirs, ours))
    return 2 * (first & second).total() >= LETTERS * (first + second).total()


def _nearness(header, word):
    """How far the letters of two words are the same, in order; 0 where it is easily seen that they are not close."""
    alike = CLOSE * (len(header) + len(word)) / 2
    if min(len(header), len(word)) < alike or len(header) - len(set(header).difference(word)) < alike:
        return 0
    return SequenceMatcher(None, header, word).ratio()


@cache
def _words(field):
    """(word, its parts) of what a field is called."""
    words = map(normal, words_of(field))
    return tuple((word, frozenset(word.split())) for word in words)


def _fits(column, field):
    """1 where what stands in the column can be the field, or nothing does; less where it cannot."""
    if not column.values:
        return 0.9
    if field.type in NUMBERS:
        return 1 if column.is_number else 0.3
    if field.type in DATES:
        is_week_number = field.type is Type.WEEK and column.is_number
        return 1 if column.dates or is_week_number else 0.4
    return 1


def is_gtin(column: Seen) -> bool:
    """Whether a column of products holds GTINs, by its header or by its cells."""
    return normal(column.name) in GTINS or (column.is_gtin and bool(column.values) and len(column.values[0]) >= 12)
