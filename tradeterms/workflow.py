"""Which moves the state of an agreement or a finding allows, and what the night does to a finding's state."""

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kam.audit import log, log_many, snapshot
from kam.errors import Conflict
from kam.leases import take_turns
from kam.workflow import Step
from tradeterms import access
from tradeterms.models import Agreement, Finding

Verdict = Finding.Verdict
ACTIONABLE = (Verdict.BREACHED, Verdict.AT_RISK, Verdict.OPPORTUNITY)


def after_night(old, state, verdict):
    """The state of a finding whose verdict was `old` and is now `verdict`.

    What is met is closed if people had not settled it; what had nothing to act on and was closed is new again when
    there is something to act on. All else is left as people left it.
    """
    if verdict == Verdict.MET and state in Finding.OPEN_STATES:
        return Finding.State.CLOSED
    if verdict in ACTIONABLE and old not in ACTIONABLE and state == Finding.State.CLOSED:
        return Finding.State.NEW
    return state


def when_found(verdict):
    """The state a finding begins in: only what somebody can act on is new."""
    return Finding.State.NEW if verdict in ACTIONABLE else Finding.State.CLOSED


def follow(finding, old, state):
    """Put a judged finding in the state the night leaves it in; `old` and `state` are its verdict and state before."""
    finding.state = after_night(old, state, finding.verdict) if finding.pk else when_found(finding.verdict)


def _has_terms(agreement):
    if not agreement.terms.exists():
        raise Conflict(_("Add at least one term before putting the agreement in force."), code="no_terms")


def _supersede(agreement, by, note):
    """Retire the revision that was in force; its findings go over to the new one, or are closed.

    Revisions of one number are put in force one after the other, so that the database never sees two.
    """
    take_turns(f"tradeterms:agreement:{agreement.number}")
    for older in Agreement.objects.select_for_update().filter(number=agreement.number, state=Agreement.State.IN_FORCE):
        if older.revision > agreement.revision:
            raise Conflict(_("%(row)s is in force and newer.") % {"row": older}, code="not_newest")
        older.state = Agreement.State.SUPERSEDED
        older.version += 1
        older.save()
        log(
            older,
            "superseded",
            by=by,
            before={"state": Agreement.State.IN_FORCE},
            after={"state": older.state},
            reason=note,
        )
        _hand_over(older, agreement, by)
        _close_findings(older, by, reason=str(agreement))


def _hand_over(older, newer, by):
    """Findings follow their clause into the new revision, so that what people settled stays settled.

    Where the agreement begins on another day its periods are cut differently, and everything is judged anew.
    """
    heirs = {(t.clause, t.kind): t for t in newer.terms.all()} if older.starts == newer.starts else {}
    for term in older.terms.all():
        heir = heirs.get((term.clause, term.kind))
        if heir:
            rows = Finding.objects.filter(term=term).select_related("account").defer("evidence")
            log_many(rows, "carried", by=by, before=lambda f: {"agreement": str(older)}, reason=str(newer))
            rows.update(term=heir, version=F("version") + 1)


def _close_findings(agreement, by, reason):
    rows = Finding.objects.filter(term__agreement=agreement, state__in=Finding.OPEN_STATES)
    found = list(rows.select_for_update(of=("self",)).select_related("account"))
    log_many(found, "closed", by=by, before=_state, after=_closed, reason=reason)
    rows.filter(pk__in=[f.pk for f in found]).update(state=Finding.State.CLOSED, version=F("version") + 1)


def _state(finding):
    return {"state": finding.state}


def _closed(finding):
    return {"state": Finding.State.CLOSED}


def _has_begun(agreement):
    if agreement.starts >= timezone.now().date():
        raise Conflict(_("An agreement can be ended only after its first day."), code="not_begun")


def _cut_short(agreement, by, note):
    """An agreement that ends early ends today."""
    before, today = snapshot(agreement), timezone.now().date()
    if today < agreement.ends:
        agreement.ends = today
        log(agreement, "shortened", by=by, before=before, reason=note)


def _is_actionable(finding):
    if finding.verdict not in ACTIONABLE:
        raise Conflict(_("There is nothing to act on: the term is met or cannot be measured."), code="nothing_to_do")


AGREEMENT = {
    "publish": Step(
        (Agreement.State.DRAFT,),
        Agreement.State.IN_FORCE,
        access.may_publish,
        gettext_lazy("Put in force"),
        rule=_has_terms,
        effect=_supersede,
        icon="check",
        tone="primary",
    ),
    "end": Step(
        (Agreement.State.IN_FORCE,),
        Agreement.State.ENDED,
        access.may_publish,
        gettext_lazy("End"),
        rule=_has_begun,
        effect=_cut_short,
        needs_note=True,
        icon="x",
    ),
}

UNSETTLED = Finding.OPEN_STATES

FINDING = {
    "send": Step(
        (Finding.State.NEW,),
        Finding.State.WITH_CUSTOMER,
        access.may_handle,
        gettext_lazy("Send to customer"),
        icon="mail",
        tone="primary",
    ),
    "accept": Step(UNSETTLED, Finding.State.ACCEPTED, access.may_handle, gettext_lazy("Accept"), icon="check"),
    "dispute": Step(
        (Finding.State.NEW, Finding.State.WITH_CUSTOMER),
        Finding.State.DISPUTED,
        access.may_handle,
        gettext_lazy("Dispute"),
        needs_note=True,
        icon="gavel",
    ),
    "waive": Step(
        UNSETTLED, Finding.State.WAIVED, access.may_waive, gettext_lazy("Waive"), needs_note=True, icon="hand-stop"
    ),
    "close": Step(
        (Finding.State.WITH_CUSTOMER, Finding.State.DISPUTED, Finding.State.ACCEPTED),
        Finding.State.CLOSED,
        access.may_handle,
        gettext_lazy("Close"),
        icon="circle-check",
    ),
    "reopen": Step(
        (Finding.State.ACCEPTED, Finding.State.WAIVED, Finding.State.CLOSED),
        Finding.State.NEW,
        access.may_handle,
        gettext_lazy("Reopen"),
        rule=_is_actionable,
        needs_note=True,
        icon="arrow-back-up",
    ),
}
