"""The night's findings equal a second computation in plain Python, to the cent, on generated facts."""

import random
from datetime import date, timedelta
from decimal import Decimal

import pytest

from kam.night import Night
from kpis.models import InvoiceLine, OpenItem, OrderLine
from tests import make
from tests.tradeterms import second
from tradeterms.models import Finding, Term
from tradeterms.night import compliance

pytestmark = pytest.mark.django_db

TIERS = [
    {"from": "20000.00", "rate": "0.0100"},
    {"from": "45000.00", "rate": "0.0225"},
    {"from": "60000.00", "rate": "0.0333"},
]
VARIANTS = [
    ("volume_rebate", {"tiers": TIERS}),
    ("volume_rebate", {"tiers": TIERS, "mode": "incremental"}),
    ("minimum_purchase", {"amount": "50000.01", "penalty_rate": "0.0133"}),
    ("payment_term", {"days": 30, "grace_days": 0}),
    ("payment_term", {"days": 14, "grace_days": 3, "interest_rate": "0.0712"}),
    ("data_reporting", {"weekday": 1}),
    ("data_reporting", {"weekday": 4, "fee_per_week": "33.33"}),
    ("delivery_otif", {"minimum": "0.8000"}),
    (
        "delivery_otif",
        {"minimum": "0.9000", "count": "lines", "early_days": 1, "late_days": 2, "penalty_rate": "0.0175"},
    ),
]


def money(rng, low, high):
    return Decimal(rng.randint(low, high)) / 100


class World:
    """Two agreements of a group and its banners, from mid-month to mid-month over a leap day, and facts around them."""

    first, last = date(2023, 12, 11), date(2024, 6, 20)

    def __init__(self, seed):
        self.rng = random.Random(seed)
        group = make.account()
        self.accounts = [group, make.account(parent=group), make.account(parent=group)]
        self.terms = []
        for account, starts, ends in (
            (group, date(2024, 1, 10), date(2024, 6, 15)),
            (self.accounts[1], date(2023, 12, 18), date(2024, 5, 31)),
        ):
            agreement = make.agreement(account, starts=starts, ends=ends)
            self.terms += [make.term(agreement, kind, **params) for kind, params in VARIANTS]
        self.product = make.product()
        self.fill()

    def day(self):
        return self.first + timedelta(days=self.rng.randint(0, (self.last - self.first).days))

    def account(self):
        return self.rng.choice(self.accounts)

    def currency(self):
        return self.rng.choice(["EUR"] * 9 + ["USD"])

    def fill(self):
        InvoiceLine.objects.bulk_create([self.invoice_line(n) for n in range(120)])
        OpenItem.objects.bulk_create([self.open_item(n) for n in range(150)])
        OrderLine.objects.bulk_create([self.order_line(n) for n in range(200)])
        monday = self.first
        while monday <= self.last:
            for account in self.accounts:
                if self.rng.random() < 0.45:
                    units = None if self.rng.random() < 0.2 else self.rng.randint(0, 50)
                    make.account_week(account, monday, units=units)
            monday += timedelta(days=7)

    def invoice_line(self, n):
        credit = self.rng.random() < 0.12
        value = -money(self.rng, 100, 90_000) if credit else money(self.rng, 100, 150_000)
        return InvoiceLine(
            account=self.account(), document=f"I{n // 2}", occurrence=n % 2 + 1, product=self.product, quantity=1,
            value=value, invoiced_on=self.day(), is_credit=credit, currency=self.currency(),
        )  # fmt: skip

    def open_item(self, n):
        amount = money(self.rng, -20_000, 500_000)
        issued = self.day()
        how = self.rng.random()
        paid = amount if how < 0.6 else money(self.rng, 0, 500_000) if how < 0.8 else 0
        paid_on = issued + timedelta(days=self.rng.randint(0, 60)) if how < 0.75 else None
        return OpenItem(
            account=self.account(), document=f"D{n}", issued_on=issued, due_on=issued + timedelta(days=45),
            amount=amount, paid=paid, paid_on=paid_on, currency=self.currency(),
        )  # fmt: skip

    def order_line(self, n):
        requested = self.day()
        ordered = Decimal(self.rng.randint(0, 40_000)) / 1000
        share, how = Decimal(self.rng.choice(["0", "0.5", "1", "1", "1", "1", "1.2"])), self.rng.random()
        late = self.rng.choice([-3, -2, -1, 0, 0, 0, 0, 0, 0, 1, 2, 3, 15])
        return OrderLine(
            account=self.account(), order_number=f"O{n // 3}", line_number=str(n % 3), product=self.product,
            ordered_on=requested - timedelta(days=10), requested_on=requested if how < 0.97 else None, ordered=ordered,
            received=(ordered * share).quantize(Decimal("0.001")) if how < 0.93 else None,
            received_on=requested + timedelta(days=late) if how < 0.9 else None,
            price=money(self.rng, 50, 5_000) if how < 0.85 else None, currency=self.currency(),
        )  # fmt: skip


def found(finding):
    """What the night stored, in the units of `second`: hundredths, and only the figures that it knows."""
    hundredths = [None if v is None else v * 100 for v in (finding.expected, finding.observed, finding.at_stake)]
    return [finding.verdict, *hundredths]


def assert_equal(facts, finding, day):
    verdict, expected, observed, at_stake, figures = second.judge(
        facts, finding.term, finding.period_start, finding.period_end, day
    )
    assert found(finding) == [verdict, expected, observed, at_stake]
    counts = ("items", "late_items", "missing", "lines", "failed_lines")
    stored = {k: v if k in counts else int(Decimal(v) * 100) for k, v in finding.figures.items() if k in figures}
    assert stored == figures


def check_all(day, terms):
    """Every period the second computation can judge has its finding, with the same figures."""
    facts = second.Facts()
    for term in terms:
        begun = second.periods(term, day)
        periods = [p for p in begun if second.judge(facts, term, *p, day)[0] != "not_measurable"]
        stored = Finding.objects.filter(term=term).select_related("term__agreement__account")
        measured = stored.exclude(verdict="not_measurable").order_by("period_start")
        assert [(f.period_start, f.period_end) for f in measured] == periods
        for finding in stored:
            assert_equal(facts, finding, day)


@pytest.mark.parametrize("seed", range(6))
def test_findings_equal_the_second_computation(seed):
    world = World(seed)
    terms = list(Term.objects.select_related("agreement__account"))
    for day in (date(2024, 2, 29), date(2024, 4, 3), date(2024, 6, 15)):
        compliance(Night(day))
        check_all(day, terms)
    verdicts = set(Finding.objects.filter(term__in=world.terms).values_list("term__kind", "verdict"))
    assert {kind for kind, verdict in verdicts if verdict in ("breached", "at_risk")} >= {
        "payment_term",
        "data_reporting",
        "delivery_otif",
    }
