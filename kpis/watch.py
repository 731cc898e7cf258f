"""What the night looks for in the figures of the KPI floor, each with the money at stake.

Rules look at the latest week that an account reported, at most two weeks back, so that a week which is not due yet
raises nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.urls import reverse

from accounts.alerts import AlertRow
from accounts.models import Alert
from accounts.wording import day as day_word
from accounts.wording import money, number, percent
from accounts.wording import week as week_word
from kam.roles import DataClass
from kam.rounding import cents, rounded
from kam.sql import dicts
from kpis import calc
from kpis.levels import OPEN_ITEMS, OPEN_LINES
from kpis.sql import MINE

TOLERANCE = Decimal("0.15")
LEAST_WEEKS = Decimal(2)
MOST_WEEKS = Decimal(12)
STALE_WEEKS = 2
PRODUCT_SHARE = Decimal("0.01")
Severity = Alert.Severity


@dataclass(frozen=True)
class Rule:
    """One kind of alert: the facts it needs and `find(night)`, which returns the AlertRows of a shard."""

    code: str
    feed: str
    find: Callable


def _rows(night, sql):
    """Rows of a shard as named dictionaries."""
    last = calc.last_complete_week(night.date)
    since = last - timedelta(weeks=STALE_WEEKS)
    return dicts(sql, night.params | {"last": last, "since": since, "share": PRODUCT_SHARE})


def _page(row, measure):
    return reverse("kpis:measure", args=[row["account_id"], measure])


# The latest week of which an account told something.
LATEST = f"""WITH latest AS (
        SELECT w.account_id, max(w.week) AS week FROM kpis_accountweek w
        WHERE w.{{}} IS NOT NULL AND w.week BETWEEN %(since)s AND %(last)s AND {MINE.format("w")}
        GROUP BY 1
    )"""

# The weeks 0–3 back are judged, the weeks 4–11 back say how this year compares with last year's same ISO weeks.
SEASON = f"""
    {LATEST.format("units")}
    SELECT l.account_id, l.week, a.currency,
        sum(n.units - coalesce(n.returns, 0)) FILTER (WHERE k < 4) AS actual,
        sum(n.value) FILTER (WHERE k < 4) AS value,
        sum(y.units - coalesce(y.returns, 0)) FILTER (WHERE k < 4) AS last_year,
        sum(y.value) FILTER (WHERE k < 4) AS last_year_value,
        coalesce(sum(n.units - coalesce(n.returns, 0)) FILTER (WHERE k >= 4), 0) AS before,
        coalesce(sum(y.units - coalesce(y.returns, 0)) FILTER (WHERE k >= 4), 0) AS before_last_year
    FROM latest l
    JOIN accounts_account a ON a.id = l.account_id
    CROSS JOIN generate_series(0, 11) k
    JOIN kpis_accountweek n ON n.account_id = l.account_id AND n.week = l.week - 7 * k AND n.units IS NOT NULL
    JOIN kpis_accountweek y ON y.account_id = l.account_id AND y.week = n.week - 364 AND y.units IS NOT NULL
    GROUP BY 1, 2, 3
    HAVING count(*) FILTER (WHERE k < 4) = 4
    ORDER BY 1
"""


def sell_through_behind(night):
    """Units of the last four reported weeks 15 % or more below what last year's same weeks lead to expect."""
    return [row for found in _rows(night, SEASON) if (row := _behind(found, night))]


def _behind(row, night):
    expected = calc.season_expectation(row["last_year"], row["before"], row["before_last_year"])
    missing = calc.shortfall(row["actual"], expected, TOLERANCE)
    if not missing:
        return None
    price = calc.rate(row["value"], row["actual"]) or calc.rate(row["last_year_value"], row["last_year"])
    stake = None if price is None else cents(missing * price)
    gap = missing / expected
    return AlertRow(
        account_id=row["account_id"],
        fingerprint=f"sell_through_behind:{row['account_id']}",
        params={
            "gap": percent(rounded(gap, 4)),
            "actual": number(row["actual"]),
            "expected": number(rounded(expected, 2)),
            "week": week_word(row["week"]),
        },
        severity=Severity.CRITICAL if gap >= 2 * TOLERANCE else Severity.WARNING,
        at_stake=stake,
        currency=row["currency"] if stake is not None else "",
        act_by=night.date + timedelta(days=7),
        url=_page(row, "sell_through_units"),
        shown_to=DataClass.KPI,
    )


