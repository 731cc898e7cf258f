"""What plans show on the account page and on the home page."""

from django.db.models import Case, Q, When
from django.utils import timezone
from django.utils.translation import gettext as _

from kam.panels import panel
from plans import grid
from plans.models import Plan

FEW = 6


@panel("account", "plans/panels/account.html", order=40, column="side", later=True)
def progress(request, account):
    """The plan in force: the signed one of the latest year that has begun, else the newest one."""
    in_force = Q(state=Plan.State.SIGNED, year__lte=timezone.localdate().isocalendar().year)
    plans = Plan.objects.visible_to(request.user).filter(account=account).with_parts()
    plan = plans.order_by(Case(When(in_force, then=0), default=1), "-year", "-revision").first()
    if plan is None:
        return None
    figures = [figure for section in grid.sections(plan) for figure in section.measures]
    label = _("v%(n)s %(state)s") % {"n": plan.revision, "state": plan.get_state_display()}
    return {"plan": plan, "figures": figures[:FEW], "state_label": label}


@panel("home", "plans/panels/home.html", order=20, column="side")
def waiting(request):
    """Plans that cannot go on without the reader, oldest first."""
    rows = Plan.objects.waiting_for(request.user).select_related("account", "author").order_by("submitted_at", "pk")
    total = rows.count()
    return {"plans": rows[:FEW], "total": total} if total else None
