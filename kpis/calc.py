"""The arithmetic of the KPI floor on Decimals and dates: no database, no clock.

Units are pieces, money is in one currency, rates are fractions. Where nothing can be divided the answer is None,
never 0 and never 1.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

ZERO = Decimal(0)
BASIS_WEEKS = 4
YOUNG_WEEKS = 4
BUCKETS = (("not_due", None, 0), ("1-30", 1, 30), ("31-60", 31, 60), ("61-90", 61, 90), ("over_90", 91, None))


class Ratio(NamedTuple):
    """A figure as it is stored: what is divided by what; either may be unknown."""

    numerator: Decimal | None
    denominator: Decimal | None

    @property
    def value(self) -> Decimal | None:
        return rate(self.numerator, self.denominator)


class Delivery(NamedTuple):
    """What one order line adds to the delivery measures, in units; `otif` ≤ `on_time` and `otif` ≤ `in_full`."""

    ordered: Decimal
    on_time: Decimal
    in_full: Decimal
    otif: Decimal


def monday(day: date) -> date:
    """The Monday that names the ISO week of `day`."""
    return day - timedelta(days=day.weekday())


def first_monday(year: int) -> date:
    """The Monday on which the ISO year begins."""
    return date.fromisocalendar(year, 1, 1)


def sunday(week: date) -> date:
    """The last day of the ISO week that begins on `week`."""
    return week + timedelta(days=6)


def mondays(first: date, weeks: int) -> list[date]:
    """The Mondays of so many weeks, from `first` on."""
    return [first + timedelta(weeks=n) for n in range(weeks)]


def last_complete_week(day: date) -> date:
    """The Monday of the last ISO week that is over at the end of `day`."""
    return monday(day - timedelta(days=6))


def year_share(week: date) -> Decimal:
    """How many of its ISO year's weeks are over at the end of `week`, as a share: above 0, and 1 at the end."""
    year, number, _day = week.isocalendar()
    return Decimal(number) / date(year, 12, 28).isocalendar().week


def season_share(last_year: Mapping[date, Decimal], week: date) -> Decimal | None:
    """Which share of last year's amount had come by the same ISO week, from 0 to 1; 1 in the year's last week.

    `last_year` holds amounts by Monday, of which those of the year before `week` count. None where there is no curve
    to go by: where the first known week is not one of that year's first four, or the year came to nothing.
    """
    year, number, _day = week.isocalendar()
    known = {monday: amount for monday, amount in last_year.items() if monday.isocalendar().year == year - 1}
    total = sum(known.values(), ZERO)
    if total <= 0 or min(known).isocalendar().week > YOUNG_WEEKS:
        return None
    if week == first_monday(year + 1) - timedelta(weeks=1):
        return Decimal(1)
    gone = sum((amount for monday, amount in known.items() if monday.isocalendar().week <= number), ZERO)
    return min(max(gone / total, ZERO), Decimal(1))


def rate(numerator: Decimal | None, denominator: Decimal | None) -> Decimal | None:
    """Numerator over denominator; None where one is unknown or the denominator is 0."""
    if numerator is None or not denominator:
        return None
    return numerator / denominator


def summed(ratios: Iterable[Ratio]) -> Ratio:
    """Numerators and denominators summed apart, skipping ratios of which a part is unknown; None where all are."""
    known = [(r.numerator, r.denominator) for r in ratios if r.numerator is not None and r.denominator is not None]
    if not known:
        return Ratio(None, None)
    return Ratio(sum((over for over, _under in known), ZERO), sum((under for _over, under in known), ZERO))


def sell_through(units, returns, opening, receipts) -> Ratio:
    """Units sold less returns ÷ (opening stock + receipts); the denominator is unknown when one of its parts is."""
    sold = None if units is None else units - (returns or ZERO)
    supply = None if opening is None or receipts is None else opening + receipts
    return Ratio(sold, supply)


def weeks_of_supply(stock, sold: Iterable[Decimal | None]) -> Ratio:
    """Stock ÷ mean weekly net sales of the reported weeks among the last four; sales below 0 count as none."""
    reported = [units for units in sold if units is not None]
    return Ratio(stock, max(sum(reported, ZERO) / len(reported), ZERO) if reported else None)


def open_units(ordered, shipped, cancelled, shipped_on: date | None, cutoff: date):
    """Units of an order line still to be shipped at the end of `cutoff`.

    A shipment without a day counts as made; a cancellation, which carries no day, always counts.
    """
    wanted = max(ordered - (cancelled or ZERO), ZERO)
    gone = ZERO if shipped_on and shipped_on > cutoff else min(max(shipped or ZERO, ZERO), wanted)
    return wanted - gone


def delivery(ordered, received, requested_on: date, received_on: date | None, *, early=0, late=0) -> Delivery:
    """One order line against the window from `early` days before to `late` days after the requested day.

    Early is not on time, and more than was ordered is not credited.
    """
    came = max(received or ZERO, ZERO)
    full = min(came, ordered)
    inside = bool(came) and received_on is not None and -early <= (received_on - requested_on).days <= late
    return Delivery(ordered, ordered if inside else ZERO, full, full if inside else ZERO)


def open_amount(amount, paid, paid_on: date | None, cutoff: date):
    """What of an item is unpaid at the end of `cutoff`; a payment without a day counts as made."""
    return amount if paid_on and paid_on > cutoff else amount - paid


def bucket(due_on: date, cutoff: date) -> str:
    """The ageing bucket of an item: not_due, 1-30, 31-60, 61-90 or over_90 days past due."""
    days = (cutoff - due_on).days
    if days <= 0:
        return "not_due"
    return next(name for name, _first, last in BUCKETS[1:] if last is None or days <= last)


def ageing(items: Iterable[tuple[Decimal, date]], cutoff: date) -> dict[str, Decimal]:
    """Open amounts by bucket, of (open amount, due day) pairs; every bucket is there, in order."""
    found = {name: ZERO for name, _first, _last in BUCKETS}
    for amount, due_on in items:
        found[bucket(due_on, cutoff)] += amount
    return found


def days_sales_outstanding(receivables, sales, days: int) -> Decimal | None:
    """Receivables ÷ credit sales of the period × its days. With current receivables only: the best possible."""
    share = rate(receivables, sales)
    return None if share is None else share * days


def season_expectation(last_year, before, before_last_year) -> Decimal:
    """Last year's weeks, scaled by how the weeks before compare with last year's; unscaled where one is missing."""
    return last_year * (before / before_last_year) if before > 0 and before_last_year > 0 else last_year


def shortfall(actual, expected, tolerance: Decimal) -> Decimal:
    """What is missing from the expectation; 0 while within the tolerance (0.15 is 15 %)."""
    return expected - actual if expected > 0 and actual < expected * (1 - tolerance) else ZERO


def missing_supply(stock, weekly, least: Decimal):
    """Units missing until stock lasts for `least` weeks."""
    return max(weekly * least - stock, ZERO)


def excess_supply(stock, weekly, most: Decimal):
    """Units in stock beyond `most` weeks of sales."""
    return max(stock - weekly * most, ZERO)
