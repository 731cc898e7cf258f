"""Writes about deputies: name one for some days, change the days, end it."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from kam import mail, services
from kam.audit import log
from kam.errors import Conflict
from kam.models import Deputy, User
from kam.roles import STANDS_IN


@transaction.atomic
def name_deputy(*, person, deputy, starts, ends, by, reason=""):
    """Let `deputy` stand in for `person` on these days, both included, and tell them by mail.

    Raises ValidationError: roles that do not fit, days in the past, somebody who has left.
    """
    row = Deputy(person=person, deputy=deputy, starts=starts, ends=ends, reason=reason)
    _must_fit(row)
    services.create(row, by=by)
    _tell(row, by)
    return row


@transaction.atomic
def change_deputy(row, *, by, version, **fields):
    """Change days or reason; who it is about stays. Raises Stale and ValidationError."""
    _must_end_in_future(fields.get("ends", row.ends))
    return services.change(row, by=by, version=version, fields=fields)


@transaction.atomic
def end_deputy(row, *, by):
    """No sight from now on: days to come are removed, days that began end yesterday, so that the past stays known.

    Raises Conflict when it is over already.
    """
    row = Deputy.objects.select_for_update().get(pk=row.pk)
    today = timezone.now().date()
    if row.ends < today:
        raise Conflict(_("This is over already."))
    if row.starts >= today:
        services.remove(row, by=by)
        return
    before = {"ends": row.ends}
    row.ends, row.version = today - timedelta(days=1), row.version + 1
    row.save()
    log(row, "ended", by=by, before=before, after={"ends": row.ends})


def candidates(person):
    """Who may stand in for somebody of this role: active people of the same role or one above."""
    roles = [role for role, below in STANDS_IN.items() if person.role in below]
    return User.objects.filter(is_active=True, role__in=roles).exclude(pk=person.pk)


def _must_fit(row):
    _must_end_in_future(row.ends)
    if not candidates(row.person).filter(pk=row.deputy_id).exists():
        raise ValidationError({"deputy": _("Only somebody of the same role, or of one above it, can stand in.")})


def _must_end_in_future(ends):
    if ends < timezone.now().date():
        raise ValidationError({"ends": _("These days are over.")})


def _tell(row, by):
    params = {"person": row.person.name, "starts": row.starts, "ends": row.ends, "reason": row.reason}
    mail.queue(user=row.deputy, kind="deputy", key=f"deputy:{row.pk}", params=params, by=None)
