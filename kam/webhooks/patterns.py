"""Patterns of events, `<app>.<model>:<verb>`, where each part may be `*`."""

import re

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

EVERYTHING, MOST = "*.*:*", 50
PATTERN = re.compile(r"^(\*|[a-z]+)\.(\*|[a-z]+):(\*|[a-z_]+)\Z")


def known_patterns(values):
    """Validator: not too many to be asked of the log for everybody's webhooks, and each one a pattern."""
    if len(values) > MOST:
        raise ValidationError(_("Choose at most %(most)d events."), params={"most": MOST})
    for value in values:
        if not PATTERN.match(value):
            raise ValidationError(
                _("“%(value)s” is not an event. Write it like plans.plan:sign or plans.*:*."), params={"value": value}
            )


def matching(patterns):
    """The condition that an entry matches one of the patterns."""
    found = Q(pk__in=[])
    for pattern in patterns:
        found |= _one(*PATTERN.match(pattern).groups())
    return found


def _one(app, model, verb):
    condition = ~Q(pk__in=[])  # an empty condition would vanish beside others
    if "*" not in (app, model):
        condition &= Q(model=f"{app}.{model}")
    elif app != "*":
        condition &= Q(model__startswith=f"{app}.")
    elif model != "*":
        condition &= Q(model__endswith=f".{model}")
    return condition & Q(verb=verb) if verb != "*" else condition


def choices():
    """What people choose from: everything, or all that happens to one kind of thing below an account."""
    kinds = [
        (f"{m._meta.label_lower}:*", str(capfirst(m._meta.verbose_name)))
        for m in apps.get_models()
        if m._meta.app_label in settings.FLOORS and hasattr(m, "owning_account") and hasattr(m, "version")
    ]
    return [(EVERYTHING, _("Everything")), *sorted(kinds, key=lambda kind: kind[1])]
