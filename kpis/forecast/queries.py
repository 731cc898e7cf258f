"""What the pages of forecasts read: the grid of an account, history beside what is to come, accuracy.

Whoever hands in an account has made sure that the reader sees it, and reads figures.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Count, Exists, F, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import JSONObject

from kam.filters import number_or_name
from kpis import calc, queries
from kpis.models import (
    AccountForecast,
    AccountWeek,
    ForecastEvent,
    ForecastOverride,
    ForecastScore,
    ForecastSeries,
    ForecastVersion,
    ForecastWeek,
    Product,
    ProductWeek,
    SupplyShare,
)

PRODUCTS = 50
SCORED = 13


@dataclass(frozen=True)
class Own:
    """A figure that somebody set by hand, as a cell shows it."""

    units: Decimal
    version: int
    reason: str
    author: str


@dataclass(frozen=True)
class Cell:
    """One product in one week to come; `own` was set by hand, `given` is its share where supply is short.

    `theirs` is what the account itself expects, where that is asked for.
    """

    week: date
    row: ForecastWeek | None = None
    own: Own | None = None
    given: Decimal | None = None
    theirs: AccountForecast | None = None

    @property
    def agreed(self):
        return self.row and self.row.agreed

    @property
    def is_short(self):
        return self.given is not None and self.agreed is not None and self.given < self.agreed

    @property
    def moved_by_event(self):
        return bool(self.row and self.row.planned != self.row.baseline)


@dataclass(frozen=True)
class Line:
    """One product of the grid with a cell for each week; `method` is that of its baseline, or why there is none."""

    product: Product
    method: str
    cells: list

    @property
    def total(self):
        known = [cell.agreed for cell in self.cells if cell.agreed is not None]
        return sum(known, Decimal(0)) if known else None


def first_week() -> date:
    """The Monday of the first week that can still be forecast: the one after the last complete week."""
    return queries.last_week() + timedelta(weeks=1)


def products_of(account, weeks, text=""):
    """Products that an account's forecast has in these weeks, with `total`, `method`, `refusal` and `as_of`.

    The largest come first.
    """
    rows = ForecastWeek.objects.filter(account=account, product=OuterRef("pk"), week__in=weeks).order_by()
    series = ForecastSeries.objects.filter(account=account, product=OuterRef("pk"))
    known = {name: Subquery(series.values(name)[:1]) for name in ("method", "refusal", "as_of")}
    total = Subquery(rows.values("product").annotate(total=Sum("agreed")).values("total"))
    found = Product.objects.filter(Exists(rows)).annotate(total=total, **known)
    if text:
        found = found.filter(number_or_name(text))
    return found.order_by(F("total").desc(nulls_last=True), "pk")


def lines_of(account, products, weeks):
    """The grid of these products (as `products_of` finds them) and weeks: one query."""
    cells = cells_of(account, products, weeks)
    return [Line(product, _method(product), [cells[product.pk, week] for week in weeks]) for product in products]


def _method(product):
    if product.refusal:
        return str(ForecastSeries.Refusal(product.refusal).label)
    return str(ForecastSeries.Method(product.method).label) if product.method else ""


def cells_of(account, products, weeks):
    """A Cell for each (product id, week)."""
    here = {"account": account, "product": OuterRef("product"), "week": OuterRef("week")}
    own = ForecastOverride.objects.filter(**here)
    own = own.values(said=JSONObject(units="units", version="version", reason="reason", author="author__name"))
    share = SupplyShare.objects.filter(account=account, cap__product=OuterRef("product"), week=OuterRef("week"))
    rows = ForecastWeek.objects.filter(account=account, product__in=products, week__in=weeks)
    rows = rows.annotate(own=Subquery(own[:1]), given=Subquery(share.values("given")[:1]))
    found = {(row.product_id, row.week): Cell(row.week, row, _own(row.own), row.given) for row in rows}
    return {(p.pk, week): found.get((p.pk, week), Cell(week)) for p in products for week in weeks}


def cells_with_theirs(account, product, weeks):
    """A Cell of one product for each week, with the newest forecast of the account that is known by the last night."""
    known = {"account": account, "product": product, "week__in": weeks, "made_on__lte": queries.last_night_day()}
    rows = AccountForecast.objects.filter(**known).order_by("week", "-made_on").distinct("week")
    theirs = {row.week: row for row in rows}
    cells = cells_of(account, [product], weeks).values()
    return [replace(cell, theirs=theirs.get(cell.week)) for cell in cells]


def _own(said):
    return said and Own(Decimal(str(said["units"])), said["version"], said["reason"], said["author"])


class Expected(NamedTuple):
    """What all products of an account together are expected to sell in a week, in units."""

    agreed: Decimal | None
    baseline: Decimal | None


def curve(account, first, weeks):
    """What was sold of all products together from a Monday on, and what is expected, in one query.

    ({week: units}, {week: Expected}).
    """
    nothing = Value(None, output_field=ForecastWeek._meta.get_field("agreed"))
    expected = ForecastWeek.objects.filter(account=account, week__in=weeks).order_by().values("week")
    expected = expected.annotate(sold=nothing, all=Sum("agreed"), machine=Sum("baseline"))
    past = AccountWeek.objects.filter(account=account, week__gte=first, week__lte=weeks[-1], units__isnull=False)
    past = past.order_by().annotate(sold=F("units"), all=nothing, machine=nothing)
    names = ("week", "sold", "all", "machine")
    rows = list(expected.values_list(*names).union(past.values_list(*names), all=True))
    sold = {week: units for week, units, *_rest in rows if units is not None}
    return sold, {week: Expected(*figures) for week, units, *figures in rows if units is None}


def sold(account, first, last, product=None):
    """Units sold by week, of all products or of one; weeks that were not reported are missing."""
    model = ProductWeek if product else AccountWeek
    rows = model.objects.filter(account=account, week__range=(first, last), units__isnull=False)
    rows = rows.filter(product=product) if product else rows
    return dict(rows.order_by("week").values_list("week", "units"))


def events_of(account, first, last, product=None):
    """Events between two Mondays, of the account as a whole and of the product."""
    rows = ForecastEvent.objects.filter(account=account, starts__lte=calc.sunday(last))
    rows = rows.filter(Q(ends=None) | Q(ends__gte=first)).select_related("product")
    return list(rows.filter(Q(product=None) | Q(product=product)) if product else rows)


SUMS = ("actual", "agreed_wrong", "baseline_wrong", "naive_wrong", "agreed_over", "baseline_over", "naive_over")


@dataclass(frozen=True)
class Accuracy:
    """Sums of errors over what was sold, as rates: WAPE, bias, and what each step added over the one before.

    Rates are fractions; None where nothing was sold.
    """

    actual: Decimal
    agreed_wrong: Decimal
    baseline_wrong: Decimal
    naive_wrong: Decimal
    agreed_over: Decimal
    baseline_over: Decimal
    naive_over: Decimal

    @property
    def agreed(self):
        return calc.rate(self.agreed_wrong, self.actual)

    @property
    def baseline(self):
        return calc.rate(self.baseline_wrong, self.actual)

    @property
    def naive(self):
        return calc.rate(self.naive_wrong, self.actual)

    @property
    def bias(self):
        return calc.rate(self.agreed_over, self.actual)

    @property
    def added(self):
        """WAPE of the baseline less WAPE of what was agreed: what people added."""
        return calc.rate(self.baseline_wrong - self.agreed_wrong, self.actual)

    @property
    def added_to_naive(self):
        """WAPE of last year less WAPE of what was agreed: what all of it added over the sceptic's forecast."""
        return calc.rate(self.naive_wrong - self.agreed_wrong, self.actual)


