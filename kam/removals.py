"""Deleting so that it can be brought back: a row, what hangs off it, and references that were emptied."""

import json
from datetime import timedelta

from django.apps import apps
from django.core import serializers
from django.core.exceptions import ValidationError
from django.db import IntegrityError, router, transaction
from django.db.models.deletion import Collector
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from kam.audit import log, snapshot
from kam.errors import Conflict
from kam.models import Removal

KEPT = timedelta(days=7)


def delete(row, *, by, undo_if):
    """Delete `row` with everything below it and keep what is needed to bring it back; returns the Removal.

    Raises ProtectedError when others depend on it. `undo_if` is the dotted name of `may(user, row)`, which must hold
    once the row is back.
    """
    collector = Collector(using=router.db_for_write(type(row)), origin=row)
    collector.collect([row])
    removal = Removal(
        by=by,
        label=str(row)[:200],
        model=row._meta.label_lower,
        object_id=str(row.pk),
        undo_if=undo_if,
        rows=_rows(collector),
        cleared=_cleared(collector),
    )
    removal.save()
    row.delete()
    return removal


def _rows(collector):
    gone = [r for rows in collector.data.values() for r in rows] + [r for q in collector.fast_deletes for r in q]
    return json.loads(json.dumps(serializers.serialize("python", gone), default=str))


def _cleared(collector):
    return [
        {"model": field.model._meta.label_lower, "column": field.attname, "ids": {str(r.pk): getattr(r, field.attname)}}
        for (field, _value), batches in collector.field_updates.items()
        for rows in batches
        for r in rows
    ]


@transaction.atomic
def restore(removal, *, by):
    """Bring back what was removed; returns the row.

    Raises Conflict when it was brought back already, too late, or what happened meanwhile does not allow it.
    """
    removal = Removal.objects.select_for_update().get(pk=removal.pk)
    if removal.restored_at or removal.at < timezone.now() - KEPT:
        raise Conflict(_("This cannot be undone any more."))
    try:
        with transaction.atomic():
            row = _insert(removal)
            _must_be_allowed(row, removal, by)
    except (IntegrityError, ValidationError) as error:
        said = _("“%(label)s” cannot be brought back: something else has taken its place.")
        raise Conflict(said % {"label": removal}) from error
    removal.restored_at = timezone.now()
    removal.save(update_fields=["restored_at"])
    log(row, "restored", by=by, after=snapshot(row))
    return row


def _insert(removal):
    for found in serializers.deserialize("python", removal.rows):
        found.object.save_base(raw=True, force_insert=True)
    for cleared in removal.cleared:
        model = apps.get_model(cleared["model"])
        for pk, value in cleared["ids"].items():
            model._base_manager.filter(pk=pk, **{cleared["column"]: None}).update(**{cleared["column"]: value})
    row = apps.get_model(removal.model)._base_manager.get(pk=removal.object_id)
    row.full_clean()
    return row


def _must_be_allowed(row, removal, by):
    seen = type(row).objects.visible_to(by).filter(pk=row.pk).exists()
    if not seen or not import_string(removal.undo_if)(by, row):
        raise Conflict(_("“%(label)s” cannot be brought back now.") % {"label": removal})
