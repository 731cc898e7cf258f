"""Findings and terms as pages show them: level and word of a verdict or state, figures, evidence, tier position."""

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Account
from accounts.timeline import tell
from kam.templatetags import formats
from kpis.access import readable_measures
from tradeterms import kinds, writing
from tradeterms.models import Agreement, Finding
from tradeterms.sentences import FIGURES, OPTIONAL, headline

Verdict, State = Finding.Verdict, Finding.State

VERDICTS = {
    Verdict.MET: ("good", ""),
    Verdict.AT_RISK: ("warning", ""),
    Verdict.BREACHED: ("bad", ""),
    Verdict.OPPORTUNITY: ("warning", "trending-up"),
    Verdict.NOT_MEASURABLE: ("neutral", ""),
}
STATES = {
    State.NEW: ("info", "inbox"),
    State.WITH_CUSTOMER: ("info", "mail"),
    State.DISPUTED: ("warning", "gavel"),
    State.ACCEPTED: ("good", ""),
    State.WAIVED: ("neutral", "hand-stop"),
    State.CLOSED: ("neutral", "circle-check"),
}
AGREEMENTS = {
    Agreement.State.DRAFT: ("info", "pencil"),
    Agreement.State.IN_FORCE: ("good", ""),
    Agreement.State.SUPERSEDED: ("neutral", "history"),
    Agreement.State.ENDED: ("neutral", "flag"),
}


class Sign(NamedTuple):
    """Level, word and icon for the kit's `status` and `pill`."""

    level: str
    word: str
    icon: str


def verdict_sign(finding):
    """What the night found."""
    level, icon = VERDICTS[finding.verdict]
    return Sign(level, finding.get_verdict_display(), icon)


def state_sign(finding):
    """What people made of it."""
    level, icon = STATES[finding.state]
    return Sign(level, finding.get_state_display(), icon)


def agreement_sign(agreement):
    """Revision and state of an agreement."""
    level, icon = AGREEMENTS[agreement.state]
    word = _("v%(revision)s %(state)s") % {
        "revision": agreement.revision,
        "state": agreement.get_state_display(),
    }
    return Sign(level, word, icon)


def measured(finding, name, write=writing.figure):
    """`expected` or `observed` as the reader writes it, with its unit."""
    value = getattr(finding, name)
    text = write(value, finding.unit, finding.currency)
    if value is None or finding.unit not in ("days", "weeks"):
        return text
    if finding.unit == "days":
        return _("%(n)s days") % {"n": text}
    due = writing.figure(finding.expected, "count", "")
    return (
        _("%(n)s of %(all)s weeks") % {"n": text, "all": due} if name == "observed" else _("%(n)s weeks") % {"n": text}
    )


def telling_sign(finding):
    """What the row of a term shows: the verdict, unless the customer disputes it."""
    return state_sign(finding) if finding.state == State.DISPUTED else verdict_sign(finding)


def dress(findings):
    """Give each finding what a row shows; terms and agreements must be loaded."""
    for finding in findings:
        finding.sign, finding.standing, finding.text = verdict_sign(finding), state_sign(finding), headline(finding)
        finding.shown_observed = measured(finding, "observed", writing.brief)
    return findings


def findings_of(terms, user):
    """The visible findings of loaded terms, newest period first, dressed for rows."""
    by_id = {t.pk: t for t in terms}
    rows = Finding.objects.visible_to(user).filter(term__in=by_id).defer("evidence")
    found = list(rows.order_by("-period_start", "-pk"))
    for finding in found:
        finding.term = by_id[finding.term_id]
    return dress(found)


def dress_terms(terms, findings):
    """Give each term its sentence, open money, and the finding that tells most.

    That is the latest open one, else the latest that could be measured, else the latest.

    `findings` are dressed, newest period first; the agreements of the terms must be loaded.
    """
    of = defaultdict(list)
    for finding in findings:
        of[finding.term_id].append(finding)
    for term in terms:
        open_ones = [f for f in of[term.pk] if f.is_unsettled]
        measured_ones = [f for f in of[term.pk] if f.verdict != Verdict.NOT_MEASURABLE]
        term.text, term.telling = kinds.sentence(term), next(iter(open_ones or measured_ones or of[term.pk]), None)
        term.sign = telling_sign(term.telling) if term.telling else Sign("open", _("Not judged yet"), "")
        term.at_stake = sum((f.at_stake or Decimal(0) for f in open_ones), Decimal(0)) or None
    return terms


def figures(finding):
    """(label, text) of the figures people ask for, in the order of `FIGURES`; what may be absent only when not zero."""
    found = []
    for name, (label, unit) in FIGURES.items():
        value = finding.figures.get(name)
        if value is not None and not (name in OPTIONAL and not Decimal(value)):
            found.append((label, writing.figure(value, unit, finding.currency)))
    return found


class Column(NamedTuple):
    """One column of evidence: its name in the row, heading, and how it is written."""

    name: str
    label: str
    unit: str


