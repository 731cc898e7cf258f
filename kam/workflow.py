"""The only door through which a state changes.

An app declares a table of steps; `move` locks the row and checks source state, permission and rule in this
order before it writes. The same table draws the buttons, serves the API and feeds the tests.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from kam.audit import log
from kam.errors import Conflict, Denied, Stale


@dataclass(frozen=True)
class Step:
    """One allowed move: from which states, to which, who may, which rule must hold, what else happens.

    `may(user, row)` answers True or False; `rule(row)` raises Conflict with a sentence; `effect(row, by, note)` runs
    in the same transaction after the state is set and before the row is saved.
    """

    sources: tuple
    target: str
    may: Callable
    label: str
    rule: Callable | None = None
    effect: Callable | None = None
    needs_note: bool = False
    needs_reauthentication: bool = False
    icon: str = ""
    tone: str = ""


@transaction.atomic
def move(row, steps, name, *, by, note="", version=None):
    """Make the move `name` on `row` and return the fresh row.

    Raises KeyError for an unknown move, Stale when `version` is not the row's, Conflict when the state or rule
    forbids it, Denied when `by` may not. Nothing is written unless all hold.
    """
    step = steps[name]
    row = type(row)._base_manager.select_for_update(of=("self",)).get(pk=row.pk)
    if version is not None and version != row.version:
        raise Stale.since(row)
    if row.state not in step.sources:
        raise Conflict(
            _("%(row)s is “%(state)s”; this move is not possible now.") % {"row": row, "state": row.get_state_display()}
        )
    if not step.may(by, row):
        raise Denied(_("You may not make this move."))
    if step.needs_note and not note.strip():
        raise Conflict(_("Say why: this move needs a reason."), code="note_required")
    if step.rule:
        step.rule(row)
    return _write(row, step, name, by, note)


def _write(row, step, name, by, note):
    before = row.state
    row.state = step.target
    row.version += 1
    if step.effect:
        step.effect(row, by, note)
    row.save()
    log(row, name, by=by, before={"state": before}, after={"state": row.state}, reason=note)
    return row


def moves(row, steps, user):
    """The moves this user may make on this row now, as (name, Step) pairs, for buttons and the API."""
    return [(n, s) for n, s in steps.items() if row.state in s.sources and s.may(user, row)]
