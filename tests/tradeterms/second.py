"""A second computation of every kind of term, written from the wording of the terms, row by row in plain Python.

It shares no code with `tradeterms`: rates, dates, tiers and rounding are worked out here once more.
"""

from datetime import date, timedelta
from fractions import Fraction

from accounts.models import Account
from kpis.models import AccountWeek, InvoiceLine, OpenItem, OrderLine

ONE_DAY = timedelta(days=1)


def to_cents(number):
    """A Fraction in money, half away from zero, as an integer number of cents."""
    doubled = abs(number) * 200
    whole = (int(doubled) + 1) // 2
    return whole if number >= 0 else -whole


def to_tenths(number):
    return int(number * 10 + Fraction(1, 2))


def to_ten_thousandths(number):
    return int(number * 10000 + Fraction(1, 2))


def periods(term, day):
    """(first, last) of every period of the term that has begun by `day`, by walking day after day."""
    kind, agreement = term.kind, term.agreement
    found, current = [], agreement.starts
    while current <= min(agreement.ends, day):
        last = current
        while last < agreement.ends and _bucket(kind, last + ONE_DAY) == _bucket(kind, current):
            last += ONE_DAY
        found.append((current, last))
        current = last + ONE_DAY
    return found


def _bucket(kind, day):
    if kind in ("payment_term", "delivery_otif"):
        return day.year, day.month
    if kind == "data_reporting":
        return day.year, (day.month + 2) // 3
    return "all"


class Facts:
    """Everything there is, read once."""

    def __init__(self):
        self.accounts = {account.pk: account for account in Account.objects.all()}
        self.invoice_lines = list(InvoiceLine.objects.all())
        self.open_items = list(OpenItem.objects.all())
        self.order_lines = list(OrderLine.objects.all())
        self.weeks = list(AccountWeek.objects.all())

    def of(self, term, rows):
        """The rows of the term's account and of all below it, found by going up from each."""
        return [row for row in rows if self._is_below(row.account_id, term.agreement.account_id)]

    def _is_below(self, pk, root):
        while pk is not None and pk != root:
            pk = self.accounts[pk].parent_id
        return pk == root


def judge(facts, term, first, last, day):
    """(verdict, expected, observed, at stake in cents, figures): amounts in cents, None where nothing can be said."""
    return JUDGES[term.kind](facts, term, first, last, day)


def _purchases(facts, term, first, last, day):
    lines = [r for r in facts.of(term, facts.invoice_lines) if r.invoiced_on <= day]
    inside = [r for r in lines if first <= r.invoiced_on <= last and r.currency == term.agreement.currency]
    return bool(lines), sum((Fraction(r.value) for r in inside), Fraction(0))


def _rebate(params, base):
    total, tiers = Fraction(0), params["tiers"]
    for i, tier in enumerate(tiers):
        start, rate = Fraction(tier["from"]), Fraction(tier["rate"])
        if params["mode"] == "incremental":
            end = Fraction(tiers[i + 1]["from"]) if i + 1 < len(tiers) else None
            if base > start:
                total += ((base if end is None else min(base, end)) - start) * rate
        elif base >= start:
            total = base * rate
    return to_cents(total)


def volume_rebate(facts, term, first, last, day):
    known, base = _purchases(facts, term, first, last, day)
    if not known:
        return "not_measurable", None, None, None, {}
    ahead = [Fraction(t["from"]) for t in term.params["tiers"] if Fraction(t["from"]) > base]
    rebate = _rebate(term.params, base)
    expected = ahead[0] if ahead else Fraction(term.params["tiers"][-1]["from"])
    figures = {"rebate": rebate}
    if ahead and day < last and (ahead[0] - base) / ahead[0] <= Fraction(1, 10):
        gain = _rebate(term.params, ahead[0]) - rebate
        return "opportunity", to_cents(expected), to_cents(base), gain, figures
    return "met", to_cents(expected), to_cents(base), None, figures


def minimum_purchase(facts, term, first, last, day):
    known, base = _purchases(facts, term, first, last, day)
    if not known:
        return "not_measurable", None, None, None, {}
    amount, rate = Fraction(term.params["amount"]), Fraction(term.params["penalty_rate"])
    share = Fraction((min(day, last) - first).days + 1, (last - first).days + 1)
    expected = to_cents(amount * share)
    missing = expected - to_cents(base)
    if missing <= 0:
        return "met", expected, to_cents(base), None, {"shortfall": 0}
    verdict = "breached" if day >= last else "at_risk"
    return verdict, expected, to_cents(base), to_cents(Fraction(missing, 100) * rate), {"shortfall": missing}


