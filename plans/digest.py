"""What plans say in the daily mail: those that cannot go on without the reader."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.digest import SHOWN, Line, Part, absolute
from kam.templatetags import formats
from plans.models import Plan


def waiting(day):
    """Plans to sign, or returned to their author, the oldest first."""
    rows = Plan.objects.waiting_for(day.user)
    total = rows.count()
    if not total:
        return None
    title = ngettext("%(n)s plan waits for you", "%(n)s plans wait for you", total) % {"n": formats.number(total)}
    chosen = rows.select_related("account").order_by("submitted_at", "pk")[:SHOWN]
    lines = [Line(_line(plan), absolute(plan.get_absolute_url())) for plan in chosen]
    return Part(title, lines, total - len(lines), absolute(reverse("plans:list")))


def _line(plan):
    words = {"account": plan.account, "plan": plan, "state": plan.get_state_display()}
    return _("%(account)s: %(plan)s, %(state)s") % words
