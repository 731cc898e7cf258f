"""Which moves the cause of a stock-out and a letter about it allow."""

from dataclasses import replace
from functools import partial

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from kam.errors import Conflict
from kam.workflow import Step
from kpis import access
from kpis.models import StockOut, StockOutLetter

Cause, State = StockOut.Cause, StockOut.State


def must_stand(row):
    """Raise Conflict when the facts do not show the stock-out any more."""
    if row.standing == StockOut.Standing.WITHDRAWN:
        raise Conflict(_("The facts do not show this stock-out any more."), code="withdrawn")


def _put_cause(cause, row, by, note):
    """A person's cause replaces the night's; without one the move says so."""
    if cause not in Cause.values:
        raise Conflict(_("Say which cause it was."), code="cause_required")
    row.cause, row.reason = cause, note.strip()


def _as_found(row, by, note):
    row.cause, row.reason = row.found, ""


STOCKOUT = {
    "correct": Step(
        tuple(State),
        State.CORRECTED,
        access.may_explain,
        gettext_lazy("Correct the cause"),
        rule=must_stand,
        effect=partial(_put_cause, ""),
        needs_note=True,
        icon="edit",
    ),
    "restore": Step(
        (State.CORRECTED,),
        State.FOUND,
        access.may_explain,
        gettext_lazy("Take the correction back"),
        rule=must_stand,
        effect=_as_found,
        icon="arrow-back-up",
    ),
}


def correcting(cause):
    """The table of moves with this cause behind “correct”."""
    return STOCKOUT | {"correct": replace(STOCKOUT["correct"], effect=partial(_put_cause, cause))}


def _sent(row, by, note):
    row.sent_by, row.sent_at = by, timezone.now()


LETTER = {
    "send": Step(
        (StockOutLetter.State.DRAFT,),
        StockOutLetter.State.SENT,
        access.may_write_letter,
        pgettext_lazy("letter", "Mark as sent"),
        effect=_sent,
        icon="mail",
        tone="primary",
    ),
}