ACCOUNT = Column("account", gettext_lazy("Account"), "text")
COLUMNS = {
    "volume_rebate": (
        Column("document", gettext_lazy("Document"), "text"),
        Column("day", gettext_lazy("Invoiced"), "day"),
        Column("value", gettext_lazy("Net value"), "money"),
    ),
    "payment_term": (
        Column("document", gettext_lazy("Invoice"), "text"),
        Column("late", gettext_lazy("Late value"), "money"),
        Column("due_on", gettext_lazy("Due"), "day"),
        Column("paid_on", gettext_lazy("Paid"), "day"),
        Column("days", gettext_lazy("Days"), "signed"),
    ),
    "data_reporting": (
        Column("week", gettext_lazy("Week"), "week"),
        Column("arrived_on", gettext_lazy("First file"), "day"),
        Column("units", gettext_lazy("Units"), "units"),
    ),
    "delivery_otif": (
        Column("order", gettext_lazy("Order"), "text"),
        Column("value", gettext_lazy("Value"), "money"),
        Column("requested_on", gettext_lazy("Requested"), "day"),
        Column("received_on", gettext_lazy("Received"), "day"),
        Column("received", gettext_lazy("Units"), "share"),
    ),
}
COLUMNS["minimum_purchase"] = COLUMNS["volume_rebate"]
NUMBERS = ("money", "units", "signed", "share")
# Where the facts of a row are listed: the measure they belong to, and the day whose week they are in.
FACTS = {
    "volume_rebate": ("sell_in", "day"),
    "minimum_purchase": ("sell_in", "day"),
    "payment_term": ("overdue_share", "issued_on"),
    "data_reporting": ("sell_through", "week"),
    "delivery_otif": ("otif", "requested_on"),
}
HOW_MANY = {"volume_rebate": "documents", "minimum_purchase": "documents", "payment_term": "late_items"}
HOW_MANY |= {"data_reporting": "due", "delivery_otif": "failed_lines"}


def rows_seen(finding, user):
    """The rows of evidence that are about accounts `user` sees: an agreement also covers accounts below its own."""
    codes = {row["account"] for row in finding.evidence if "account" in row}
    seen = set(Account.objects.visible_to(user).filter(code__in=codes).values_list("code", flat=True)) if codes else ()
    return [row for row in finding.evidence if "account" not in row or row["account"] in seen]


def evidence(finding, user):
    """The rows behind the figures as a table: heads, rows of cells with a link to the facts, and how many there are."""
    columns = COLUMNS[finding.term.kind]
    found = rows_seen(finding, user)
    if len({row.get("account") for row in found}) > 1:
        columns = (ACCOUNT, *columns)
    code, day = FACTS[finding.term.kind]
    facts = reverse("kpis:facts", args=[finding.account_id, code]) if code in readable_measures(user) else ""
    rows = [
        {
            "url": f"{facts}?week={row[day]}" if facts else "",
            "cells": [(_cell(row, c), c.unit in NUMBERS, c.unit == "day") for c in columns],
        }
        for row in found
    ]
    total = finding.figures.get(HOW_MANY[finding.term.kind], len(rows))
    return {"heads": [(c.label, c.unit in NUMBERS) for c in columns], "rows": rows, "total": total}


def _cell(row, column):
    value = row.get(column.name)
    if value is None:
        return formats.DASH
    writers = {
        "day": lambda v: formats.day_short(date.fromisoformat(v)),
        "week": lambda v: formats.week(date.fromisoformat(v)),
        "money": lambda v: formats.number(v, 0 if abs(Decimal(v)) >= 1000 else 2),
        "units": _units,
        "share": lambda v: f"{_units(v)} / {_units(row['ordered'])}",
        "signed": lambda v: formats.number(v, 0, sign=True),
    }
    return writers.get(column.unit, str)(value)


def _units(value):
    return formats.number(value, 0 if Decimal(value) == int(Decimal(value)) else 3)


def history(entries):
    """Entries about a finding as events, with the verdict where the night judged."""
    entries = list(entries)
    events = tell(entries)
    for entry, event in zip(entries, events, strict=True):
        if entry.verb in ("found", "judged"):
            event["text"] = " → ".join(_judgement(side) for side in (entry.before, entry.after) if side)
    return events


def _judgement(said):
    return f"{Verdict(said['verdict']).label} ({State(said['state']).label})"


def tier_position(finding):
    """The rebate against the base as a chart, with where the account stands today; None for other kinds of terms."""
    if finding is None or finding.term.kind != "volume_rebate" or finding.observed is None:
        return None
    rule, base = kinds.of(finding.term), finding.observed
    top = max(base, rule.tiers[-1].start) * Decimal("1.15")
    points = [(Decimal(0), Decimal(0))]
    for tier in rule.tiers:
        before = rule.rebate(tier.start - Decimal("0.01"), rule.tiers)
        points += [(tier.start, before), (tier.start, rule.rebate(tier.start, rule.tiers))]
    points.append((top, rule.rebate(top, rule.tiers)))
    now = rule.rebate(base, rule.tiers)
    return {
        "options": _chart(points, base, now),
        "unit": formats.money_unit(finding.currency),
        "tiers": [
            {
                "start": tier.start,
                "rate": writing.rate(tier.rate),
                "rebate": rule.rebate(tier.start, rule.tiers),
                "reached": base >= tier.start,
            }
            for tier in rule.tiers
        ],
        "facts": figures(finding)[:6],
        "text": headline(finding),
    }


def _chart(points, base, now):
    def thousands(pair):
        return [round(float(value / formats.style().unit), 3) for value in pair]

    return {
        "x": [],
        "series": [
            {"name": _("Rebate"), "role": "actual", "data": [thousands(p) for p in points]},
            {"name": _("Today"), "role": "second", "data": [thousands((base, Decimal(0))), thousands((base, now))]},
        ],
        "decimals": 1,
        "echarts": {"xAxis": {"type": "value", "splitLine": {"show": False}, "axisLabel": {"color": "$ink3"}}},
    }