PAST_DUE = f"""
    SELECT l.account_id, a.currency, sum(l.open) AS value, count(*) AS lines, min(l.requested_on) AS oldest
    FROM (
        SELECT account_id, requested_on, wanted - CASE WHEN shipped_on > %(date)s THEN 0 ELSE gone END AS open
        FROM ({OPEN_LINES}) x WHERE ordered_on <= %(date)s AND requested_on < %(date)s
    ) l JOIN accounts_account a ON a.id = l.account_id
    WHERE l.open > 0 GROUP BY 1, 2 HAVING sum(l.open) >= 0.01 ORDER BY 1
"""


def past_due_backlog(night):
    """Order lines that were requested for a day before tonight's and are still open."""
    return [_past_due(row, night) for row in _rows(night, PAST_DUE)]


def _past_due(row, night):
    days = (night.date - row["oldest"]).days
    return AlertRow(
        account_id=row["account_id"],
        fingerprint=f"past_due_backlog:{row['account_id']}",
        params={
            "amount": money(cents(row["value"]), row["currency"]),
            "lines": row["lines"],
            "oldest": day_word(row["oldest"]),
        },
        severity=_by_age(days, critical=21, warning=7),
        at_stake=cents(row["value"]),
        currency=row["currency"],
        act_by=night.date + timedelta(days=3),
        url=_page(row, "past_due_backlog"),
        shown_to=DataClass.KPI,
    )


def _by_age(days, *, critical, warning):
    if days > critical:
        return Severity.CRITICAL
    return Severity.WARNING if days > warning else Severity.NOTICE


OVERDUE = f"""
    SELECT i.account_id, a.currency, sum(i.open) AS value,
        count(*) FILTER (WHERE i.open > 0) AS documents,
        min(i.due_on) FILTER (WHERE i.open > 0) AS oldest,
        sum(i.open) FILTER (WHERE i.due_on < %(date)s::date - 60) AS old
    FROM (
        SELECT account_id, due_on, CASE WHEN paid_on > %(date)s THEN amount ELSE amount - paid END AS open
        FROM ({OPEN_ITEMS}) x WHERE issued_on <= %(date)s AND due_on < %(date)s
    ) i JOIN accounts_account a ON a.id = i.account_id
    GROUP BY 1, 2 HAVING sum(i.open) > 0 ORDER BY 1
"""


def receivables_overdue(night):
    """Receivables past due, credits that are due deducted; the oldest decides how grave it is."""
    return [_overdue(row, night) for row in _rows(night, OVERDUE)]


def _overdue(row, night):
    days = (night.date - row["oldest"]).days
    return AlertRow(
        account_id=row["account_id"],
        fingerprint=f"receivables_overdue:{row['account_id']}",
        params={
            "amount": money(row["value"], row["currency"]),
            "documents": row["documents"],
            "days": days,
            "old": money(row["old"] or Decimal(0), row["currency"]),
        },
        severity=_by_age(days, critical=60, warning=30),
        at_stake=row["value"],
        currency=row["currency"],
        act_by=night.date + timedelta(days=7),
        url=_page(row, "overdue_share"),
        shown_to=DataClass.FINANCE,
    )


SUPPLY = f"""
    {LATEST.format("stock")}
    SELECT l.account_id, l.week, a.currency, n.stock,
        greatest(sum(t.units - coalesce(t.returns, 0)) / count(*), 0) AS weekly,
        sum(t.value) / nullif(sum(t.units - coalesce(t.returns, 0)), 0) AS price
    FROM latest l
    JOIN accounts_account a ON a.id = l.account_id
    JOIN kpis_accountweek n ON n.account_id = l.account_id AND n.week = l.week
    JOIN kpis_accountweek t ON t.account_id = l.account_id AND t.week BETWEEN l.week - 21 AND l.week
        AND t.units IS NOT NULL
    GROUP BY 1, 2, 3, 4 ORDER BY 1
"""


def supply_low(night):
    """Stock that lasts for less than two weeks of sales; at stake is what will be missing."""
    return [_supply(row, night, "supply_low", calc.missing_supply(row["stock"], row["weekly"], LEAST_WEEKS))
            for row in _rows(night, SUPPLY) if _weeks(row) is not None and _weeks(row) < LEAST_WEEKS]  # fmt: skip