def accuracy(rows):
    """The Accuracy of a dictionary with the sums."""
    return Accuracy(*(rows[name] or Decimal(0) for name in SUMS))


def scores(user, lag, weeks=SCORED):
    """The visible scores of the last complete weeks; of forecasts `lag` weeks ahead, or of all with None.

    What accounts forecast themselves is among them: `ours` leaves it out.
    """
    rows = ForecastScore.objects.visible_to(user).filter(week__range=queries.span(queries.last_week(), weeks))
    return rows if lag is None else rows.filter(lag=lag)


def ours(rows):
    """Scores that add up: of what was agreed, not of what accounts forecast themselves about the same weeks."""
    return rows.filter(by_account=False)


def whole(rows):
    """The sums of all these scores, as a dictionary."""
    return rows.order_by().aggregate(**{name: Sum(name) for name in SUMS})


def scored(rows, *by):
    """Sums of the scores by these columns, the largest error first."""
    sums = {name: Sum(name) for name in SUMS}
    found = rows.order_by().values(*by).annotate(**sums, weeks=Count("week", distinct=True))
    return found.order_by("-agreed_wrong", *by)


def scored_products(account, lag, weeks=SCORED):
    """The same sums by product of one account, from the frozen versions themselves."""
    since, last = queries.span(queries.last_week(), weeks)
    versions = ForecastVersion.objects.filter(
        account=account, lag=lag, week__range=(since, last), baseline__isnull=False, naive__isnull=False
    )
    reported = set(sold(account, since, last))
    came = _came(account, since, last)
    found = {}
    for row in versions.order_by("product").values_list("product", "week", "agreed", "baseline", "naive"):
        product, week, *said = row
        if week in reported:
            sums = found.setdefault(product, dict.fromkeys(SUMS, Decimal(0)))
            _add(sums, came.get((product, week), Decimal(0)), said)
    return sorted(found.items(), key=lambda item: (-item[1]["agreed_wrong"], item[0]))


def _came(account, since, last):
    rows = ProductWeek.objects.filter(account=account, week__range=(since, last), units__isnull=False)
    return {(pk, week): max(units, Decimal(0)) for pk, week, units in rows.values_list("product", "week", "units")}


def _add(sums, actual, said):
    sums["actual"] += actual
    for name, figure in zip(("agreed", "baseline", "naive"), said, strict=True):
        sums[f"{name}_wrong"] += abs(figure - actual)
        sums[f"{name}_over"] += figure - actual
