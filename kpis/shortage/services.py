"""Writes about supply that is short: limits, promises; shares follow at once."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from kam import services
from kpis.models import SupplyCap, SupplyCommitment
from kpis.shortage.allocate import allocate


@transaction.atomic
def create_cap(*, by, **fields):
    """Say that of a product only so much can be supplied. Raises ValidationError."""
    _whole(fields)
    cap = services.create(SupplyCap(**fields), by=by)
    allocate(cap)
    return cap


@transaction.atomic
def change_cap(cap, *, by, version, **fields):
    """Change a limit that nobody else changed since `version`. Raises Stale and ValidationError."""
    _whole(fields)
    cap = services.change(cap, by=by, version=version, fields=fields)
    allocate(cap)
    return cap


def remove_cap(cap, *, by):
    """There is enough again; returns the Removal, which brings promises and shares back too."""
    return services.remove(cap, by=by, undo_if="kpis.access.may_limit_supply")


@transaction.atomic
def create_commitment(*, by, **fields):
    """Promise an account some of what is short. Raises ValidationError."""
    _whole(fields)
    promise = services.create(SupplyCommitment(**fields), by=by)
    allocate(promise.cap)
    return promise


@transaction.atomic
def change_commitment(promise, *, by, version, **fields):
    """Change a promise that nobody else changed since `version`. Raises Stale and ValidationError."""
    _whole(fields)
    promise = services.change(promise, by=by, version=version, fields=fields)
    allocate(promise.cap)
    return promise


@transaction.atomic
def remove_commitment(promise, *, by):
    """Take a promise back; it is not brought back by itself, because others have got what was promised."""
    cap = promise.cap
    services.remove(promise, by=by)
    allocate(cap)


def _whole(fields):
    """Shares are whole units, so are limits and promises."""
    for name in ("units", "minimum"):
        if (value := fields.get(name)) is not None and value != int(value):
            raise ValidationError({name: _("Only whole units are shared out.")})
