"""What the deliveries page reads of order lines: what is open by week, how late lines came, products of an account."""

from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import Count, DateField, DecimalField, F, Func, IntegerField, Q, Sum, TextField, Value
from django.db.models.functions import Cast, Coalesce, Greatest, Least, TruncWeek

from kam.sql import all_of, sql_of
from kpis.models import OrderLine
from kpis.rates import in_own

EPOCH = date(1970, 1, 1)
NO_TEXT = Value("", output_field=TextField())
NONE = Value(Decimal(0), output_field=DecimalField(max_digits=14, decimal_places=3))
REQUESTED, PROMISED = "requested", "promised"
OPEN, CAME, PRODUCT = "open", "came", "product"
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
    """Order lines that the reader sees, of one account and what is below it; of accounts that trade in a currency."""
    rows = OrderLine.objects.visible_to(user)
    if account is not None:
        rows = rows.filter(account__lineage__contains=[account.pk])
    return rows.filter(account__currency=currency) if currency else rows


def _worth():
    """What is left of lines, in the account's currency; nothing of a line that has no price, or no exchange rate."""
    return Sum(F("left") * F("price") * in_own("ordered_on"))


class Sums(Func):
    """Several sums of a group as one array, so that groups of different sums are rows of one query."""

    template = "ARRAY[%(expressions)s]::numeric[]"
    output_field = ArrayField(DecimalField(max_digits=30, decimal_places=8))


class Standing(NamedTuple):
    """How order lines stand: what is open by week as (units, value, lines), how many came how late, in which currency.

    Lines without a requested or promised day stand under None, at the end. `products` are those of one account.
    """

    currency: str
    waiting: dict[date | None, tuple[Decimal, Decimal, int]]
    late: dict[str, int]
    products: list[dict]


def standing(user, account, currency, day: date, due, first: date, last: date) -> Standing:
    """What was ordered up to a day and is open now, by the week it was requested or promised for; how late lines came
    that were requested from `first` to `last`, in units of LATENESS; of an account its products. One query for all."""
    found, late, known, products = {}, dict.fromkeys((name for name, _low, _high in LATENESS), 0), "", []
    parts = [sql_of(_waiting(user, account, currency, day, due)), _lateness(user, account, first, last)]
    parts += [sql_of(_products(user, account, first, last))] if account else []
    for kind, what, code, name, sums in _rows_of(all_of(parts)):
        if kind == PRODUCT:
            products.append({"product": what, "code": code, "name": name} | dict(zip(OF_PRODUCT, sums, strict=True)))
        elif kind == CAME:
            late[_lateness_of(what)] += int(sums[0])
        elif sums[0]:
            units, value, count = sums
            known = code
            found[what and EPOCH + timedelta(days=what)] = (units, value or Decimal(0), int(count))
    weeks = dict(sorted(found.items(), key=lambda pair: (pair[0] is None, pair[0] or day)))
    return Standing(known, weeks, late, sorted(products, key=_most_open_first))


def _rows_of(asked):
    """The rows of SQL with parameters; none where there is nothing to ask."""
    if asked is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute(*asked)
        return cursor.fetchall()


def _summed(rows, kind, what, sums, code=NO_TEXT, name=NO_TEXT):
    """Groups of lines as rows of `standing`, by a number, as a text takes longer to make than to count.

    Of what is open it is the days from EPOCH to the week, and `code` is the currency.
    """
    keys = {"kind": Value(kind), "what": what, "of": code, "named": name}
    return rows.order_by().values(**keys).annotate(sums=Sums(*sums)).values_list(*keys, "sums")


def _waiting(user, account, currency, day, due):
    rows = lines(user, account, currency).filter(settled_on=None, ordered_on__lte=day).annotate(left=left_units())
    sums = Sum("left"), _worth(), Count("account_id")
    week = Days(Cast(TruncWeek(f"{due}_on"), DateField()), Value(EPOCH))
    return _summed(rows, OPEN, week, sums, Cast("account__currency", TextField()))


# Counted by both days first, as the index brings them, and only then by the days between them.
CAME_AFTER = """
SELECT %s AS kind, received_on - requested_on, '', '', ARRAY[sum(count)]::numeric[]
FROM ({by_days}) of_days GROUP BY received_on - requested_on
"""


def _lateness(user, account, first, last):
    rows = lines(user, account).filter(requested_on__range=(first, last), received_on__isnull=False, received__gt=0)
    found = sql_of(rows.order_by().values("requested_on", "received_on").annotate(count=Count("account_id")))
    return found and (CAME_AFTER.format(by_days=found[0]), (CAME, *found[1]))


def _lateness_of(days):
    """The name of days in LATENESS."""
    return next(name for name, low, high in LATENESS if (low is None or low <= days) and (high is None or days <= high))


ON_THE_DAY = Q(received_on=F("requested_on"), received__gt=0)
DATED = Q(received_on__isnull=False) | Q(received=None) | Q(received__lte=0)
# Of a product: its lines, units of each rate, what is open and its value.
OF_PRODUCT = {
    "count": Count("pk"),
    "asked": Sum("ordered"),
    "dated": Sum("ordered", filter=DATED),
    "otif": Sum("came", filter=ON_THE_DAY),
    "on_time": Sum("ordered", filter=ON_THE_DAY),
    "in_full": Sum("came"),
    "gone": Sum(Least(_gone(), F("ordered"))),
    "said": Sum("confirmed"),
    "answered": Sum("ordered", filter=Q(confirmed__isnull=False)),
    "open": Sum("left"),
    "worth": _worth(),
}


def _products(user, account, first, last):
    """The products of an account's lines requested in the days: most open value first, then most units that failed."""
    rows = lines(user, account, account.currency).filter(requested_on__range=(first, last))
    rows = rows.annotate(left=left_units(), came=came_units())
    names = Cast("product__code", TextField()), Cast("product__name", TextField())
    found = _summed(rows, PRODUCT, F("product"), OF_PRODUCT.values(), *names)
    ranked = found.alias(worth=OF_PRODUCT["worth"], failed=OF_PRODUCT["asked"] - Coalesce(OF_PRODUCT["otif"], NONE))
    return ranked.order_by(F("worth").desc(nulls_last=True), "-failed", "named", "product")[:MOST_PRODUCTS]


def _most_open_first(row):
    return row["worth"] is None, -(row["worth"] or 0), -(row["asked"] - (row["otif"] or 0)), row["name"]
