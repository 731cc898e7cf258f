"""The rules by which a week that has come is partial or strangely small. Pure: no database, no clock.

Usual is what the last eight weeks before it were that came: a store is usual when it was in at least half of them,
the usual total is their median, which a single odd week does not move. With fewer than four nothing is usual yet.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from statistics import median

HISTORY = 8
LEAST = 4
TOLERANCE = {"sell_through": 50, "stock": 50}
OF_STORES = ("sell_through", "stock")


@dataclass(frozen=True)
class Verdict:
    """How a week compares with what is expected; `what` is "partial", "small" or empty.

    `expected` stores are None where nobody can say, `usual` is None without enough history.
    """

    what: str
    expected: frozenset[int] | None
    missing: frozenset[int]
    total: Decimal
    usual: Decimal | None

    @property
    def share(self) -> Decimal | None:
        """Which part of the expected stores is there."""
        return None if not self.expected else 1 - Decimal(len(self.missing)) / len(self.expected)

    @property
    def below(self) -> Decimal | None:
        """By which part the total is below what is usual; below zero where it is above."""
        return None if not self.usual else 1 - self.total / self.usual


def judge(feed, known: Mapping, week: date, every: frozenset[int] | None = None) -> Verdict:
    """Judge a week that came by what is `known` of it and of those before; `every` are all stores of the account."""
    told = known[week]
    before = [known[other] for other in sorted(known, reverse=True) if other < week][:HISTORY]
    expected = expected_stores(feed, before, every)
    gone = (expected or frozenset()) - told.stores
    usual = median([other.total for other in before]) if len(before) >= LEAST else None
    found = Verdict("", expected, gone, told.total, usual)
    if found.share is not None and found.share * 100 < feed.completeness:
        return replace(found, what="partial")
    return replace(found, what="small") if _is_small(feed, found) else found


def expected_stores(feed, before, every: frozenset[int] | None = None) -> frozenset[int] | None:
    """The stores that must be in a week's file, by the feed's setting; None where nobody can say."""
    if feed.kind not in OF_STORES or feed.expected_stores == "any" or feed.account_id is None:
        return None
    if feed.expected_stores == "all":
        return every or None
    listed = [other.stores for other in before if other.stores]
    if len(listed) < LEAST:
        return None
    seen = frozenset().union(*listed)
    return frozenset(store for store in seen if 2 * sum(store in stores for stores in listed) >= len(listed))


def tolerance_of(feed) -> int | None:
    """By how many percent a week may be below what is usual; None where that is not judged."""
    return TOLERANCE.get(feed.kind) if feed.tolerance is None else feed.tolerance


def _is_small(feed, found):
    allowed = tolerance_of(feed)
    return allowed is not None and bool(found.usual) and found.usual > 0 and found.below * 100 > allowed
