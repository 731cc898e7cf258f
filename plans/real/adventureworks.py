"""A bicycle maker's purchase orders: what was received, not when, so that only “in full” can be measured."""

from datetime import date
from decimal import Decimal

from django.db.models import F

from accounts.models import Account
from kpis.models import OrderLine, Product
from plans.real import agreements, plain, steps
from plans.real.agreements import Agreed, Clause
from plans.real.cases import Case, each

TITLE = "AdventureWorks"
MAPPING = "adventureworks"
NIGHT = date(2025, 10, 26)
LAST = date(2025, 10, 20)
MEASURES = ["backlog", "book_to_bill", "fill_rate", "in_full", "past_due_backlog"]
MISSING = Decimal(21_338)
ALERTS = (51, Decimal("551449.03"))

# Our duty to one of them, in the month the night lies in; months that are over and say nothing leave no finding.
VENDOR = "1574"
DELIVERS = {"minimum": "0.9500", "penalty_rate": "0.0100", "early_days": 0, "late_days": 0, "count": "units"}
DUTY = Clause("7.1", "delivery_otif", "we_owe", DELIVERS)
AGREED = Agreed(VENDOR, date(2025, 1, 1), date(2025, 12, 31), "USD", (DUTY,))
FOUND = [(VENDOR, "7.1", date(2025, 10, 1), "not_measurable", None, None, None)]


def check(folder):
    """Resellers, products and purchase orders, the night of the Sunday after the last due day, the files again."""
    place = steps.need(folder, "adventureworks")
    path = steps.need(place, "AW_PurchaseOrderDetail.csv")
    lines = list(plain.adventureworks(place))
    masters = [
        ("accounts", steps.need(place, "AW_Store.csv"), "adventureworks_accounts"),
        ("products", steps.need(place, "AW_Product.csv"), "adventureworks_products"),
    ]
    for kind, file, mapping in masters:
        steps.give(kind, file, mapping)
    yield Case("resellers", 701, Account.objects.count())
    yield Case("products", 504, Product.objects.count())
    said = steps.give("orders", path, MAPPING)
    yield Case("rows, rejected said", (8_845, 0), (said["rows"], said["rejected"]))
    agreements.put_in_force([AGREED])
    yield from _facts(lines)
    yield from _night(lines)
    yield from steps.the_same_again("orders", [path], MAPPING)
    for kind, file, mapping in masters:
        yield from steps.the_same_again(kind, [file], mapping)
    yield from steps.the_same_night(NIGHT)


def _facts(lines):
    stored = OrderLine.objects.all()
    short, rejects = stored.filter(received__lt=F("ordered")), stored.filter(rejected__gt=0)
    yield Case("lines", 8_845, stored.count())
    yield Case("lines received short", 380, short.count())
    yield Case("lines with rejects", 563, rejects.count())
    yield Case("lines of which the day of receipt is known", 0, stored.filter(received_on__isnull=False).count())
    for amount in ("ordered", "received", "rejected"):
        yield Case(
            f"{amount} by vendor", plain.total(lines, amount, "account"), steps.totals(stored, amount, "account__code")
        )
    worth = stored.annotate(worth=F("ordered") * F("price"))
    yield Case("value by vendor", plain.total(lines, "value", "account"), steps.totals(worth, "worth", "account__code"))


def _night(lines):
    yield from steps.nightly(NIGHT)
    yield Case("measures there: none that needs a day of receipt", MEASURES, steps.measures_there())
    yield from _in_full(lines)
    yield from _backlog(lines)
    yield from each("finding", FOUND, steps.findings(), 3)
    yield Case("the reason", {FOUND[0][:3]: {"reason": "no_receipts"}}, steps.figures("reason"))


def _in_full(lines):
    """Received on any day, at most what was ordered, by units; rejects are counted apart and not deducted."""
    good, asked = (plain.total(lines, amount, "account", "week") for amount in ("in_full", "ordered"))
    measured = steps.measured("in_full")
    yield Case("measure in_full by vendor and week", {key: (good[key], asked[key]) for key in asked}, measured)
    yield Case("units ordered in in_full", Decimal(2_348_637), sum(below for _above, below in measured.values()))
    short = [line for line in lines if line.received < line.ordered]
    missing = sum(below - above for above, below in measured.values())
    yield Case("units missing in in_full: those of the short lines", sum(line.missing for line in short), missing)
    yield Case("units missing in in_full by hand", MISSING, missing)
    yield Case("short lines computed once more", 380, len(short))
    yield Case("lines with rejects computed once more", 563, sum(line.rejected > 0 for line in lines))
    yield Case("weeks that are not in full", {x.account + str(x.week) for x in short}, _not_full(measured))


def _not_full(measured):
    return {account + str(week) for (account, week), (above, below) in measured.items() if above < below}


def _backlog(lines):
    """What was received was shipped, so only what is missing from short lines is open, and past due."""
    open_now = plain.total(lines, "missing_value", "account")
    for code in ("backlog", "past_due_backlog"):
        last = {account: above for (account, week), (above, _) in steps.measured(code).items() if week == LAST}
        yield Case(f"measure {code} at the end, by vendor", open_now, last)
    behind = sorted(
        (account, "past_due_backlog", "critical", plain.cents(value)) for account, value in open_now.items() if value
    )
    yield Case("open alerts computed once more", behind, steps.alerts())
    stakes = [stake for *_, stake in steps.alerts()]
    yield Case("open alerts and money at stake by hand", ALERTS, (len(stakes), sum(stakes)))
