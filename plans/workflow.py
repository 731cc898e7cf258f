"""The moves of a plan: draft → submitted → returned or signed → superseded. Nothing leads back from signed."""

from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kam.errors import Conflict
from kam.workflow import Step, move
from plans import access, checks, signing
from plans.models import Plan

DRAFT, SUBMITTED, RETURNED, SIGNED, SUPERSEDED = Plan.State


def submitted(plan, by, note):
    """Note when, and what the author says with it."""
    plan.submitted_at = timezone.now()
    plan.comment = note


def returned(plan, by, note):
    """Keep what the director wants changed."""
    plan.comment = note


def withdrawn(plan, by, note):
    """Back with the author, as if never submitted."""
    plan.submitted_at = None
    plan.comment = note


def signed(plan, by, note):
    """Freeze the plan under its hash, after the older signed revision, if any, has made room."""
    signing.serialise(plan)
    older = Plan.objects.filter(account=plan.account_id, year=plan.year, state=SIGNED).first()
    if older and older.revision > plan.revision:
        raise Conflict(gettext("%(newer)s is signed already.") % {"newer": older})
    if older:
        why = gettext("Replaced by %(plan)s, signed by %(signer)s.") % {"plan": plan, "signer": by}
        move(older, SIGN_OFF, "supersede", by=None, note=why)
    signing.record(plan, by, note)


SIGN_OFF = {
    "submit": Step(
        (DRAFT, RETURNED),
        SUBMITTED,
        access.may_edit,
        _("Submit for sign-off"),
        rule=checks.must_be_complete,
        effect=submitted,
        icon="signature",
        tone="primary",
    ),
    "withdraw": Step((SUBMITTED,), DRAFT, access.may_edit, _("Withdraw"), effect=withdrawn),
    "sign": Step(
        (SUBMITTED,),
        SIGNED,
        access.may_sign,
        _("Sign"),
        effect=signed,
        needs_reauthentication=True,
        icon="signature",
        tone="primary",
    ),
    "return": Step((SUBMITTED,), RETURNED, access.may_sign, _("Request changes"), effect=returned, needs_note=True),
    "supersede": Step((SIGNED,), SUPERSEDED, access.is_system, _("Replace by a newer revision")),
}
