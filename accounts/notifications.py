"""The inbox: what concerns one person, derived from the audit log.

No service knows of it. A step reads the settled entries and asks the rules of every floor, `NOTICES` in
`<app>/notices.py`: `{"plans.plan:submit": function}`, where the function gets the entries of that event and returns
the Notices they make. Running it again tells nobody twice, because a notification is named by its entry.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace

from django.db import transaction
from django.utils import timezone

from accounts import wording
from accounts.models import Notification
from kam.floors import gathered
from kam.models import Entry
from kam.models.reader import Reader, after
from kam.roles import DataClass

READER = "notifications"
AT_ONCE = 500
LOOKS_BACK = timedelta(days=7)
ALERT = "alert"


@dataclass(frozen=True)
class Notice:
    """One thing to tell one person: `code` has a sentence in some floor's `notices.SENTENCES`."""

    entry: Entry
    user_id: int
    code: str
    params: dict = field(default_factory=dict)
    url: str = ""
    shown_to: str = DataClass.GENERAL
    by_machine: bool = False

    @property
    def is_news(self):
        """Nobody is told what they did themselves, unless the machine did it for them while they were away."""
        return self.user_id is not None and (self.by_machine or self.user_id != self.entry.actor_id)

    def row(self):
        return Notification(
            user_id=self.user_id,
            account_id=self.entry.account_id,
            shown_to=self.shown_to,
            key=f"{self.entry.pk}:{self.code}",
            code=self.code,
            params=self.params,
            url=self.url,
            at=self.entry.at,
        )


def read_on():
    """Tell people what has happened since the last time; returns how many notifications were made."""
    made = 0
    while (found := _read_once()) is not None:
        made += found
    return made


@transaction.atomic
def _read_once():
    """The next stretch of the log; None when there is nothing more to read or somebody else is reading."""
    _begin()
    place = Reader.objects.select_for_update(skip_locked=True).filter(name=READER).first()
    entries = Entry.objects.settled().filter(after(place)).select_related("actor") if place else ()
    entries = list(entries[:AT_ONCE])
    if not entries:
        return None
    rows = [notice.row() for notice in notices_of(entries) if notice.is_news]
    before = Notification.objects.count() if rows else 0
    Notification.objects.bulk_create(rows, ignore_conflicts=True)
    place.txid, place.entry = entries[-1].txid, entries[-1].pk
    place.save()
    return Notification.objects.count() - before if rows else 0


def _begin():
    """The first time, what is older than a week is no news."""
    if Reader.objects.filter(name=READER).exists():
        return
    old = Entry.objects.settled().filter(at__lt=timezone.now() - LOOKS_BACK)
    txid, entry = old.reverse().values_list("txid", "pk").first() or (0, 0)
    Reader.objects.get_or_create(name=READER, defaults={"txid": txid, "entry": entry})


def notices_of(entries):
    """The Notices that the rules of all floors make of entries, each rule asked once."""
    by_event = defaultdict(list)
    for entry in entries:
        by_event[f"{entry.model}:{entry.verb}"].append(entry)
    rules = gathered("notices", "NOTICES")
    return [notice for event, found in by_event.items() if event in rules for notice in rules[event](found)]


def sentence(notification):
    """The notification in words of the current language; its bare code when no floor knows it any more."""
    if notification.code == ALERT:
        params = notification.params
        return wording.sentence(SimpleNamespace(code=params.get("alert", ""), params=params))
    template = gathered("notices", "SENTENCES").get(notification.code)
    return wording.phrase(template, notification.params) if template else notification.code


def kinds():
    """(code, label) of every kind of notification, as people filter by them."""
    return list(gathered("notices", "KINDS").items())


def icon_of(notification):
    return gathered("notices", "ICONS").get(notification.code, "bell")


@transaction.atomic
def mark(notifications, *, read):
    """Mark the given rows as read or unread; returns how many changed."""
    rows = notifications.filter(read_at=None) if read else notifications.exclude(read_at=None)
    return rows.update(read_at=timezone.now() if read else None)
