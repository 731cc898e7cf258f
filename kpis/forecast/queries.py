"""What the pages of forecasts read: the grid of an account, history beside what is to come, accuracy.

Whoever hands in an account has made sure that the reader sees it, and reads figures.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, F, Max, Q, Sum

from kpis import calc, queries
from kpis.forecast.services import first_week
from kpis.models import (
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


@dataclass
class Cell:
    """One product in one week to come; `own` is the override, `given` what there is where supply is short."""

    week: date
    row: ForecastWeek | None = None
    own: ForecastOverride | None = None
    given: Decimal | None = None

    @property
    def agreed(self):
        return self.row and self.row.agreed

    @property
    def is_short(self):
        return self.given is not None and self.agreed is not None and self.given < self.agreed

    @property
    def moved_by_event(self):
        return bool(self.row and self.row.planned != self.row.baseline)


@dataclass
class Line:
    """One product of the grid with its cells, one for each week."""

    product: Product
    series: ForecastSeries | None
    cells: list = field(default_factory=list)

    @property
    def total(self):
        known = [cell.agreed for cell in self.cells if cell.agreed is not None]
        return sum(known, Decimal(0)) if known else None


def mondays(first, weeks):
    return [first + timedelta(weeks=n) for n in range(weeks)]


def products_of(account, weeks, text=""):
    """Products of an account's forecast with the sum of what is agreed in these weeks, the largest first."""
    rows = ForecastWeek.objects.filter(account=account, week__in=weeks)
    if text:
        rows = rows.filter(Q(product__code__istartswith=text) | Q(product__name__icontains=text))
    found = rows.order_by().values("product").annotate(total=Sum("agreed"))
    return found.order_by(F("total").desc(nulls_last=True), "product").values_list("product", flat=True)


def lines_of(account, products, weeks):
    """The grid of these products (ids) and weeks: five queries, however many there are."""
    found = {"account": account, "product__in": products, "week__in": weeks}
    known = Product.objects.in_bulk(products)
    series = ForecastSeries.objects.filter(account=account, product__in=products)
    by_product = {row.product_id: row for row in series}
    rows = _by_cell(ForecastWeek.objects.filter(**found))
    own = _by_cell(ForecastOverride.objects.filter(**found).select_related("author"))
    given = shares_of(account, products, weeks)

    def cell(pk, week):
        return Cell(week, rows.get((pk, week)), own.get((pk, week)), given.get((pk, week)))

    return [Line(known[pk], by_product.get(pk), [cell(pk, week) for week in weeks]) for pk in products]


def _by_cell(rows):
    return {(row.product_id, row.week): row for row in rows}


def shares_of(account, products, weeks):
    """What an account gets of products that are short, by (product id, week)."""
    rows = SupplyShare.objects.filter(account=account, cap__product__in=products, week__in=weeks)
    return {(product, week): given for product, week, given in rows.values_list("cap__product", "week", "given")}


def totals(account, weeks):
    """What is expected of all products together, by week: sums of the columns of ForecastWeek."""
    names = ("baseline", "naive", "planned", "agreed")
    rows = ForecastWeek.objects.filter(account=account, week__in=weeks).order_by().values("week")
    return {row["week"]: row for row in rows.annotate(**{name: Sum(name) for name in names})}


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


def as_of(account):
    """The last week whose figures were known when an account's forecast was made, None without one."""
    rows = ForecastSeries.objects.filter(account=account)
    return rows.aggregate(newest=Max("as_of"))["newest"]


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
    def baseline_bias(self):
        return calc.rate(self.baseline_over, self.actual)

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
    """The visible scores of the last complete weeks; of forecasts `lag` weeks ahead, or of all with None."""
    last = first_week() - timedelta(weeks=1)
    rows = ForecastScore.objects.visible_to(user).filter(week__range=queries.span(last, weeks))
    return rows if lag is None else rows.filter(lag=lag)


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
    last = first_week() - timedelta(weeks=1)
    since = queries.span(last, weeks)[0]
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
