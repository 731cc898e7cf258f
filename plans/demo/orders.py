"""What the accounts ordered, what we delivered and invoiced, and when they paid.

Everything follows from the goods that their stores received: each week's receipts of an article were one order line,
ordered two weeks ahead for Thursday, shipped on Tuesday, and invoiced on Friday with the week's other lines.
"""

import math
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from random import Random

from kam.rounding import cents
from plans.demo import stories

THURSDAY, FRIDAY = 3, 4
UNITS_STUCK = 48
COMMISSION = Decimal("0.11")


@dataclass(frozen=True)
class Line:
    """One order line; a date is None while nobody knows it yet."""

    client: object
    article: object
    week: int
    line: int
    ordered_on: object
    requested_on: object
    shipped_on: object
    received_on: object
    ordered: int
    shipped: int
    price: Decimal

    @property
    def order(self):
        return f"PO-{self.requested_on:%y%m%d}"

    @property
    def touched_on(self):
        """The day the line last changed."""
        return self.received_on or self.shipped_on or self.ordered_on


@dataclass(frozen=True)
class Invoiced:
    """One invoice line; a credit note has a negative value."""

    client: object
    document: str
    article: object
    day: object
    units: int
    price: Decimal | None
    value: Decimal
    is_credit: bool = False


@dataclass(frozen=True)
class Item:
    """One receivable: the invoice as finance books it."""

    client: object
    document: str
    issued_on: object
    due_on: object
    paid_on: object
    amount: Decimal


def net_price(client, article):
    """What the account pays for one, after its discount."""
    return cents(article.net_price(client.currency) * (1 - Decimal(str(client.discount))))


def order_lines(client, flow, days, seed):
    """The account's order lines up to yesterday, in order of week and article."""
    rng = Random(f"{seed}/orders/{client.code}")
    wanted = [(week, a, units, False) for (week, a), units in flow.shipped.items()]
    wanted += [(week, a, units, True) for (week, a), units in flow.withheld.items()]
    wanted += _stuck(client, flow, days)
    wanted.sort(key=lambda row: (row[0], row[3], row[1].number))
    numbers = defaultdict(int)
    lines = []
    for week, article, units, withheld in wanted:
        numbers[week] += 1
        line = _line(client, article, week, numbers[week], units, withheld, days, rng)
        if line.ordered_on <= days.yesterday:
            lines.append(line)
    return lines


def _stuck(client, flow, days):
    """Where we miss OTIF, further lines of the last weeks have not left us at all."""
    if client.story != stories.OTIF_MISSED:
        return []
    waiting = []
    for age in (1, 2, 3):
        articles = [article for week, article in flow.shipped if days.age(week) == age]
        for article in sorted(articles, key=lambda a: a.number)[:2]:
            waiting.append((days.week_of_age(age), article, UNITS_STUCK, True))
    return waiting


def _line(client, article, week, number, units, withheld, days, rng):
    requested = days.weeks[week] + timedelta(days=THURSDAY)
    late, short = stories.faults(client, days.age(week))
    delay = timedelta(days=rng.randint(1, 3) if rng.random() < late else 0)
    share = rng.uniform(0.08, 0.2) if rng.random() < short else 0
    shipped_on = None if withheld else days.known(requested + delay - timedelta(days=2))
    return Line(
        client,
        article,
        week,
        number * 10,
        ordered_on=requested - timedelta(days=15),
        requested_on=requested,
        shipped_on=shipped_on,
        received_on=days.known(requested + delay) if shipped_on else None,
        ordered=units if withheld else math.ceil(units / (1 - share)),
        shipped=units if shipped_on else 0,
        price=net_price(client, article),
    )


def invoices(lines, days):
    """One invoice a week over what was shipped in it, for one account's lines."""
    found = []
    for line in lines:
        day = days.weeks[line.week] + timedelta(days=FRIDAY)
        if line.shipped and day <= days.yesterday:
            value = cents(line.shipped * line.price)
            document = f"RE{day:%y%m%d}-{line.client.code}"
            found.append(Invoiced(line.client, document, line.article, day, line.shipped, line.price, value))
    return found


def credits(client, invoiced, seed):
    """Now and then a price is corrected: a credit note of one or two per cent of an invoice, three weeks later."""
    rng = Random(f"{seed}/credits/{client.code}")
    by_document = defaultdict(list)
    for row in invoiced:
        by_document[row.document].append(row)
    last = max((row.day for row in invoiced), default=None)
    found = []
    for rows in list(by_document.values())[:: rng.randint(9, 13)]:
        day = rows[0].day + timedelta(weeks=3)
        if day <= last:
            value = sum(row.value for row in rows) * Decimal(rng.randint(10, 22)) / 1000
            found.append(credit(client, rows[0].article, day, value))
    return found


def credit(client, article, day, value):
    """A credit note of that value; it moves no goods."""
    document = f"GS{day:%y%m%d}-{client.code}"
    return Invoiced(client, document, article, day, 0, None, -cents(value), is_credit=True)


def missing_to_tier(client, invoiced, days):
    """The credit that brings the account's contract year to just below a round threshold, and that threshold."""
    start, end = days.contract_year
    rows = [row for row in invoiced if start <= row.day <= end]
    total = sum(row.value for row in rows)
    tier = (total + stories.SHORT_OF_TIER) // 25_000 * 25_000
    surplus = total - tier + stories.SHORT_OF_TIER
    return credit(client, rows[-1].article, rows[-1].day, surplus), tier


def open_items(client, invoiced, days, seed):
    """A receivable per document; credit notes are set off on the day they are due."""
    rng = Random(f"{seed}/payments/{client.code}")
    totals, issued = defaultdict(Decimal), {}
    for row in invoiced:
        totals[row.document] += row.value
        issued[row.document] = row.day
    return [_item(client, document, issued[document], totals[document], days, rng) for document in sorted(issued)]


def _item(client, document, day, amount, days, rng):
    due = day + timedelta(days=client.term_days)
    delay = 0 if amount < 0 else stories.days_late(client, days.months_ago(day), rng)
    return Item(client, document, day, due, days.known(_bank_day(due + timedelta(days=delay))), amount)


def _bank_day(day):
    """Nobody pays at the weekend; they do on Friday."""
    return day - timedelta(days=max(0, day.weekday() - FRIDAY))


def commissions(client, flow, days, seed):
    """What sellers on our marketplace owe us: a share of each month's sales, invoiced at its end."""
    rng = Random(f"{seed}/payments/{client.code}")
    months = defaultdict(Decimal)
    for week, _store, article, units, *_rest in flow.lines:
        months[days.weeks[week].replace(day=28)] += units * article.net_price(client.currency)
    return [
        _item(client, f"PR{day:%y%m}-{client.code}", day, cents(value * COMMISSION), days, rng)
        for day, value in sorted(months.items())
        if day <= days.yesterday
    ]
