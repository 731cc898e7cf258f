"""What people know better than history, how right they were, and a product that is short.

What was forecast in the past is worked out from what was sold until then, as the nights would have, by one method.
"""

from datetime import timedelta
from decimal import Decimal
from random import Random

import numpy as np

from kpis.forecast import methods
from kpis.models import ForecastEvent, ForecastNotice, ForecastOverride, NoticeLine, SupplyCap, SupplyCommitment
from kpis.models.forecast import LAGS
from plans.demo import stories, tables
from plans.demo.days import WEEKS

JUDGED = 26
METHOD = "last_year_scaled"
# Accounts whose forecasts were kept, and who sets figures there; the one is often right, the other too hopeful.
AUTHORS = {"DE-110": ("dach", 0.35), "DE-240": ("lead", 0.2), "UK-110": ("uk", -0.25), "CN-210": ("china", 0.3)}
SET_BY_HAND = 12
# Webshops send their own forecast of the next quarter; of those whose forecasts of ours were kept, theirs were, too.
TOLD = 13
TOLD_COLUMNS = ("account_id", "product_id", "week", "made_on", "units", "high")
COLUMNS = ("account_id", "product_id", "week", "lag", "baseline", "naive", "agreed", "author_id", "frozen_on")


def build(accounts, products, staff, facts):
    """Frozen forecasts of half a year, what webshops expect, figures set by hand, events, a notice, short supply."""
    rows, told = [], []
    for client in facts.cast.trading:
        if client.code in AUTHORS:
            rows += _frozen(client, accounts[client.code].pk, products, staff, facts)
        if client.kind == "webshop":
            told += _told(client, accounts[client.code].pk, products, facts)
    tables.copy("kpis_forecastversion", COLUMNS, rows)
    tables.copy("kpis_accountforecast", TOLD_COLUMNS, told)
    _events(accounts, facts.days)
    for code, (author, _skill) in AUTHORS.items():
        if code in accounts:
            _by_hand(accounts[code], products, staff[author], facts.flows[code], facts.days)
    _notice(accounts, staff, facts.days)
    _short(accounts, products, staff, facts)


def _sold(flow):
    """Units by article and complete week."""
    place = {article.code: n for n, article in enumerate(flow.articles)}
    table = np.zeros((len(place), WEEKS))
    for week, _store, article, units, *_rest in flow.lines:
        if week < WEEKS:
            table[place[article.code], week] += units
    return table


def _lately(flows, article):
    """Units of an article that all accounts sold in the last five weeks."""
    lines = (line for flow in flows for line in flow.lines if WEEKS - 5 <= line[0] < WEEKS)
    return sum(units for _week, _store, sold, units, *_rest in lines if sold.code == article.code)


def _frozen(client, account, products, staff, facts):
    """What was agreed so many weeks before each of the last weeks; an author moved some of it, not always well."""
    flow, weeks = facts.flows[client.code], facts.days.weeks
    rng = Random(f"{facts.seed}/forecast/{client.code}")
    table = _sold(flow)
    author, skill = staff[AUTHORS[client.code][0]].pk, AUTHORS[client.code][1]
    for origin in range(WEEKS - JUDGED - max(LAGS), WEEKS):
        said = methods.by_every_method(table[:, :origin], max(LAGS))
        for lag in LAGS:
            week = origin + lag - 1
            if not WEEKS - JUDGED <= week < WEEKS:
                continue
            frozen = weeks[origin]
            for n, article in enumerate(flow.articles):
                baseline, naive = float(said[METHOD][n, lag - 1]), float(said["seasonal_naive"][n, lag - 1])
                if not np.isfinite(baseline):
                    continue
                moved = rng.random() < 1 / SET_BY_HAND
                agreed = _moved(baseline, table[n, week], skill, rng) if moved else baseline
                figures = (round(baseline, 3), round(naive, 3), round(agreed, 3))
                yield account, products[article.code], weeks[week], lag, *figures, author if moved else None, frozen


