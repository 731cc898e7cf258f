"""What the KPI floor shows on the account page and the home page."""

from datetime import date, timedelta

from django.utils.translation import gettext as _

from accounts.compiled import for_reader
from kam.addresses import address_of, page_address
from kam.charts import drawn
from kam.panels import panel
from kam.reading import once
from kam.roles import DataClass, may_read
from kam.templatetags import formats
from kpis import access, calc, queries, showing
from kpis.feeds.late import FACTS
from kpis.models import Feed, StockOut
from kpis.queries import YEAR, Figure
from kpis.stockouts.showing import span_text

DELIVERY = ("backlog", "past_due_backlog", "otif", "supply_cost")
SHOWN = ("sell_in", "sell_through_rate", "weeks_of_supply", "otif", "past_due_backlog", "overdue_share")
CHART_WEEKS = 26
DELIVERY_WEEKS = 13
HOME_ROWS = 8
STOCKOUTS = 5
STOCKOUT_READ = ("product__name", "first_week", "last_week", "cause", "standing", "lost_value", "currency")


def _points(request, account, codes, first):
    """Weekly figures by code since a Monday; what the panels of the page show is read once for all of them."""
    last = queries.last_week()
    since = min(calc.first_monday(last.isocalendar().year) - YEAR, queries.span(last, 53 + 13)[0])
    read = once(
        ("points", request.user.pk, account.pk),
        lambda: queries.series(request.user, account, (*SHOWN, *DELIVERY), since, last),
    )
    known = {code: read[code] for code in codes if code in read}
    return {code: {week: p for week, p in points.items() if week >= first} for code, points in known.items()}


@panel("account", "kpis/panels/strip.html", order=20, column="top")
def strip(request, account):
    """Six tiles: this year's sell-in, the rates of four weeks, and where supply, orders and receivables stand."""
    last = queries.last_week()
    measures = access.readable_measures(request.user)
    points = _points(request, account, SHOWN, date.min)
    if not any(points.values()):
        return None
    targets = queries.targets(request.user, account, SHOWN, last.isocalendar().year)
    tiles = [
        showing.tile(
            measures[code],
            account.currency,
            points[code],
            last,
            url=address_of("kpis:measure", account.pk, code),
            target=targets.get(code),
            this_year=code == "sell_in",
        )
        for code in points
    ]
    return {"kpis": tiles}


@panel("account", "kpis/panels/sell.html", order=20)
def sell_in_and_through(request, account):
    """Sell-in against sell-through by week, with weeks of supply below."""
    if not may_read(request.user, DataClass.KPI):
        return None
    last = queries.last_week()
    first = queries.span(last, CHART_WEEKS)[0]
    weeks = queries.account_weeks(request.user, account, first - YEAR, last)
    if not any(week >= first for week in weeks):
        return None
    points = _points(request, account, ("weeks_of_supply", "sell_through_rate"), first)
    supply = points["weeks_of_supply"]
    for week, point in points["sell_through_rate"].items():
        if point.late and week in weeks:  # what is there is not all of it: a gap says so, a low figure would mislead
            weeks[week] |= {"sell_through": None}
    mondays = calc.mondays(first, CHART_WEEKS)
    labels = [formats.week(week) for week in mondays]
    return {
        "account": account,
        "last": last,
        "weeks": CHART_WEEKS,
        "chart": _sell_chart(account, weeks, mondays, labels),
        "supply": _supply_chart(supply, mondays, labels) if supply else None,
        "table_url": address_of("kpis:measure", account.pk, "sell_through"),
        "supply_url": address_of("kpis:measure", account.pk, "weeks_of_supply"),
    }


def _sell_chart(account, weeks, mondays, labels):
    def values(name, shift=timedelta(0)):
        found = (weeks.get(week - shift, {}).get(name) for week in mondays)
        return drawn(found, 3, formats.style().unit)

    return {
        "x": labels,
        "unit": formats.money_unit(account.currency),
        "series": [
            {"name": _("Sell-in"), "role": "volume", "data": values("sell_in")},
            {"name": _("Sell-through"), "role": "actual", "data": values("sell_through")},
            {"name": _("Sell-through last year"), "role": "last_year", "data": values("sell_through", YEAR)},
        ],
    }


def _supply_chart(points, mondays, labels):
    values = (points[week].value if week in points else None for week in mondays)
    return {
        "x": labels,
        "unit": _("weeks"),
        "decimals": 1,
        "series": [{"name": _("Stock cover"), "role": "actual", "data": drawn(values)}],
    }


