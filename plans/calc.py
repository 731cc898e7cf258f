"""The arithmetic of plans on Decimals and dates: no database, no clock. Rates are fractions; unknown is None."""

from dataclasses import dataclass
from decimal import Decimal

ZERO = Decimal(0)
# Beyond these a changed target is shown to the signer, and a measure behind its path raises an alert.
CHANGE_SHARE, CHANGE_RATE = Decimal("0.05"), Decimal("0.005")
BEHIND_SHARE, BEHIND_RATE = Decimal("0.10"), Decimal("0.01")

OPEN, REACHED, ON_TRACK, BEHIND = "open", "reached", "on_track", "behind"
UNCHANGED, WITHIN, BEYOND = "unchanged", "within", "beyond"


def expected(target: Decimal, base: Decimal | None, share: Decimal, *, sums: bool) -> Decimal:
    """Where a measure should stand after `share` of the year.

    What sums up over the year should have brought that share of its target; a rate or level goes that share of the
    way from base to target, and stands at the target all year when it has no base.
    """
    if sums:
        return target * share
    return target if base is None else base + (target - base) * share


def direction(good: str, base: Decimal | None, target: Decimal) -> str:
    """Which way is welcome, "up", "down" or "": as the measure says, else as the plan moves from base to target."""
    if good or base is None or base == target:
        return good
    return "up" if target > base else "down"


def missing(actual: Decimal, aim: Decimal, way: str) -> Decimal:
    """By how much `actual` is worse than `aim`; 0 or less when it is not."""
    if way == "up":
        return aim - actual
    return actual - aim if way == "down" else abs(actual - aim)


def tolerance(aim: Decimal, *, rate: bool, share: Decimal, points: Decimal) -> Decimal:
    """How far from `aim` is near enough: `points` of a rate, else a `share` of the amount."""
    return points if rate else abs(aim) * share


def standing(actual: Decimal | None, target: Decimal, aim: Decimal, way: str, *, rate: bool) -> str:
    """One word: open, reached, on_track or behind; `aim` is what is expected by now."""
    if actual is None:
        return OPEN
    if way and missing(actual, target, way) <= 0:
        return REACHED
    allowed = tolerance(aim, rate=rate, share=BEHIND_SHARE, points=BEHIND_RATE)
    return BEHIND if missing(actual, aim, way) > allowed else ON_TRACK


def way_done(value: Decimal | None, target: Decimal, base: Decimal | None, way: str, *, sums: bool) -> Decimal | None:
    """How much of the way to `target` a value has gone, 1 at the target; None where there is nothing to divide by.

    What sums up starts from nothing, a rate or level from its base; without a base it is the share of the target,
    turned round where less is welcome.
    """
    if value is None:
        return None
    if not sums and base is not None and missing(base, target, way) > 0:
        return (value - base) / (target - base)
    if way == "down":
        return Decimal(1) if value <= target else target / value
    return value / target if target else None


@dataclass(frozen=True)
class Change:
    """What became of a target: the difference, as a share of the old one, and whether it is beyond tolerance."""

    old: Decimal | None
    new: Decimal | None
    verdict: str

    @property
    def difference(self):
        return None if self.old is None or self.new is None else self.new - self.old

    @property
    def share(self):
        return self.difference / self.old if self.difference is not None and self.old else None


def change(old: Decimal | None, new: Decimal | None, *, rate: bool) -> Change:
    """Compare two targets; one that comes or goes is beyond any tolerance."""
    if old is None or new is None:
        return Change(old, new, BEYOND)
    if old == new:
        return Change(old, new, UNCHANGED)
    allowed = tolerance(old, rate=rate, share=CHANGE_SHARE, points=CHANGE_RATE)
    return Change(old, new, WITHIN if abs(new - old) <= allowed else BEYOND)
