"""What of the terms floor belongs to a person and can be handed over."""

from django.utils.translation import gettext_lazy as _

from kam.handover import Part
from tradeterms.access import WRITERS
from tradeterms.models import Finding


def _findings(user):
    return Finding.objects.filter(owner=user, state__in=Finding.OPEN_STATES).select_related("account")


PARTS = (Part("findings", _("Findings to settle"), _findings, "owner", WRITERS),)
