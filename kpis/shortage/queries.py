"""What pages say of supply that is short: shares by account, and what they cost an account beside its targets."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.db.models import DecimalField, F, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

from kpis import calc
from kpis.models import ProductWeek, SupplyCap, SupplyShare

PRICE_WEEKS = 13


@dataclass(frozen=True)
class Short:
    """What an account does not get of one product: units wanted and given, and what the rest would have sold for.

    `value` is None where nothing says the price.
    """

    cap: SupplyCap
    asked: Decimal
    given: Decimal
    value: Decimal | None

    @property
    def missing(self):
        return self.asked - self.given


def with_sums(user, caps):
    """Limits with what the accounts that the reader sees want and get of each: `asked`, `given`."""
    seen = SupplyShare.objects.visible_to(user).filter(cap=OuterRef("pk")).order_by().values("cap")
    number = DecimalField(max_digits=20, decimal_places=3)
    sums = {name: Coalesce(Subquery(seen.annotate(s=Sum(name)).values("s")), Decimal(0), output_field=number)
            for name in ("asked", "given")}  # fmt: skip
    return caps.annotate(**sums)


def by_account(user, cap):
    """Shares of the accounts that the reader sees, summed over the weeks, the largest first."""
    rows = SupplyShare.objects.visible_to(user).filter(cap=cap).order_by()
    rows = rows.values("account", name=F("account__name"), code=F("account__code"))
    return rows.annotate(asked=Sum("asked"), given=Sum("given")).order_by("-asked", "account")


def shortages(account, first, last):
    """What an account does not get between two Mondays, product by product: three queries.

    The reader sees the account and reads its figures.
    """
    shares = SupplyShare.objects.filter(account=account, week__range=(first, last), given__lt=F("asked"))
    sums = shares.order_by().values("cap").annotate(asked=Sum("asked"), given=Sum("given"))
    caps = SupplyCap.objects.select_related("product").in_bulk([row["cap"] for row in sums])
    prices = _prices(account, [cap.product_id for cap in caps.values()], first)
    found = [_short(caps[row["cap"]], row["asked"], row["given"], prices) for row in sums]
    return sorted(found, key=lambda short: (-short.missing, short.cap.pk))


def short_until_year_ends(account, last):
    """What an account does not get until the year ends, as sums; None where nothing is short.

    It stands beside the target, which it does not change.
    """
    first = last + timedelta(weeks=1)
    found = shortages(account, first, calc.first_monday(last.isocalendar().year + 1) - timedelta(weeks=1))
    if not found:
        return None
    values = [short.value for short in found if short.value is not None]
    return {"missing": sum(s.missing for s in found), "value": sum(values) if values else None, "products": found}


def _short(cap, asked, given, prices):
    price = prices.get(cap.product_id)
    return Short(cap, asked, given, None if price is None else round((asked - given) * price, 2))


def _prices(account, products, before):
    """What a unit brought of late, by product id."""
    weeks = before - timedelta(weeks=PRICE_WEEKS), before - timedelta(weeks=1)
    rows = ProductWeek.objects.filter(account=account, product__in=products, week__range=weeks)
    rows = rows.filter(units__gt=0, value__isnull=False).order_by().values("product")
    return {r["product"]: r["v"] / r["u"] for r in rows.annotate(v=Sum("value"), u=Sum("units"))}