@panel("account", "kpis/panels/delivery.html", order=20, column="side")
def delivery(request, account):
    """Open orders and OTIF of the last weeks."""
    last = queries.last_week()
    first = queries.span(last, DELIVERY_WEEKS)[0]
    points = _points(request, account, DELIVERY, first)
    if not any(points.values()):
        return None
    measures = access.readable_measures(request.user)
    figure = {code: queries.over(points[code], measures[code], first, last) for code in DELIVERY}
    mondays = calc.mondays(first, DELIVERY_WEEKS)
    otif = [points["otif"].get(week, Figure(measures["otif"])) for week in mondays]
    return {
        "account": account,
        "backlog": figure["backlog"],
        "past_due": figure["past_due_backlog"],
        "cost": figure["supply_cost"],
        "cost_url": address_of("kpis:measure", account.pk, "supply_cost"),
        "weeks": DELIVERY_WEEKS,
        "as_of": figure["backlog"].week and calc.sunday(figure["backlog"].week),
        "orders_url": address_of("kpis:facts", account.pk, "backlog"),
        "otif_url": address_of("kpis:measure", account.pk, "otif"),
        "chart": {
            "x": [formats.week(week) for week in mondays],
            "unit": "%",
            "decimals": 1,
            "series": [
                {
                    "name": str(measures["otif"].label),
                    "role": "actual",
                    "data": drawn(p.shown for p in otif),
                }
            ],
        },
    }


@panel("account", "kpis/panels/stockouts.html", order=25, column="side")
def stockouts(request, account):
    """The latest stock-outs of an account and of what the reader sees below it."""
    if not may_read(request.user, DataClass.KPI):
        return None
    rows = _latest(request.user, account=account.pk)
    if not rows:
        return None
    for row in rows:
        row.span = span_text(row)
    return {"episodes": rows, "list_url": f"{page_address('kpis:stockout-list')}?account={account.pk}"}


@for_reader
def _latest(user, *, account):
    seen = StockOut.objects.visible_to(user).standing().filter(account__lineage__contains=[account])
    read = seen.select_related("product").only(*STOCKOUT_READ)
    return read.order_by("-last_week", "-lost_value", "pk")[:STOCKOUTS]


BUCKET_WORDS = {
    "not_due": lambda: _("Not due"),
    "1-30": lambda: _("1–30 days"),
    "31-60": lambda: _("31–60 days"),
    "61-90": lambda: _("61–90 days"),
    "over_90": lambda: _("over 90 days"),
}
BUCKET_LEVELS = {"not_due": "neutral", "1-30": "warning", "31-60": "warning", "61-90": "bad", "over_90": "bad"}


@panel("account", "kpis/panels/receivables.html", order=30, column="side")
def receivables(request, account):
    """Open items by age, and how many days of sales they stand for."""
    if not may_read(request.user, DataClass.FINANCE):
        return None
    found = queries.receivables(request.user, account, queries.last_night_day())
    if found is None:
        return None
    largest = max((abs(amount) for amount in found.buckets.values()), default=0)
    rows = [
        {
            "label": BUCKET_WORDS[name](),
            "amount": amount,
            "count": found.counts.get(name, 0),
            "share": calc.rate(max(amount, calc.ZERO), largest) or 0,
            "level": BUCKET_LEVELS[name],
        }
        for name, amount in found.buckets.items()
    ]
    return {"account": account, "found": found, "rows": rows, "unit": formats.money_unit(found.currency)}


@panel("home", "kpis/panels/strip.html", order=20, column="top")
def portfolio_strip(request):
    """The same figures over all accounts the reader sees; money in the currency that most of them trade in."""
    currency, others = queries.usual_currency(request.user)
    last = queries.last_week()
    spans = queries.span(last, showing.SPARK_WEEKS), queries.span(last - YEAR, queries.LEVEL_WEEKS)
    points = queries.portfolio(request.user, currency, SHOWN, spans)
    if not any(points.values()):
        return None
    measures, overview = access.readable_measures(request.user), page_address("kpis:overview")
    tiles = [showing.tile(measures[code], currency, points[code], last, url=overview) for code in points]
    for tile, code in zip(tiles, points, strict=True):
        if others and measures[code].unit in queries.MONEY:
            tile["note"] = _("accounts in %(currency)s only") % {"currency": currency}
    return {"kpis": tiles}


@panel("home", "kpis/panels/portfolio.html", order=40, column="bottom")
def portfolio(request):
    """The accounts that buy most, with what matters of each."""
    measures = {c: m for c, m in access.readable_measures(request.user).items() if c in SHOWN}
    if not measures:
        return None
    last = queries.last_week()
    by = "sell_in" if "sell_in" in measures else next(iter(measures))
    accounts = queries.largest(request.user, measures[by], last, 4, HOME_ROWS)
    if not accounts:
        return None
    table = showing.Portfolio(request.user, accounts, SHOWN, last, 4)
    return {"table": table, "week": last, "as_of": calc.sunday(last), "measure": measures[by].label}


@panel("account", "kpis/panels/quality.html", order=60, column="side", later=True)
def quality(request, account):
    """How good the data of the account is; its figures are asked for when they come into sight."""
    feeds = Feed.objects.filter(account__lineage__contains=[account.pk], kind__in=list(FACTS))
    link = f"{page_address('kpis:quality-list')}?account={account.pk}"
    return {"account": account, "link_to": link} if feeds.exists() else None
