"""What of the plans floor belongs to a person and can be handed over: what is not submitted or signed yet."""

from django.utils.translation import gettext_lazy as _

from kam.handover import Part
from kam.roles import Role
from plans.access import WRITERS
from plans.models import Initiative, Plan

PEOPLE = frozenset({*WRITERS, Role.DIRECTOR}) - {Role.API_CLIENT}


def _plans(user):
    return Plan.objects.filter(author=user, state__in=Plan.EDITABLE).select_related("account")


def _initiatives(user):
    rows = Initiative.objects.filter(owner=user, goal__plan__state__in=Plan.EDITABLE)
    return rows.select_related("goal__plan__account")


PARTS = (
    Part("plans", _("Plans they are writing"), _plans, "author", PEOPLE, needed=True),
    Part("initiatives", _("Initiatives in plans being written"), _initiatives, "owner", PEOPLE),
)
