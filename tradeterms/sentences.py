"""Findings in words: the same sentence stands in an alert, in a list and at the head of the finding."""

from decimal import Decimal
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts import wording
from accounts.wording import day, money, number, percent
from tradeterms.models import Finding

Verdict = Finding.Verdict
PREFIX = {
    Verdict.MET: "term_met",
    Verdict.AT_RISK: "term_at_risk",
    Verdict.BREACHED: "term_breached",
    Verdict.OPPORTUNITY: "tier_ahead",
    Verdict.NOT_MEASURABLE: "not_measurable",
}

SENTENCES = {
    "term_breached_payment_term": ngettext_lazy(
        "%(late_items)s invoice of %(starts)s to %(ends)s was not paid in time: %(late)s, %(late_days)s days late.",
        "%(late_items)s invoices of %(starts)s to %(ends)s were not paid in time: %(late)s, %(late_days)s days late.",
        "late_items",
    ),
    "term_breached_minimum_purchase": _(
        "Purchases ended %(shortfall)s below the agreed minimum: %(observed)s of %(expected)s."
    ),
    "term_at_risk_minimum_purchase": _(
        "Purchases are %(shortfall)s behind the agreed minimum: %(observed)s so far, %(expected)s expected by now."
    ),
    "term_breached_data_reporting": ngettext_lazy(
        "Sell-through data of %(missing)s week from %(starts)s to %(ends)s is missing or came late.",
        "Sell-through data of %(missing)s weeks from %(starts)s to %(ends)s is missing or came late.",
        "missing",
    ),
    "term_breached_delivery_otif": _(
        "We delivered %(observed)s on time and in full from %(starts)s to %(ends)s; %(expected)s is agreed."
    ),
    "term_at_risk_delivery_otif": _(
        "We deliver %(observed)s on time and in full since %(starts)s; %(expected)s is agreed."
    ),
    "tier_ahead_volume_rebate": _(
        "Purchases are %(next_distance)s short of the next rebate tier at %(expected)s, worth %(next_value)s more."
    ),
    "term_met_volume_rebate": _("Net purchases of %(observed)s earn a rebate of %(rebate)s so far."),
    "term_met_minimum_purchase": _("Net purchases of %(observed)s keep to the minimum of %(expected)s."),
    "term_met_payment_term": _("Invoices of %(starts)s to %(ends)s were paid in time, after %(observed)s days."),
    "term_met_data_reporting": _("Sell-through data of all %(due)s weeks from %(starts)s to %(ends)s is here."),
    "term_met_delivery_otif": _("We delivered %(observed)s on time and in full from %(starts)s to %(ends)s."),
    "not_measurable_no_facts": _("There are no facts to judge this by yet."),
    "not_measurable_nothing_due": _("Nothing has fallen due yet."),
    "not_measurable_no_receipts": _("Nobody has reported yet when our deliveries arrived."),
    "not_measurable_feed_late": _("The file with the facts is late, so nothing can be said."),
}

NEXT_STEPS = {code: _("Open finding") for code in SENTENCES if not code.startswith(("term_met", "not_measurable"))}

