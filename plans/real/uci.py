"""A UK wholesaler's invoices of four months: two nights, and three agreements with large customers."""

from decimal import Decimal

from django.db.models import Count, F, Sum

from accounts.models import Account
from kpis.models import InvoiceLine
from plans.real import plain, steps, uci_terms
from plans.real.cases import Case

TITLE = "UCI Online Retail"
MAPPING = "uci"
MONTHS = ("2010-12.csv", "2011-01.csv", "2011-02.csv", "2011-03.csv")
NOBODY = "UNASSIGNED-UCI"
NIGHTS = (uci_terms.FEBRUARY, uci_terms.MARCH)


def check(folder):
    """Four months and three agreements; the night of 28 February, when March is not known; the night of 31 March."""
    paths = [steps.need(folder, "uci_online_retail", month) for month in MONTHS]
    lines = list(plain.uci(paths))
    said = [steps.give("invoices", path, MAPPING) for path in paths]
    uci_terms.agree()
    yield from _said(said)
    yield from _facts(lines)
    kept = (plain.repeated(paths), InvoiceLine.objects.count())
    yield Case("exact duplicates in the files, and lines stored", (1_284, 142_083), kept)
    for day in NIGHTS:
        yield from _night(lines, day)
    yield from steps.the_same_again("invoices", paths, MAPPING)
    yield from steps.the_same_night(NIGHTS[1])


def _said(said):
    names = ("rows", "accepted", "rejected", "units")
    got = tuple(sum(one[name] for one in said) for name in names)
    yield Case("rows, accepted, rejected, units that import_file says", (142_083, 142_083, 0, 1_281_055), got)


def _facts(lines):
    stored = InvoiceLine.objects.all()
    nobody, known = (stored.filter(account__code=NOBODY), stored.exclude(account__code=NOBODY))
    credit = stored.filter(is_credit=True)
    yield Case("net value", Decimal("2490287.01"), _value(stored))
    yield Case("net value of customers", Decimal("2046189.16"), _value(known))
    yield Case("net value of nobody", Decimal("444097.85"), _value(nobody))
    yield Case("lines of nobody", 45_136, nobody.count())
    yield Case("nobody is the unassigned account", "unassigned", Account.objects.get(code=NOBODY).kind)
    yield Case("credit lines", 2_603, credit.count())
    yield Case("net value of credit lines", Decimal("-266094.94"), _value(credit))
    yield Case("negative lines that are no credit", 348, stored.filter(is_credit=False, quantity__lt=0).count())
    yield Case("documents", 6_877, stored.values("document").distinct().count())
    yield Case("customers", 2_189, known.aggregate(n=Count("account", distinct=True))["n"])
    for amount, field in (("value", "value"), ("units", "quantity")):
        by_customer = plain.total(lines, amount, "account")
        yield Case(f"{amount} by customer", by_customer, steps.totals(stored, field, "account__code"))
    of_credits = plain.total([line for line in lines if line.credit], "value", "account")
    yield Case("credits by customer", of_credits, steps.totals(credit, "value", "account__code"))
    exact = stored.filter(value=F("quantity") * F("price")).count()
    yield Case("lines whose value is units × price to the cent", len(lines), exact)


def _value(rows):
    return rows.aggregate(total=Sum("value"))["total"]


def _night(lines, day):
    """What stands after the night of a day: facts after it do not count, nor weeks that are not over in measures."""
    known = [line for line in lines if line.day <= day]
    yield from steps.nightly(day)
    value, units = (plain.total(known, amount, "account", "week") for amount in ("value", "units"))
    yield Case(f"{day}: sell-in by customer and week", value, steps.weekly("sell_in_value"))
    yield Case(f"{day}: units by customer and week", units, steps.weekly("sell_in_units"))
    yield Case(f"{day}: sell-in in all", sum(line.value for line in known), sum(steps.weekly("sell_in_value").values()))
    over = plain.last_week(day)
    for code, sums in (("sell_in", value), ("sell_in_units", units)):
        complete = plain.over({key: amount for key, amount in sums.items() if key[1] <= over})
        yield Case(f"{day}: measure {code}", complete, steps.measured(code))
    yield Case(f"{day}: measures there", ["sell_in", "sell_in_units"], steps.measures_there())
    yield from uci_terms.check(lines, day)
