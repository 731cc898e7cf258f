"""Writes about agreements and their terms; `by` is a user, or None for the system. Only drafts can be changed."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from kam import services
from kam.errors import Conflict
from kam.leases import take_turns
from tradeterms import kinds
from tradeterms.models import Agreement, Term

COPIED = ("account", "number", "title", "starts", "ends", "currency")


@transaction.atomic
def create_agreement(*, by, account, number, title, starts, ends, currency, signed_by_us=None, signed_by_them=None):
    """Begin an agreement as revision 1, in draft. Raises ValidationError, also when the number is taken."""
    row = Agreement(account=account, number=number, title=title, starts=starts, ends=ends, currency=currency)
    row.signed_by_us, row.signed_by_them = signed_by_us, signed_by_them
    if Agreement.objects.filter(number=number).exists():
        raise ValidationError({"number": _("Another agreement has this number already.")})
    return services.create(row, by=by)


@transaction.atomic
def change_agreement(agreement, *, by, version, **fields):
    """Change a draft. Raises Conflict when it is not one any more, Stale, ValidationError."""
    _must_be_draft(agreement)
    return services.change(agreement, by=by, version=version, fields=fields)


@transaction.atomic
def new_revision(agreement, *, by):
    """A draft with the terms of `agreement` under the next revision. Raises Conflict when there is a draft already."""
    take_turns(f"tradeterms:agreement:{agreement.number}")
    revisions = Agreement.objects.filter(number=agreement.number)
    if revisions.filter(state=Agreement.State.DRAFT).exists():
        raise Conflict(_("There is a draft of this agreement already."), code="draft_exists")
    latest = revisions.aggregate(latest=Max("revision"))["latest"]
    row = Agreement(revision=latest + 1, **{name: getattr(agreement, name) for name in COPIED})
    services.create(row, by=by)
    for term in agreement.terms.order_by("pk"):
        add_term(agreement=row, by=by, clause=term.clause, kind=term.kind, side=term.side, params=term.params)
    return row


@transaction.atomic
def remove_agreement(agreement, *, by):
    """Throw a draft away with its terms; returns the Removal. Raises Conflict when it is not a draft."""
    _must_be_draft(agreement)
    return services.remove(agreement, by=by, undo_if="tradeterms.access.may_edit")


@transaction.atomic
def add_term(*, agreement, by, clause, kind, side, params):
    """Add a term to a draft. Raises Conflict, ValidationError naming the wrong parameter."""
    _must_be_draft(agreement)
    term = Term(agreement=agreement, clause=clause, kind=kind, side=side, params=kinds.parse(kind, params).as_params())
    return services.create(term, by=by)


@transaction.atomic
def change_term(term, *, by, version, clause, side, params):
    """Change a term of a draft. Raises Conflict, Stale, ValidationError naming the wrong parameter."""
    _must_be_draft(term.agreement)
    fields = {"clause": clause, "side": side, "params": kinds.parse(term.kind, params).as_params()}
    return services.change(term, by=by, version=version, fields=fields)


@transaction.atomic
def remove_term(term, *, by):
    """Take a term out of a draft; returns the Removal. Raises Conflict."""
    _must_be_draft(term.agreement)
    return services.remove(term, by=by, undo_if="tradeterms.access.may_bring_back")


def _must_be_draft(agreement):
    """Lock the agreement, so that nobody puts it in force while its terms change."""
    state = Agreement.objects.select_for_update().values_list("state", flat=True).get(pk=agreement.pk)
    if state != Agreement.State.DRAFT:
        raise Conflict(_("Only a draft can be changed; make a new revision."), code="not_draft")
