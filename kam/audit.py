"""The audit log: services say what they did, in the transaction that does it."""

from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from decimal import Decimal

from django.db import models

from kam.models import Entry
from kam.roles import DataClass

_source = ContextVar("source", default=Entry.Source.JOB)
SECRET = ("password", "secret", "token")


@contextmanager
def source(name):
    """Everything logged inside came from a page, the API or a job."""
    token = _source.set(name)
    try:
        yield
    finally:
        _source.reset(token)


def snapshot(row):
    """The row's editable columns as JSON values, secrets masked."""
    return {
        f.attname: "•••" if any(word in f.name for word in SECRET) else plain(f.value_from_object(row))
        for f in row._meta.concrete_fields
        if f.editable and not f.primary_key
    }


def plain(value):
    """A JSON value that reads the same on every machine: dates ISO, decimals as text."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, models.Model):
        return value.pk
    return value


def log(row, verb, *, by, before=None, after=None, reason=""):
    """Write one entry about `row`; `by` is a user, or None for the system.

    Given `before` (a `snapshot`) and no `after`, only what differs is kept.
    """
    if before is not None and after is None:
        now = snapshot(row)
        changed = [k for k in now if now[k] != before.get(k)]
        before, after = {k: before.get(k) for k in changed}, {k: now[k] for k in changed}
    entry = _entry(row, verb, by, before, after, reason)
    entry.save()
    return entry


def log_many(rows, verb, *, by, before=None, after=None, reason=""):
    """One entry per row in one statement; `before` and `after` are functions of the row, or None."""
    Entry.objects.bulk_create(
        [_entry(r, verb, by, before(r) if before else None, after(r) if after else None, reason) for r in rows],
        batch_size=1000,
    )


def _entry(row, verb, by, before, after, reason):
    account = getattr(row, "owning_account", None)
    return Entry(
        actor=by,
        verb=verb,
        model=row._meta.label_lower,
        object_id=str(row.pk),
        label=str(row)[:200],
        account_id=account.pk if account else None,
        data_class=getattr(row, "data_class", DataClass.GENERAL),
        before=plain(before),
        after=plain(after),
        reason=reason,
        source=_source.get(),
    )


def entries_of(row):
    """The history of one row, newest first; the caller has made sure the row itself is visible."""
    return Entry.objects.filter(model=row._meta.label_lower, object_id=str(row.pk)).select_related("actor")
