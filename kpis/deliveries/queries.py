"""What the deliveries page reads of order lines: what is open by week, how late lines came, products of an account."""

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Count, DateField, DecimalField, F, Func, IntegerField, Q, Sum, TextField, Value
from django.db.models.functions import Cast, Coalesce, Greatest, Least, TruncWeek

from kpis.models import OrderLine

NONE = Value(Decimal(0), output_field=DecimalField(max_digits=14, decimal_places=3))
REQUESTED, PROMISED = "requested", "promised"
OPEN, CAME = "open", "came"
# Days from the requested day to the day of receipt; the last bucket is open, early lines stand before.
LATENESS = (("early", None, -1), ("on_day", 0, 0), ("1", 1, 1), ("2", 2, 2), ("3-7", 3, 7), ("8-14", 8, 14),
            ("over_14", 15, None))  # fmt: skip
MOST_PRODUCTS = 50


class Days(Func):
    """Days from one date to another, as a number: an interval would take twice as long to group by."""

    arg_joiner, template, output_field = " - ", "(%(expressions)s)", IntegerField()

    def __init__(self, end, start):
        super().__init__(end, start)


def left_units():
    """Units of a line that are neither shipped nor cancelled, as an expression; see `kpis.calc.open_units`."""
    wanted = Greatest(F("ordered") - Coalesce("cancelled", NONE), NONE)
    return Greatest(wanted - _gone(), NONE)


def _gone():
    """Units of a line that left us; of one that nobody said to be shipped, what came."""
    return Greatest(Coalesce("shipped", "received", NONE), NONE)


def came_units():
    """Units of a line that were received, at most what was ordered."""
    return Least(Greatest(Coalesce("received", NONE), NONE), F("ordered"))


def lines(user, account=None, currency=""):
    """Order lines that the reader sees, of one account and what is below it; money in one currency."""
    rows = OrderLine.objects.visible_to(user)
    if account is not None:
        rows = rows.filter(account__lineage__contains=[account.pk])
    return rows.filter(currency=currency) if currency else rows


class Standing(NamedTuple):
    """How order lines stand: what is open by week as (units, value, lines), how many came how late, in which currency.

    Lines without a requested or promised day stand under None, at the end.
    """

    currency: str
    waiting: dict[date | None, tuple[Decimal, Decimal, int]]
    late: dict[str, int]


def standing(user, account, currency, day: date, due, first: date, last: date) -> Standing:
    """What was ordered up to a day and is open now, by the week it was requested or promised for; and how late lines
    came that were requested from `first` to `last`, in units of LATENESS. One query for both."""
    found, late, known = {}, dict.fromkeys((name for name, _low, _high in LATENESS), 0), ""
    for kind, what, known_in, units, value, count in _waiting(user, account, currency, day, due).union(
        _lateness(user, account, first, last), all=True
    ):
        if kind == OPEN and units:
            known = known_in
            found[what and date.fromisoformat(what)] = (units, value or Decimal(0), count)
        elif kind == CAME:
            late[_lateness_of(int(what))] += count
    weeks = dict(sorted(found.items(), key=lambda pair: (pair[0] is None, pair[0] or day)))
    return Standing(known, weeks, late)


def _waiting(user, account, currency, day, due):
    rows = lines(user, account, currency).filter(settled_on=None, ordered_on__lte=day).order_by()
    keys = {
        "kind": Value(OPEN),
        "what": Cast(Cast(TruncWeek(f"{due}_on"), DateField()), TextField()),
        "money": F("currency"),
    }
    rows = rows.annotate(left=left_units()).values(**keys)
    sums = rows.annotate(units=Sum("left"), worth=Sum(F("left") * F("price")), n=Count("account_id"))
    return sums.values_list("kind", "what", "money", "units", "worth", "n")


def _lateness(user, account, first, last):
    rows = lines(user, account).filter(requested_on__range=(first, last), received_on__isnull=False, received__gt=0)
    keys = {"kind": Value(CAME), "what": Cast(Days("received_on", "requested_on"), TextField()), "money": Value("")}
    rows = rows.order_by().values(**keys)
    sums = rows.annotate(units=Sum("received"), worth=Sum("ordered"), n=Count("account_id"))
    return sums.values_list("kind", "what", "money", "units", "worth", "n")


def _lateness_of(days):
    """The name of days in LATENESS."""
    return next(name for name, low, high in LATENESS if (low is None or low <= days) and (high is None or days <= high))


def products(user, account, first: date, last: date, currency):
    """The products of an account's lines requested in the days: most open value first, then most units that failed.

    Each has its lines (`count`), sums of units (`asked`, `dated`, `otif`, `on_time`, `in_full`, `gone`, `said`,
    `answered`) and what is open (`open` units, `worth` so much).
    """
    on_day = Q(received_on=F("requested_on"), received__gt=0)
    dated = Q(received_on__isnull=False) | Q(received=None) | Q(received__lte=0)
    rows = lines(user, account, currency).filter(requested_on__range=(first, last))
    rows = rows.annotate(left=left_units(), came=came_units())
    return (
        rows.order_by()
        .values("product", code=F("product__code"), name=F("product__name"))
        .annotate(
            count=Count("pk"),
            asked=Sum("ordered"),
            dated=Sum("ordered", filter=dated),
            otif=Sum("came", filter=on_day),
            on_time=Sum("ordered", filter=on_day),
            in_full=Sum("came"),
            gone=Sum(Least(_gone(), F("ordered"))),
            said=Sum("confirmed"),
            answered=Sum("ordered", filter=Q(confirmed__isnull=False)),
            open=Sum("left"),
            worth=Sum(F("left") * F("price")),
        )
        .alias(failed=F("asked") - Coalesce("otif", NONE))
        .order_by(F("worth").desc(nulls_last=True), "-failed", "name", "product")[:MOST_PRODUCTS]
    )
