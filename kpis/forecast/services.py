"""Writes about forecasts that people ask for: events, figures of their own, acknowledging a notice."""

from datetime import timedelta
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from kam import services
from kam.audit import log
from kam.errors import Conflict, Stale
from kpis import queries
from kpis.calc import last_complete_week
from kpis.forecast import notices
from kpis.forecast.queries import first_week
from kpis.models import ForecastEvent, ForecastNotice, ForecastOverride

HORIZON = 26  # weeks ahead


@transaction.atomic
def create_event(*, by, **fields):
    """Something to come that moves sales. Raises ValidationError."""
    event = services.create(ForecastEvent(**fields), by=by)
    _tell(event.account, by, event.name)
    return event


@transaction.atomic
def change_event(event, *, by, version, **fields):
    """Change an event that nobody else changed since `version`. Raises Stale and ValidationError."""
    event = services.change(event, by=by, version=version, fields=fields)
    _tell(event.account, by, event.name)
    return event


@transaction.atomic
def remove_event(event, *, by):
    """Take an event away; returns the Removal."""
    account, name = event.account, event.name
    removal = services.remove(event, by=by, undo_if="kpis.access.may_forecast")
    _tell(account, by, name)
    return removal


@transaction.atomic
def set_override(*, by, **fields):
    """Put one's own figure in the place of the machine's. Raises ValidationError, also for a week that is over."""
    override = _set(by, fields)
    _tell(override.account, by, override.reason)
    return override


@transaction.atomic
def change_override(override, *, by, version, **fields):
    """Change a figure that nobody else changed since `version`. Raises Stale and ValidationError."""
    override = _change(override, by, version, fields)
    _tell(override.account, by, override.reason)
    return override


@transaction.atomic
def remove_override(override, *, by):
    """Let the machine's figure count again; returns the Removal."""
    account = override.account
    removal = services.remove(override, by=by, undo_if="kpis.access.may_forecast")
    _tell(account, by, "")
    return removal


@transaction.atomic
def set_figures(account, *, by, figures, seen, reason) -> int:
    """Set many figures of an account with one reason: all of them or none; returns how many changed.

    `figures` holds units by (product, Monday), None where the machine's figure shall count; `seen` the version of the
    override each was made from, 0 where there was none. Raises Stale when somebody set one of them in between, and
    ValidationError.
    """
    rows = ForecastOverride.objects.select_for_update(of=("self",)).filter(account=account)
    stored = {(row.product_id, row.week): row for row in rows.filter(week__in={week for _product, week in figures})}
    changed = 0
    for (product, week), units in figures.items():
        row = stored.get((product.pk, week))
        if (row.version if row else 0) != seen[product, week]:
            raise Stale.since(row) if row else Conflict(_("Somebody took this figure away. Load the page again."))
        changed += _put(row, account, product, week, units, reason, by)
    _tell(account, by, reason)
    return changed


def _put(row, account, product, week, units, reason, by):
    """Whether one figure changed: it is set, set anew, or given back to the machine."""
    if units is None:
        if row:
            services.remove(row, by=by, reason=reason, undo_if="kpis.access.may_forecast")
        return row is not None
    if row is None:
        _set(by, {"account": account, "product": product, "week": week, "units": units, "reason": reason})
    elif row.units == Decimal(units):
        return False
    else:
        _change(row, by, row.version, {"units": units, "reason": reason})
    return True


def _set(by, fields):
    _must_be_ahead(fields["week"])
    return services.create(ForecastOverride(**fields, author=by), by=by)


def _change(override, by, version, fields):
    _must_be_ahead(fields.get("week", override.week))
    return services.change(override, by=by, version=version, fields={**fields, "author": by})


def _must_be_ahead(week):
    first = first_week()
    if not first <= week < first + timedelta(weeks=HORIZON):
        raise ValidationError({"week": _("Only the 26 weeks to come can be forecast.")})


def _tell(account, by, cause):
    """Logistics hears of it, if it is much."""
    day = queries.last_night_day()
    notices.tell(account, last=last_complete_week(day), date=day, by=by, cause=cause)


@transaction.atomic
def acknowledge(notice, *, by) -> ForecastNotice:
    """Say that logistics knows. Raises Conflict when somebody has said so."""
    notice = ForecastNotice.objects.select_for_update(of=("self",)).get(pk=notice.pk)
    if notice.acknowledged_at:
        raise Conflict(_("This notice is acknowledged already."))
    notice.acknowledged_by, notice.acknowledged_at = by, timezone.now()
    notice.version += 1
    notice.save()
    log(notice, "acknowledged", by=by, after={"acknowledged_by": by.pk})
    return notice