def _told(client, account, products, facts):
    """What a webshop itself expects, said on Sundays: last year's weeks, as far as it grew since, and a guess."""
    flow, monday = facts.flows[client.code], facts.days.monday
    rng = Random(f"{facts.seed}/told/{client.code}")
    sold = _sold(flow)
    back = JUDGED if client.code in AUTHORS else 0
    for origin in (WEEKS, *range(WEEKS - back, WEEKS, 4)):
        grown = float(sold[:, origin - 8 : origin].sum() / max(sold[:, origin - 60 : origin - 52].sum(), 1))
        said = monday + timedelta(weeks=origin - WEEKS)
        for n, article in enumerate(flow.articles):
            for week in range(TOLD):
                units = round(float(sold[n, origin + week - 52]) * grown * rng.uniform(0.85, 1.15), 1)
                starts, made = said + timedelta(weeks=week), said - timedelta(days=1)
                yield account, products[article.code], starts, made, units, round(units * 1.6, 1)


def _moved(baseline, actual, skill, rng):
    """A person knows part of what comes, and errs by themselves."""
    return max(baseline + (actual - baseline) * skill + baseline * rng.uniform(-0.1, 0.15), 0)


def _events(accounts, days):
    """What comes in the next weeks, by account."""
    first = days.monday
    told = (
        ("DE-110", "promotion", "Winter leaflet", 7, 13, "0.35"),
        ("DE-240", "promotion", "Lights week", 14, 20, "0.25"),
        ("UK-110", "holiday", "January sale", 35, 48, "0.40"),
        ("CN-210", "promotion", "Twelve-twelve", 14, 20, "0.60"),
        ("DE-110", "other", "Stocktaking, no orders", 42, 44, "-0.50"),
    )
    ForecastEvent.objects.bulk_create(
        ForecastEvent(account=accounts[code], kind=kind, name=name, starts=first + timedelta(start),
                      ends=first + timedelta(end), uplift=uplift)
        for code, kind, name, start, end, uplift in told if code in accounts
    )  # fmt: skip


REASONS = (
    "The buyer agreed a second shelf for these weeks.",
    "They run down stock before the new season.",
    "A competitor's line is delisted; we take its place.",
)


MOVES = (Decimal("1.4"), Decimal("0.7"), Decimal("1.25"))


def _by_hand(account, products, author, flow, days):
    """Three figures of the best-sellers, moved by what their author was told."""
    table = _sold(flow)[:, -8:].mean(axis=1)
    ForecastOverride.objects.bulk_create(
        ForecastOverride(account=account, product_id=products[flow.articles[n].code], author=author, reason=reason,
                         week=days.monday + timedelta(weeks=2 + n), units=round(float(table[n]) * float(MOVES[n])))
        for n, reason in enumerate(REASONS)
    )  # fmt: skip


def _notice(accounts, staff, days):
    """Logistics was told of the figures set for one account, and has not said yet that it knows."""
    overrides = list(ForecastOverride.objects.filter(account__code="DE-110").order_by("week"))
    if not overrides:
        return
    team = staff["logistics"].teams.first()
    notice = ForecastNotice.objects.create(
        account=accounts["DE-110"], team=team, made_on=days.yesterday, cause=REASONS[0], by=staff["dach"]
    )
    NoticeLine.objects.bulk_create(
        NoticeLine(
            notice=notice, product_id=row.product_id, week=row.week, before=round(row.units / 2), after=row.units
        )
        for row in overrides
    )


def _short(accounts, products, staff, facts):
    """The best-seller that was withheld from one account is short for all; another one was promised some."""
    client = next((c for c in facts.cast.trading if c.story == stories.STOCK_OUT), None)
    if client is None:
        return
    article = facts.flows[client.code].articles[0]
    weeks = {"starts": facts.days.monday, "ends": facts.days.monday + timedelta(weeks=4)}
    wanted = _lately(facts.flows.values(), article)
    said = {"units": round(wanted * 0.6), "reason": "The soles come late from Porto."}
    cap = SupplyCap.objects.create(product_id=products[article.code], **said, **weeks)
    SupplyCommitment.objects.create(cap=cap, account=accounts[client.code], minimum=round(wanted * 0.1), priority=1)
