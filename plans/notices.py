"""What people are told about plans: one waits for their signature, theirs was signed or returned."""

from django.utils.translation import gettext_lazy as _

from accounts.notifications import Notice
from kam.models import User
from kam.roles import DataClass, Role
from plans.models import Plan

SENTENCES = {
    "plan_to_sign": _("Plan %(year)s v%(revision)s waits for your signature; %(by)s submitted it."),
    "plan_signed": _("%(by)s signed your plan %(year)s v%(revision)s."),
    "plan_returned": _("%(by)s returned your plan %(year)s v%(revision)s: “%(note)s”"),
}
KINDS = {
    "plan_to_sign": _("Plan to sign"),
    "plan_signed": _("Plan signed"),
    "plan_returned": _("Plan returned"),
}
ICONS = {"plan_to_sign": "signature", "plan_signed": "circle-check", "plan_returned": "arrow-back-up"}


def _to_sign(entries):
    """Every director who may sign it now: asked once for each of them, not for each plan."""
    plans = _plans_of(entries)
    for director in User.objects.filter(role=Role.DIRECTOR, is_active=True):
        theirs = set(Plan.objects.to_sign(director).filter(pk__in=[p.pk for p in plans.values()]).values_list("pk"))
        for entry in entries:
            plan = plans.get(entry.object_id)
            if plan and (plan.pk,) in theirs:
                yield _notice(entry, plan, director.pk, "plan_to_sign")


def _tell_author(code):
    def rule(entries):
        plans = _plans_of(entries)
        for entry in entries:
            if plan := plans.get(entry.object_id):
                yield _notice(entry, plan, plan.author_id, code)

    return rule


def _plans_of(entries):
    found = Plan.objects.filter(pk__in=[e.object_id for e in entries]).select_related("account")
    return {str(plan.pk): plan for plan in found}


def _notice(entry, plan, user_id, code):
    by = entry.actor.name if entry.actor else ""
    params = {"year": str(plan.year), "revision": plan.revision, "by": by, "note": entry.reason}
    return Notice(entry, user_id, code, params, plan.get_absolute_url(), DataClass.RELATIONSHIP)


NOTICES = {
    "plans.plan:submit": _to_sign,
    "plans.plan:sign": _tell_author("plan_signed"),
    "plans.plan:return": _tell_author("plan_returned"),
}