# How the figures of a finding are called and written, in the order in which a page shows them.
FIGURES = {
    "rebate": (_("Rebate so far"), "money"),
    "rate": (_("Rate reached"), "rate"),
    "next_distance": (_("To the next tier"), "money"),
    "next_rate": (_("Rate of the next tier"), "rate"),
    "next_value": (_("Worth of the next tier"), "money"),
    "agreed": (_("Agreed for the period"), "money"),
    "shortfall": (_("Missing"), "money"),
    "run_rate": (_("At this pace by the end"), "money"),
    "documents": (_("Documents"), "count"),
    "credits": (_("of which credit notes"), "money"),
    "late": (_("Late value"), "money"),
    "open_late": (_("of which still open"), "money"),
    "late_days": (_("Days late, weighted"), "days"),
    "interest": (_("Interest due"), "money"),
    "late_items": (_("Late invoices"), "count"),
    "judged_items": (_("Invoices judged"), "count"),
    "items": (_("Invoices issued"), "count"),
    "judged": (_("Value judged"), "money"),
    "due": (_("Weeks due"), "count"),
    "reported": (_("Weeks delivered"), "count"),
    "missing": (_("Weeks missing or late"), "count"),
    "late_weeks": (_("of which came late"), "count"),
    "on_time": (_("On time"), "rate"),
    "in_full": (_("In full"), "rate"),
    "lines": (_("Order lines"), "count"),
    "failed_lines": (_("Lines that failed"), "count"),
    "failed_value": (_("Value that failed"), "money"),
    "unpriced": (_("Failed lines without a price"), "count"),
    "ordered": (_("Units ordered"), "units"),
    "good": (_("Units on time and in full"), "units"),
    "elapsed_days": (_("Days gone by"), "count"),
    "total_days": (_("Days in the period"), "count"),
    "left_out": (_("Left out: in another currency"), "count"),
}
OPTIONAL = ("left_out", "unpriced", "open_late", "late_weeks")

HOW = {
    "volume_rebate": _(
        "Net value of all invoices of the period so far, credit notes deducted, in the agreement's currency. The "
        "rebate is rounded half up to the cent."
    ),
    "minimum_purchase": _(
        "Net value of all invoices of the period so far, credit notes deducted. Before the end the agreed amount is "
        "expected in proportion to the days gone by. At stake is the penalty rate on what is missing."
    ),
    "payment_term": _(
        "Days from invoice to payment, weighted by amount, of all invoices issued in the period that are paid or late. "
        "Days late count from the agreed day, also within the grace. Interest: amount × days late × rate ÷ 365. Credit "
        "notes are not counted."
    ),
    "data_reporting": _(
        "A week is delivered when its sell-through was here at the end of the agreed weekday of the week after, by the "
        "clocks of the account's feed; what came later does not count. When it came is not asked of weeks that were "
        "due before the account's first file. At stake is the fee for each week that was not delivered."
    ),
    "delivery_otif": _(
        "Units received within the window, at most what was ordered, over units ordered, of the lines requested in the "
        "period whose window has closed. Early is not on time. Lines received on an unknown day are left out. At stake "
        "is the penalty rate on the ordered value of the lines that failed."
    ),
}


class Said(NamedTuple):
    """A sentence before it is worded, as an alert holds it."""

    code: str
    params: dict


def code_of(finding):
    """The code of the sentence that says what was found."""
    if finding.verdict == Verdict.NOT_MEASURABLE:
        return f"not_measurable_{finding.figures.get('reason', 'no_facts')}"
    return f"{PREFIX[finding.verdict]}_{finding.term.kind}"


def params_of(finding):
    """What the sentence is made of, as JSON parameters of `accounts.wording`."""
    agreement = finding.term.agreement
    return {
        "clause": finding.term.clause,
        "agreement": agreement.number,
        "starts": day(finding.period_start),
        "ends": day(finding.period_end),
        "expected": worded(finding.expected, finding.unit, finding.currency),
        "observed": worded(finding.observed, finding.unit, finding.currency),
        "at_stake": money(finding.at_stake, finding.currency),
    } | {
        name: worded(value, FIGURES[name][1], finding.currency)
        for name, value in finding.figures.items()
        if name in FIGURES
    }


def worded(value, unit, currency):
    """A figure of some unit as a parameter that is written the reader's way."""
    if value is None or unit == "count":
        return value
    if unit == "money":
        return money(value, currency)
    if unit == "rate":
        return percent(value, 1 if Decimal(value) == round(Decimal(value), 3) else 2)
    places = 0 if unit == "weeks" or Decimal(value) == int(Decimal(value)) else 1
    return number(value, places)


def headline(finding):
    """What was found, in words of the current language; term and agreement must be loaded."""
    return wording.sentence(Said(code_of(finding), params_of(finding)))
