"""A stock-out as its page shows it: weeks with stock, sales, orders and deliveries; lines; stores; levels and icons.

Whoever hands in an episode has made sure that the reader sees it: facts of its account are of the same class of data.
"""

from datetime import timedelta
from urllib.parse import urlencode

from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext as _

from kam.charts import drawn
from kam.templatetags import formats
from kpis import calc
from kpis.behind import name_of
from kpis.models import ProductWeek, SellThrough, StockOut
from kpis.stockouts.evidence import BEFORE, lines_between

Side, Standing = StockOut.Side, StockOut.Standing
STANDINGS = {
    Standing.OPEN: ("bad", ""),
    Standing.ENDED: ("neutral", "circle-check"),
    Standing.WITHDRAWN: ("neutral", "x"),
}
SIDES = {
    Side.US: ("bad", "alert-circle"),
    Side.THEM: ("info", "building-store"),
    Side.CARRIER: ("warning", "truck"),
    Side.BOTH: ("warning", "users"),
    Side.UNKNOWN: ("neutral", "help-circle"),
}
WEEKS_BEFORE, WEEKS_AFTER = 8, 3
MOST_STORES = 12


def side_word(row):
    return StockOut.Side(row.side).label


def span_text(row):
    """`W43 – W46`, or the one week."""
    return formats.weeks(row.first_week, row.last_week)


def facts_url(account, measure, week, **row):
    """The page of the facts behind a week; with `row` the line of the file that one of them came from."""
    query = urlencode({"week": week.isoformat(), **row})
    return f"{reverse('kpis:facts', args=[account, measure])}?{query}{'#source' if row else ''}"


def timeline(row):
    """Weeks around an episode, oldest first: stock and sales as reported, units ordered for and received in each.

    `row.late_weeks` are those of which news of the account is missing.
    """
    first = row.first_week - timedelta(weeks=WEEKS_BEFORE)
    last = row.last_week + timedelta(weeks=WEEKS_AFTER)
    of_it = {"account": row.account_id, "product": row.product_id}
    sold = ProductWeek.objects.filter(**of_it, week__range=(first, last))
    known = {week.week: week for week in sold.order_by("week")}
    lines = list(lines_between(row, first, calc.sunday(last)))
    mondays = calc.mondays(first, (last - first).days // 7 + 1)
    newest = max([*known, row.last_week])
    return [_week(row, monday, known.get(monday), lines) for monday in mondays if monday <= newest], lines


def _week(row, monday, fact, lines):
    end = calc.sunday(monday)
    out = row.first_week <= monday <= row.last_week
    return {
        "week": monday,
        "out": out,
        "late": monday in row.late_weeks,
        "sold": fact and fact.units,
        "stock": fact and fact.stock,
        "receipts": fact and fact.receipts,
        "stores": fact and fact.stores,
        "empty": fact and fact.empty_stores,
        "expected": row.expected / row.weeks if out else None,
        "ordered": _sum(line.ordered for line in lines if monday <= line.requested_on <= end),
        "received": _sum(line.received for line in lines if line.received_on and monday <= line.received_on <= end),
        "url": facts_url(row.account_id, "sell_through_units", monday, product_named=row.product.code),
    }


def _sum(values):
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def chart(weeks):
    """Stock as bars, sales and what was expected as lines, units received as bars behind."""

    def values(name):
        return drawn((week[name] for week in weeks), 1)

    return {
        "x": [formats.week(week["week"]) for week in weeks],
        "unit": _("units"),
        "decimals": 0,
        "series": [
            {"name": _("Stock"), "role": "volume", "data": values("stock")},
            {"name": _("Received from us"), "role": "done", "data": values("received")},
            {"name": _("Sold"), "role": "actual", "data": values("sold")},
            {"name": _("Expected sales"), "role": "last_year", "data": values("expected")},
        ],
    }


def order_rows(row, lines):
    """The lines the episode was judged on: those asked for in its weeks or the four before, with where they lead."""
    first, last = row.first_week - timedelta(days=BEFORE), calc.sunday(row.last_week)
    return [_line(line) for line in lines if first <= line.requested_on <= last]


def _line(line):
    level, word = _how(line)
    return {
        "line": line,
        "level": level,
        "word": word,
        "url": f"{line.get_absolute_url()}#source",
    }


def _how(line):
    """(level, word): how a line was kept, for its row."""
    confirmed = line.ordered if line.confirmed is None else line.confirmed
    if confirmed < line.ordered or line.rejected:
        return "bad", _("cut")
    if line.received_on is None and not line.received:
        return ("bad", _("not delivered")) if not line.shipped else ("warning", _("on its way"))
    if line.received_on and line.received_on > line.requested_on:
        return "warning", _("late")
    return ("warning", _("short")) if (line.received or 0) < line.ordered else ("good", _("in full"))


def stores(row):
    """Stores in the last week of an episode, the emptiest first, with where each row leads."""
    seen = SellThrough.objects.filter(week=row.last_week, account=row.account_id, product=row.product_id)
    found = list(
        seen.select_related("store").order_by(F("stock").asc(nulls_last=True), "-units", "store")[:MOST_STORES]
    )
    for fact in found:
        fact.url = facts_url(row.account_id, "sell_through_units", row.last_week, row=name_of(fact))
    return found
