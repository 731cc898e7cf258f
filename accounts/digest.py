"""The daily mail: what changed since yesterday, what waits, what is late. At each one's own hour of their own day.

The row of the day is queued once the hour has come, whatever there is to say; it is what keeps a second mail from
going out. The words are made when it is sent.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Alert, Notification
from accounts.notifications import sentence as told
from accounts.showing import totals
from accounts.wording import sentence
from kam.context import last_night
from kam.mail import Kind, from_templates, queue
from kam.models import User
from kam.models.night import READERS as NIGHT_READERS
from kam.roles import Role
from kam.templatetags import formats

SHOWN = 8


class Line(NamedTuple):
    """One line of the mail: what, where it leads, and the money it is about, already in words."""

    text: str
    url: str = ""
    amount: str = ""


@dataclass(frozen=True)
class Part:
    """One part of the mail; `more` is how many lines are left out."""

    title: str
    lines: list = field(default_factory=list)
    more: int = 0
    url: str = ""


@dataclass(frozen=True)
class Day:
    """What a part is made for: whose mail, for which of their days, and what happened since when."""

    user: User
    date: object
    since: datetime


def plan(now=None):
    """Queue the mail of everybody whose hour has come in their own time zone; returns how many are due today."""
    now = now or timezone.now()
    people = User.objects.filter(is_active=True, digest_hour__isnull=False).exclude(role=Role.API_CLIENT)
    due = [(user, day) for user in people if (day := due_day(user, now))]
    for user, day in due:
        queue(user=user, kind="digest", key=key_of(day), params={"day": day.isoformat()})
    return len(due)


def due_day(user, now):
    """The person's own date if the hour of their mail has come on it, else None.

    Counted by the clock on their wall: an hour that a change of clocks skips is over when the next one begins.
    """
    here = now.astimezone(ZoneInfo(user.time_zone))
    return here.date() if here.hour >= user.digest_hour else None


def key_of(day):
    return f"digest:{day.isoformat()}"


def _message(mail, params):
    """The mail of one day, None when there is nothing to say."""
    user = mail.user
    date = datetime.fromisoformat(params["day"]).date()
    yesterday = datetime.combine(date - timedelta(days=1), time(user.digest_hour or 0), ZoneInfo(user.time_zone))
    day = Day(user, date, yesterday)
    parts = [part for build in _builders() if (part := build(day)) is not None]
    if not any(part.lines for part in parts):
        return None
    subject = _("KAM on %(day)s: %(said)s") % {"day": formats.day(date), "said": parts[0].title}
    return from_templates("digest", subject, user=user, day=date, parts=parts)


def _builders() -> list[Callable]:
    return [import_string(path) for path in settings.DIGEST_PARTS]


def alerts(day):
    """The alerts that came since yesterday, the most urgent first, with the money at stake."""
    new = Alert.objects.visible_to(day.user).unresolved().filter(raised_on__gte=day.since.date())
    total = new.count()
    if not total:
        return None
    money = totals(new.order_by().values_list("currency").annotate(sum=Sum("at_stake")))
    title = ngettext("%(n)s new alert", "%(n)s new alerts", total) % {"n": formats.number(total)}
    title = _("%(alerts)s, %(money)s at stake") % {"alerts": title, "money": money} if money else title
    lines = [
        Line(f"{alert.account}: {sentence(alert)}", absolute(alert.url or alert.get_absolute_url()), _money(alert))
        for alert in new.select_related("account").worst_first()[:SHOWN]
    ]
    return Part(title, lines, total - len(lines), absolute(reverse("accounts:alert-list")))


def news(day):
    """What came into the inbox since yesterday and is not read; critical alerts have their own part."""
    rows = Notification.objects.visible_to(day.user).unread().filter(at__gte=day.since).exclude(code="alert")
    total = rows.count()
    if not total:
        return None
    title = ngettext("%(n)s unread notification", "%(n)s unread notifications", total) % {"n": formats.number(total)}
    lines = [Line(told(row), absolute(row.url)) for row in rows[:SHOWN]]
    return Part(title, lines, total - len(lines), absolute(reverse("inbox:list")))


def night(day):
    """How the last night went, when it did not end well, for those who may see the night."""
    state = last_night()
    is_recent = state["date"] and state["date"] >= day.date - timedelta(days=2)
    if day.user.role not in NIGHT_READERS or state["outcome"] != "partial" or not is_recent:
        return None
    url = absolute(reverse("night-day", kwargs={"day": state["date"]}))
    said = _("The night of %(day)s ended with failures.") % {"day": formats.day(state["date"])}
    return Part(_("Last night"), [Line(said, url)], 0, url)


def absolute(path):
    """An address that works from a mail, at the public name of the site whatever a request said."""
    return f"{settings.BASE_URL.rstrip('/')}{path}" if path.startswith("/") else settings.BASE_URL


def _money(alert):
    return formats.money_short(alert.at_stake, alert.currency) if alert.at_stake is not None else ""


DIGEST = Kind(_message, good_for=timedelta(hours=18))
