"""Which sums answer a question: the smallest table that has them, by week and by what the rows are about.

A cell has `sold` (units less what shoppers brought back), `amount` (what is shown, in the unit it is shown in), `even`
(the amount where it may be added to others), `came` (receipts), `kept` (stock at the end of the week) and `told`
(how many rows were reported).
"""

from collections import defaultdict
from datetime import timedelta
from functools import reduce
from operator import and_, or_

from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Coalesce

from accounts.models import Store
from kpis.explorer.asked import ACCOUNT, BASIS, BOUGHT, CATEGORY, NO_CATEGORY, PAID, PRODUCT, STORE, VALUE
from kpis.models import AccountWeek, CategoryWeek, ProductWeek, SellThrough

SOLD = Sum(F("units") - Coalesce("returns", 0, output_field=AccountWeek._meta.get_field("units")))
AMOUNTS = {
    VALUE: "value",
    "receipts": "receipts",
    "returns": "returns",
    BOUGHT: "sell_in_units",
    PAID: "sell_in_value",
}
WEEK = timedelta(weeks=1)


def cells(asked, levels, within=None, *, whole=True, by_week=True):
    """The cells of rows of `levels` as a query: k0, k1, …, week and the sums.

    `within` are the paths of keys that the rows begin with, None for all. Without `whole` only the weeks that are
    shown are summed, not those that they are compared with or follow upon; without `by_week` all of them in one.
    """
    model = _table(asked, levels)
    rows = _narrowed(model.objects.visible_to(asked.user), asked, model).filter(_weeks(asked, model, whole))
    if model is SellThrough:
        rows = rows.filter(store__in=_stores(asked, levels, within))
    if within is not None:
        rows = rows.filter(_inside(levels, within, model))
    keys = {f"k{at}": _column(level, model) for at, level in enumerate(levels)}
    return rows.order_by().values(*(["week"] if by_week else []), **keys).annotate(**_sums(asked, levels))


def _table(asked, levels):
    if STORE in levels:
        return SellThrough
    if PRODUCT in levels or asked.product:
        return ProductWeek
    return CategoryWeek if CATEGORY in levels or asked.category else AccountWeek


def _column(level, model):
    if level != CATEGORY:
        return F(f"{level}_id")
    return Coalesce(F("category_id" if model is CategoryWeek else "product__category_id"), NO_CATEGORY)


def _narrowed(rows, asked, model):
    if asked.accounts is not None:
        rows = rows.filter(account__in=asked.accounts)
    if asked.product:
        return rows.filter(product=asked.product)
    if asked.category:
        return rows.filter(**{"category" if model is CategoryWeek else "product__category": asked.category})
    return rows


def _weeks(asked, model, whole):
    shown = Q(week__range=(asked.first, asked.last))
    if not whole:
        return shown
    spans = [(asked.first - BASIS, asked.last), (asked.first - asked.back, asked.last - asked.back)]
    return reduce(or_, (Q(week__range=span) for span in spans)) if model is not SellThrough else _each(spans)


def _each(spans):
    """Week by week, so that the key of the facts is looked up instead of read along."""
    weeks = {first + n * WEEK for first, last in spans for n in range((last - first).days // 7 + 1)}
    return Q(week__in=sorted(weeks))


def _inside(levels, paths, model):
    """The condition that rows begin with one of these paths of keys, which are equally long."""
    last = defaultdict(list)
    for path in paths:
        last[path[:-1]].append(path[-1])
    found = Q(pk__in=[])
    for path, keys in last.items():
        parts = [_one_of(level, [key], model) for level, key in zip(levels, path, strict=False)]
        found |= reduce(and_, parts, _one_of(levels[len(path)], keys, model))
    return found


def _one_of(level, keys, model):
    if level != CATEGORY:
        return Q(**{f"{level}__in": keys})
    name = "category" if model is CategoryWeek else "product__category"
    known = Q(**{f"{name}__in": [key for key in keys if key != NO_CATEGORY]})
    return known | Q(**{f"{name}__isnull": True}) if NO_CATEGORY in keys else known


def _stores(asked, levels, within):
    """The stores that facts are looked up by: those of the accounts in the paths, else of the one account."""
    accounts = {path[0] for path in within or ()} if levels[0] == ACCOUNT else asked.accounts
    return Store.objects.filter(account__in=accounts).order_by().values("pk")


def _sums(asked, levels):
    """Money is added up in one currency only; sums of one account are in its own."""
    own = Q(currency=F("account__currency")) if STORE in levels and asked.is_money else Q()
    shared = own & Q(account__currency=asked.currency) if asked.is_money else Q()
    column = AMOUNTS.get(asked.show)
    even = Sum(column, filter=shared) if column else SOLD
    amount = Sum(column, filter=own) if column and ACCOUNT in levels else even
    return {
        "sold": SOLD,
        "amount": amount,
        "even": even,
        "came": Sum("receipts"),
        "kept": Sum("stock"),
        "told": Count("units"),
    }
