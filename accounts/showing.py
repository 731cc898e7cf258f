"""Alerts as the templates of the kit want them: grouped by account, money in one unit where it is one."""

from itertools import groupby

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Alert
from accounts.wording import next_step, sentence
from kam.templatetags import formats

LEVELS = {Alert.Severity.CRITICAL: "bad", Alert.Severity.WARNING: "warning", Alert.Severity.NOTICE: "info"}


def signal_of(severity):
    """(level, word) of the worst unresolved alert; calm when there is none."""
    return (LEVELS[severity], str(Alert.Severity(severity).label)) if severity else ("good", _("Calm"))


def amount(value, currency, shared):
    """Thousands when the header says the unit; otherwise with the unit beside the amount."""
    if value is None:
        return formats.DASH
    return formats.thousands(value) if shared else formats.money_short(value, currency)


def in_groups(accounts, alerts, *, shared, since=None):
    """Groups for `kit/alerts.html`: `accounts` in their order, each with its `alerts`, which come sorted by account."""
    of = {pk: list(found) for pk, found in groupby(alerts, key=lambda a: a.account_id)}
    return [
        {
            "account": account,
            "url": account.get_absolute_url(),
            "tier": _("Tier %(tier)s") % {"tier": account.tier} if account.tier else "",
            "amount": amount(account.at_stake, account.currency, shared),
            "alerts": [as_row(a, shared=shared, since=since) for a in of.get(account.pk, ())],
        }
        for account in accounts
    ]


def as_row(alert, *, shared="", since=None):
    """One alert for the kit: level, word, text, amount, act_by, note and the one next step."""
    return {
        "level": LEVELS[alert.severity],
        "word": alert.get_severity_display(),
        "text": sentence(alert),
        "amount": amount(alert.at_stake, alert.currency, shared),
        "act_by": alert.act_by,
        "note": _("new") if since and alert.raised_on >= since else "",
        "step": next_step(alert),
        "step_url": alert.url or reverse("accounts:detail", args=[alert.account_id]),
    }


def totals(rows):
    """`€ 412 k, ¥ 90 k` of (currency, sum) pairs, largest first; empty when nothing is at stake."""
    found = sorted((r for r in rows if r[1]), key=lambda r: -r[1])
    return formats.listed(formats.money_short(total, currency) for currency, total in found)
