"""Template tags of the administration."""

from django import template
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts import access

register = template.Library()


@register.inclusion_tag("people/_parts.html", takes_context=True)
def administration_parts(context):
    """The parts of the administration that the reader may open, the one they are in marked by `part`."""
    may_see_log = access.may_see_log(context["request"].user)
    parts = [("people", pgettext("colleagues", "People"), "people"), ("teams", _("Teams"), "teams")]
    if may_see_log:
        parts += [("audit", _("Audit log"), "audit"), ("why", _("Who sees what"), "ask")]
    here = context.get("part")
    return {"parts": [(label, reverse(f"administration:{url}"), name == here) for name, label, url in parts]}
