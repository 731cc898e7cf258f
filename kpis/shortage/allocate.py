"""From limits and forecasts to shares: who gets how much of what is short, week by week."""

from collections import defaultdict
from decimal import ROUND_HALF_UP

from django.db import transaction
from django.db.models import Sum

from kpis.forecast.queries import first_week
from kpis.models import ForecastWeek, SupplyCap, SupplyShare
from kpis.shortage.fair import Claim, in_proportion, shares


@transaction.atomic
def allocate(cap, first=None) -> int:
    """Share a limit out anew by what is agreed now; returns how many shares changed.

    `first` is the Monday of the first week to come, by default the one after the last complete week. What was given in
    weeks that are over is gone, and counts against limit and promises. Each account gets its share of the weeks to
    come, and of that as many in each week as it wants of it there. Wants are rounded to whole units.
    """
    SupplyCap.objects.select_for_update().get(pk=cap.pk)
    first = first or first_week()
    gone = dict(_sums(SupplyShare.objects.filter(cap=cap, week__lt=first)))
    asked = _asked(cap, first)
    promises = {row.account_id: row for row in cap.commitments.all()}
    claims = [_claim(who, sum(weeks.values()), promises.get(who), gone.get(who, 0)) for who, weeks in asked.items()]
    given = shares(int(cap.units - sum(gone.values())), claims)
    fresh = {
        (account, week): (weeks[week], units)
        for account, weeks in asked.items()
        for week, units in in_proportion(given[account], weeks).items()
    }
    return _store(cap, first, fresh)


def _sums(rows):
    return rows.order_by().values("account").annotate(given=Sum("given")).values_list("account", "given")


def _asked(cap, first):
    """Whole units wanted by account and week, of weeks that are not over."""
    rows = ForecastWeek.objects.filter(product=cap.product_id, week__range=(cap.starts, cap.ends), week__gte=first)
    rows = rows.filter(agreed__gt=0).order_by("account", "week")
    found = defaultdict(dict)
    for account, week, agreed in rows.values_list("account", "week", "agreed"):
        if units := int(agreed.quantize(1, ROUND_HALF_UP)):
            found[account][week] = units
    return found


def _claim(account, wanted, promise, had):
    if promise is None:
        return Claim(account, wanted)
    return Claim(account, wanted, max(int(promise.minimum - had), 0), promise.priority)


def _store(cap, first, fresh):
    """Write what differs in the weeks to come."""
    stored = {(row.account_id, row.week): row for row in SupplyShare.objects.filter(cap=cap, week__gte=first)}
    new = [
        SupplyShare(cap=cap, account_id=account, week=week, asked=asked, given=given)
        for (account, week), (asked, given) in fresh.items()
        if (account, week) not in stored
    ]
    changed = [row for key, row in stored.items() if key in fresh and (row.asked, row.given) != fresh[key]]
    for row in changed:
        row.asked, row.given = fresh[row.account_id, row.week]
    gone = [row.pk for key, row in stored.items() if key not in fresh]
    SupplyShare.objects.bulk_create(new)
    SupplyShare.objects.bulk_update(changed, ["asked", "given"], batch_size=500)
    SupplyShare.objects.filter(pk__in=gone).delete()
    return len(new) + len(changed) + len(gone)
