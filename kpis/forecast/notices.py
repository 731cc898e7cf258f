"""Logistics is told when the agreed forecast of the next weeks changes by much: one notice for each account."""

from datetime import timedelta
from itertools import groupby
from operator import itemgetter

from django.conf import settings
from django.db import connection

from accounts.models import Account, Team
from kam.audit import log
from kpis.models import ForecastNotice, NoticeLine
from kpis.sql import MINE

SOON = "f.week > %(last)s AND f.week <= %(until)s"
# A line counts when it moves by the share of the larger figure, and by so many units.
CHANGED = f"""
    SELECT f.account_id, f.product_id, f.week, f.told, coalesce(f.agreed, 0)
    FROM kpis_forecastweek f
    WHERE {{whose}} AND {SOON} AND f.told IS NOT NULL
        AND abs(coalesce(f.agreed, 0) - f.told) >= greatest(%(share)s * greatest(f.told, f.agreed), %(units)s)
        AND NOT EXISTS (SELECT 1 FROM kpis_forecastseries s WHERE s.account_id = f.account_id AND s.made_on > %(date)s)
    ORDER BY f.account_id, f.product_id, f.week
"""
# What comes into sight for the first time is no change.
FIRST = f"""
    UPDATE kpis_forecastweek f SET told = f.agreed
    WHERE {{whose}} AND {SOON} AND f.told IS NULL AND f.agreed IS NOT NULL
"""
TOLD = """
    UPDATE kpis_forecastweek f SET told = coalesce(f.agreed, 0)
    FROM unnest(%(accounts)s::bigint[], %(products)s::bigint[], %(weeks)s::date[]) AS t(account_id, product_id, week)
    WHERE f.account_id = t.account_id AND f.product_id = t.product_id AND f.week = t.week
"""


def tell_of_night(night, last) -> int:
    """Notices about all accounts of a night's shard; returns how many."""
    return len(_tell(MINE.format("f"), night.params, last, by=None, cause=""))


def tell(account, *, last, date, by, cause) -> list:
    """Notices about one account that somebody has changed: one, or none when too little changed."""
    return _tell("f.account_id = %(account)s", {"account": account.pk, "date": date}, last, by=by, cause=cause)


def _tell(whose, given, last, *, by, cause):
    given = given | {
        "last": last,
        "until": last + timedelta(weeks=settings.FORECAST_NOTICE_WEEKS),
        "share": settings.FORECAST_NOTICE_SHARE,
        "units": settings.FORECAST_NOTICE_UNITS,
    }
    with connection.cursor() as cursor:
        cursor.execute(CHANGED.format(whose=whose), given)
        lines = cursor.fetchall()
        cursor.execute(FIRST.format(whose=whose), given)
        if lines:
            accounts, products, weeks, *_figures = map(list, zip(*lines, strict=True))
            cursor.execute(TOLD, {"accounts": accounts, "products": products, "weeks": weeks})
    return _written(lines, given["date"], by, cause)


def _written(lines, day, by, cause):
    if not lines:
        return []
    accounts = Account.objects.in_bulk({line[0] for line in lines})
    team = Team.objects.filter(name=settings.LOGISTICS_TEAM).order_by("pk").first()
    made = []
    for account, mine in groupby(lines, itemgetter(0)):
        notice = ForecastNotice.objects.create(account=accounts[account], team=team, made_on=day, cause=cause, by=by)
        NoticeLine.objects.bulk_create(
            NoticeLine(notice=notice, product_id=product, week=week, before=before, after=after)
            for _account, product, week, before, after in mine
        )
        log(notice, "made", by=by, after={"account": account, "cause": cause}, reason=cause)
        made.append(notice)
    return made
