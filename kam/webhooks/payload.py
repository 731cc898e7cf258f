"""What a receiver gets: one entry of the audit log as JSON (docs/webhooks.md)."""

import json

from django.apps import apps
from django.conf import settings
from django.urls import reverse
from django.utils.module_loading import import_string


def body_of(delivery):
    """The bytes to send; the same ones at every try."""
    return json.dumps(event(delivery), ensure_ascii=False, separators=(",", ":")).encode()


def event(delivery):
    """The event as plain values."""
    entry = delivery.entry
    return {
        "id": str(delivery.pk),
        "type": f"{entry.model}.{entry.verb}",
        "at": entry.at.isoformat(),
        "account": entry.account_id,
        "object": {"model": entry.model, "id": entry.object_id, "label": entry.label, "link": link_to(entry)},
        "before": entry.before,
        "after": entry.after,
        "reason": entry.reason,
        "by": {"id": entry.actor_id, "name": entry.actor.name} if entry.actor else None,
        "source": entry.source,
    }


def link_to(entry):
    """Where the API serves the object, None when it does not."""
    for _prefix, viewset, basename in import_string("kam.urls.router").registry:
        if viewset.queryset.model._meta.label_lower == entry.model:
            return settings.BASE_URL.rstrip("/") + reverse(f"{basename}-detail", args=[entry.object_id])
    return None


def kind_of(entry):
    """What people call the kind of thing an entry is about."""
    try:
        return apps.get_model(entry.model)._meta.verbose_name
    except (LookupError, ValueError):
        return entry.model
