"""The arithmetic of trade terms: Decimals and dates in, Decimals out; nothing here reads the database.

Money is rounded once, at the end, half up to the cent. A figure without a base is None, never 0 or 100 %.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from kam.rounding import cents, rounded

DAYS_A_YEAR = 365


def ratio(numerator, denominator, places=4):
    """Numerator over denominator, rounded for display; None where there is nothing to divide by."""
    return rounded(Decimal(numerator) / Decimal(denominator), places) if denominator else None


@dataclass(frozen=True)
class Tier:
    """From this base on (threshold included) this rate applies; a rate of 0.01 is 1 %."""

    start: Decimal
    rate: Decimal


@dataclass(frozen=True)
class NextTier:
    """How far it is to the next tier, and what reaching it adds to the rebate."""

    start: Decimal
    rate: Decimal
    distance: Decimal
    value: Decimal


def reached(base, tiers):
    """The highest tier the base has reached, or None. Tiers are in rising order."""
    return next((tier for tier in reversed(tiers) if base >= tier.start), None)


def rebate_retrospective(base, tiers):
    """The rate of the highest tier reached, on the whole base."""
    tier = reached(base, tiers)
    return cents(base * tier.rate) if tier else cents(Decimal(0))


def rebate_incremental(base, tiers):
    """Each slice of the base at the rate of its own tier."""
    ends = [tier.start for tier in tiers[1:]] + [max(base, tiers[-1].start)]
    slices = [
        (min(base, end) - tier.start) * tier.rate for tier, end in zip(tiers, ends, strict=True) if base > tier.start
    ]
    return cents(sum(slices, Decimal(0)))


def next_tier(base, tiers, rebate):
    """The first tier above the base, or None when the top is reached. `rebate` is one of the two functions above."""
    tier = next((tier for tier in tiers if tier.start > base), None)
    if tier is None:
        return None
    value = rebate(tier.start, tiers) - rebate(base, tiers)
    return NextTier(tier.start, tier.rate, tier.start - base, value)


def elapsed(starts, ends, day):
    """Days of a period gone by at the end of `day`, and its days altogether, both ends included."""
    total = (ends - starts).days + 1
    return min(max((day - starts).days + 1, 0), total), total


def pro_rata(amount, starts, ends, day):
    """The part of an amount that is expected at the end of `day` when it accrues evenly."""
    gone, total = elapsed(starts, ends, day)
    return cents(amount * gone / total)


def run_rate(amount, starts, ends, day):
    """What the whole period brings when it goes on as until the end of `day`; None before it has begun."""
    gone, total = elapsed(starts, ends, day)
    return cents(amount * total / gone) if gone else None


def shortfall(expected, observed):
    """How much is missing; never negative."""
    return max(expected - observed, Decimal(0))


def interest(amount_days, rate):
    """Simple interest on Σ amount × days late, at a rate per year of 365 days."""
    return cents(amount_days * rate / DAYS_A_YEAR)


def weighted_days(amount_days, amount):
    """Days weighted by amount, to a tenth; None without an amount."""
    return ratio(amount_days, amount, 1)


def otif_met(good, ordered, minimum):
    """Whether enough arrived on time and in full, compared without rounding."""
    return good >= minimum * ordered


def month_of(day):
    """First and last day of the calendar month."""
    return _calendar(day, 1)


def quarter_of(day):
    """First and last day of the calendar quarter."""
    return _calendar(day, 3)


def _calendar(day, months):
    first = date(day.year, day.month - (day.month - 1) % months, 1)
    following = first + timedelta(days=31 * months)
    return first, following.replace(day=1) - timedelta(days=1)


def weeks_due(starts, ends, last, weekday, day):
    """Mondays of the weeks of a period whose data is due by the end of `day`.

    A week belongs to the period its Monday lies in and counts when all of it lies before the end of the
    agreement (`last`); it is due on `weekday` (0 is Monday) of the week after.
    """
    monday = starts + timedelta(days=-starts.weekday() % 7)
    found = []
    while monday <= ends and monday + timedelta(days=6) <= last and due_day(monday, weekday) <= day:
        found.append(monday)
        monday += timedelta(days=7)
    return found


def due_day(monday, weekday):
    """The day on which the data of the week of `monday` is due."""
    return monday + timedelta(days=7 + weekday)


def working_days_after(day, count):
    """The day `count` working days (Monday to Friday) after `day`."""
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < 5
    return day


def fixed(value, places):
    """A figure as text with exactly so many decimals; None stays None."""
    return None if value is None else format(rounded(value, places), "f")


def canonical(value):
    """JSON that is the same text wherever it is written: keys sorted, no spaces, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def digest(value):
    """SHA-256 of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()