def supply_high(night):
    """Stock that lasts for more than twelve weeks of sales; at stake is what lies beyond."""
    return [_supply(row, night, "supply_high", calc.excess_supply(row["stock"], row["weekly"], MOST_WEEKS))
            for row in _rows(night, SUPPLY) if _weeks(row) is not None and _weeks(row) > MOST_WEEKS]  # fmt: skip


def _weeks(row):
    return calc.rate(row["stock"], row["weekly"])


def _supply(row, night, code, units):
    stake = None if row["price"] is None else cents(units * row["price"])
    low = code == "supply_low"
    return AlertRow(
        account_id=row["account_id"],
        fingerprint=f"{code}:{row['account_id']}",
        params={
            "weeks": number(rounded(_weeks(row), 1), 1),
            "stock": number(row["stock"]),
            "limit": number(LEAST_WEEKS if low else MOST_WEEKS),
            "week": week_word(row["week"]),
        },
        severity=Severity.WARNING if low else Severity.NOTICE,
        at_stake=stake,
        currency=row["currency"] if stake is not None else "",
        act_by=night.date + timedelta(days=3 if low else 14),
        url=_page(row, "weeks_of_supply"),
        shown_to=DataClass.KPI,
    )


# Only products that make at least 1 % of what the account sold in the four weeks before.
STOCKOUT = f"""
    {LATEST.format("stock")},
    sold AS (
        SELECT p.account_id, l.week, p.product_id, sum(p.units) AS units, sum(p.value) AS value,
            sum(sum(p.units)) OVER (PARTITION BY p.account_id) AS all_units
        FROM latest l
        JOIN kpis_productweek p ON p.account_id = l.account_id AND p.week BETWEEN l.week - 28 AND l.week - 7
        GROUP BY 1, 2, 3
    )
    SELECT s.account_id, s.week, s.product_id, r.code, r.name, a.currency, s.units / 4 AS weekly, s.value / 4 AS value,
        e.id AS episode
    FROM sold s
    JOIN kpis_productweek n ON n.account_id = s.account_id AND n.week = s.week AND n.product_id = s.product_id
    JOIN kpis_product r ON r.id = s.product_id
    JOIN accounts_account a ON a.id = s.account_id
    LEFT JOIN kpis_stockout e ON e.account_id = s.account_id AND e.product_id = s.product_id AND e.standing = 'open'
    WHERE n.stock <= 0 AND s.units > 0 AND s.units >= %(share)s * s.all_units
    ORDER BY 1, 3
"""


def stockout(night):
    """Products of which no store has stock although they sold in the four weeks before; at stake is a week of sales."""
    return [_stockout(row, night) for row in _rows(night, STOCKOUT)]


def _stockout(row, night):
    stake = None if row["value"] is None else cents(row["value"])
    return AlertRow(
        account_id=row["account_id"],
        fingerprint=f"stockout:{row['account_id']}:{row['product_id']}",
        params={
            "product": row["name"],
            "code": row["code"],
            "weekly": number(rounded(row["weekly"], 2)),
            "week": week_word(row["week"]),
        },
        severity=Severity.WARNING,
        at_stake=stake,
        currency=row["currency"] if stake is not None else "",
        act_by=night.date + timedelta(days=3),
        url=reverse("kpis:stockout", args=[row["episode"]]) if row["episode"] else _page(row, "weeks_of_supply"),
        shown_to=DataClass.KPI,
    )


RULES = (
    Rule("sell_through_behind", "sell_through", sell_through_behind),
    Rule("past_due_backlog", "orders", past_due_backlog),
    Rule("receivables_overdue", "open_items", receivables_overdue),
    Rule("supply_low", "sell_through", supply_low),
    Rule("supply_high", "sell_through", supply_high),
    Rule("stockout", "sell_through", stockout),
)

KEPT = ("account_id", "fingerprint", "params", "severity", "at_stake", "currency", "act_by", "url", "shown_to")


def as_they_are(code, accounts, night):
    """The unresolved alerts of these accounts as rows, so that missing news neither raises nor resolves any."""
    open_ones = Alert.objects.unresolved().filter(code=code, account__in=accounts, seen_on__lte=night.date)
    return [AlertRow(**values) for values in open_ones.order_by("fingerprint").values(*KEPT)]