def payment_term(facts, term, first, last, day):
    days, grace = term.params["days"], term.params["grace_days"]
    judged = weight = late = late_weight = Fraction(0)
    late_documents, items = set(), 0
    for item in facts.of(term, facts.open_items):
        if item.currency != term.agreement.currency:
            continue
        if item.amount <= 0 or not first <= item.issued_on <= min(last, day):
            continue
        items += 1
        due, amount, paid = item.issued_on + timedelta(days=days), Fraction(item.amount), Fraction(0)
        if item.paid_on is None or item.paid_on <= day:
            paid = min(max(Fraction(item.paid), 0), amount)
        parts = [(paid, item.paid_on)] if paid and item.paid_on else []
        if amount > paid and day > due + timedelta(days=grace):
            parts.append((amount - paid, day))
        for part, ended in parts:
            judged += part
            weight += part * (ended - item.issued_on).days
            if ended > due + timedelta(days=grace):
                late += part
                late_weight += part * (ended - due).days
                late_documents.add((item.account_id, item.document))
    if not judged:
        return "not_measurable", None, None, None, {"items": items}
    figures = {
        "items": items,
        "late_items": len(late_documents),
        "interest": to_cents(late_weight * Fraction(term.params["interest_rate"]) / 365),
        "late": to_cents(late),
    }
    observed = to_tenths(weight / judged)
    return "breached" if late else "met", days * 100, observed * 10, to_cents(late) or None, figures


def data_reporting(facts, term, first, last, day):
    due = reported = 0
    monday = date(2000, 1, 3)
    while monday <= last:
        in_period = first <= monday and monday + timedelta(days=6) <= term.agreement.ends
        if in_period and monday + timedelta(days=7 + term.params["weekday"]) <= day:
            due += 1
            weeks = facts.of(term, facts.weeks)
            reported += any(r.week == monday and r.units is not None for r in weeks)
        monday += timedelta(days=7)
    if not due:
        return "not_measurable", None, None, None, {}
    missing = due - reported
    fee = to_cents(missing * Fraction(term.params["fee_per_week"])) if missing else None
    return "breached" if missing else "met", due * 100, reported * 100, fee, {"missing": missing}


def delivery_otif(facts, term, first, last, day):
    params = term.params
    early, late = timedelta(days=params["early_days"]), timedelta(days=params["late_days"])
    lines = good_lines = known = 0
    ordered = good = failed = Fraction(0)
    for line in facts.of(term, facts.order_lines):
        known += bool(line.received_on and line.received_on <= day)
        if not line.requested_on or not first <= line.requested_on <= last or line.requested_on + late > day:
            continue
        units, asked = Fraction(line.received or 0), Fraction(line.ordered)
        if asked == 0 or (units > 0 and line.received_on is None):
            continue
        came = units > 0 and line.received_on <= day
        in_time = came and line.requested_on - early <= line.received_on <= line.requested_on + late
        counted = min(units, asked) if in_time else Fraction(0)
        lines, ordered, good = lines + 1, ordered + asked, good + counted
        if counted == asked:
            good_lines += 1
        elif line.price is not None and line.currency == term.agreement.currency:
            failed += asked * Fraction(line.price)
    if not lines or not known:
        return "not_measurable", None, None, None, {}
    rate = Fraction(good_lines, lines) if params["count"] == "lines" else good / ordered
    minimum = Fraction(params["minimum"])
    figures = {"lines": lines, "failed_lines": lines - good_lines, "failed_value": to_cents(failed)}
    shown = Fraction(to_ten_thousandths(rate), 100), Fraction(minimum * 100)
    if rate >= minimum:
        return "met", shown[1], shown[0], None, figures
    verdict = "breached" if day >= last + late else "at_risk"
    return verdict, shown[1], shown[0], to_cents(failed * Fraction(params["penalty_rate"])), figures


JUDGES = {
    "volume_rebate": volume_rebate,
    "minimum_purchase": minimum_purchase,
    "payment_term": payment_term,
    "data_reporting": data_reporting,
    "delivery_otif": delivery_otif,
}
