"""Shares of the night, and word to whoever looks after accounts that get less than they want."""

from datetime import timedelta

from django.db.models import F, Sum
from django.urls import reverse

from accounts.alerts import AlertRow, raise_alerts
from accounts.models import Alert
from accounts.wording import day, number
from kam.roles import DataClass
from kpis.calc import last_complete_week, sunday
from kpis.forecast.queries import first_week
from kpis.models import SupplyCap, SupplyShare
from kpis.shortage.allocate import allocate

GRAVE = 2  # where less than half of what is wanted is given


def share_out(night) -> int:
    """Share every limit that is not over out anew, by what is agreed now; returns how many shares changed."""
    last = last_complete_week(night.date)
    # The week that ends with this night is over, though its measures may not be there yet; an old night moves nothing.
    first = max(last + timedelta(weeks=1), first_week())
    return sum(allocate(cap, first) for cap in SupplyCap.objects.filter(ends__gt=last).order_by("pk"))


def alerts(night) -> int:
    """One alert for each account and limit that gives it less than it wants."""
    last = last_complete_week(night.date)
    short = SupplyShare.objects.filter(week__gt=last, given__lt=F("asked"), cap__ends__gt=last)
    mine = short.annotate(shard=F("account_id") % night.shards).filter(shard=night.shard).order_by()
    rows = mine.values("account", "cap", "cap__ends", "cap__reason", product=F("cap__product__name"))
    found = rows.annotate(asked=Sum("asked"), given=Sum("given")).order_by("account", "cap")
    return raise_alerts([_row(row) for row in found], code="supply_short", night=night)


def _row(row):
    grave = row["given"] * GRAVE < row["asked"]
    return AlertRow(
        account_id=row["account"],
        fingerprint=f"supply_short:{row['account']}:{row['cap']}",
        params={
            "product": row["product"],
            "asked": number(row["asked"]),
            "given": number(row["given"]),
            "until": day(sunday(row["cap__ends"])),
            "reason": row["cap__reason"],
        },
        severity=Alert.Severity.CRITICAL if grave else Alert.Severity.WARNING,
        url=reverse("kpis:cap", args=[row["cap"]]),
        shown_to=DataClass.KPI,
    )
