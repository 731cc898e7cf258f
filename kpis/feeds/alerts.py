"""One alert for what is wrong with each feed and week, which closes by itself when the missing part is here.

The weeks that a feed owes altogether are one alert of the feed; a partial or small week has one of its own, which
leads to its file. Feeds of the whole house have no account that an alert could hang on; the night notes them.
"""

from collections import defaultdict
from datetime import datetime

from django.db import transaction
from django.urls import reverse

from accounts.alerts import AlertRow, raise_alerts
from accounts.models import Alert, Store
from accounts.wording import day as day_word
from accounts.wording import number, percent
from accounts.wording import week as week_word
from kam.leases import take_turns
from kam.night import Night
from kam.roles import DataClass
from kam.rounding import rounded
from kpis.feeds.due import due_day
from kpis.feeds.standing import Fault, faults

MANY_WEEKS = 3
NAMED_STORES = 5
CODES = {"late": "feed_late", "partial": "feed_partial", "small": "feed_small"}


@transaction.atomic
def tell(night: Night, at: datetime) -> list[Fault]:
    """Make the alerts of feeds what they should be at a moment; returns the faults that are due. One at a time."""
    take_turns("kpis.feed_alerts")
    due = [fault for fault in faults(at) if fault.due_at <= at]
    of_accounts = [fault for fault in due if fault.account_id]
    found = {"late": _late(of_accounts), "partial": _partial(of_accounts), "small": _small(of_accounts)}
    for what, rows in found.items():
        raise_alerts(rows, code=CODES[what], night=night)
    return due


def _late(faulty):
    by_feed = defaultdict(list)
    for fault in faulty:
        if fault.what == "late":
            by_feed[fault.feed].append(fault)
    return [_late_alert(feed, owed) for feed, owed in by_feed.items()]


def _late_alert(feed, owed):
    return AlertRow(
        account_id=feed.account_id,
        fingerprint=f"feed_late:{feed.pk}",
        params={
            "feed": feed.name,
            "weeks": len(owed),
            "week": week_word(owed[0].week),
            "due": day_word(due_day(feed, owed[0].week)),
        },
        severity=Alert.Severity.CRITICAL if len(owed) >= MANY_WEEKS else Alert.Severity.WARNING,
        url=reverse("kpis:feed", args=[feed.pk]),
        shown_to=_shown_to(feed),
    )


def _partial(faulty):
    chosen = [fault for fault in faulty if fault.what == "partial"]
    wanted = set().union(*(fault.verdict.missing for fault in chosen))
    codes = dict(Store.objects.filter(pk__in=wanted).values_list("pk", "code"))
    return [_partial_alert(f, sorted(codes[pk] for pk in f.verdict.missing if pk in codes)) for f in chosen]


def _partial_alert(fault, codes):
    more = ["…"] if len(codes) > NAMED_STORES else []
    params = {
        "missing": len(fault.verdict.missing),
        "of": len(fault.verdict.expected),
        "stores": ", ".join([*codes[:NAMED_STORES], *more]),
    }
    return _of_week(fault, params)


def _small(faulty):
    return [
        _of_week(
            fault,
            {
                "below": percent(rounded(fault.verdict.below, 4), 0),
                "total": number(rounded(fault.verdict.total, 0)),
                "usual": number(rounded(fault.verdict.usual, 0)),
            },
        )
        for fault in faulty
        if fault.what == "small"
    ]


def _of_week(fault, params):
    code = CODES[fault.what]
    return AlertRow(
        account_id=fault.account_id,
        fingerprint=f"{code}:{fault.feed.pk}:{fault.week.isoformat()}",
        params={"feed": fault.feed.name, "week": week_word(fault.week)} | params,
        severity=Alert.Severity.WARNING,
        url=reverse("kpis:import-detail", args=[fault.batch_id]),
        shown_to=_shown_to(fault.feed),
    )


def _shown_to(feed):
    return DataClass.FINANCE if feed.kind == "open_items" else DataClass.KPI
