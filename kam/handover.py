"""Handing over what a leaver has: every floor says what can belong to a person, one transaction moves all of it.

Wiring: `PARTS` names the floors' parts in strings, lowest first. Moving accounts lets the successor in, so that
what hangs off an account is then within their sight.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from kam.access import must_administer
from kam.audit import log, log_many
from kam.errors import Conflict, Stale
from kam.leases import take_turns
from kam.models import User

PARTS = ("accounts.handover.PARTS", "tradeterms.handover.PARTS", "plans.handover.PARTS")


@dataclass(frozen=True)
class Part:
    """One kind of thing that belongs to a person: `rows(user)` are theirs, in column `field`.

    `roles` may take it over. What is `needed` cannot be left with somebody who is deactivated. `hand`, called like
    `reassign`, moves the rows where changing the column is not all.
    """

    name: str
    label: str
    rows: Callable
    field: str
    roles: frozenset
    needed: bool = False
    hand: Callable | None = None


class Share(NamedTuple):
    """How many things of one kind a person has."""

    part: Part
    count: int

    @property
    def label(self):
        return str(self.part.label)


@cache
def parts():
    """All parts of all floors, in the order in which they are handed over."""
    return tuple(part for name in PARTS for part in import_string(name))


def shares_of(user):
    """What a person has, by kind; one count for each."""
    return [Share(part, part.rows(user).order_by().count()) for part in parts()]


def may_take(part, user):
    """Whether somebody of this role can do the work."""
    return user.is_active and user.role in part.roles


@transaction.atomic
def hand_over(user, *, by, successors, reason, seen=None):
    """Give what `user` has to `successors` (User by name of the part); returns the Shares that moved.

    A part without a successor stays. `seen` are the counts by name that `by` had before them. All or nothing: raises
    Denied, Conflict (no reason; a successor who cannot take a part or would not see it), Stale (a count is another).
    """
    must_administer(by)
    if not reason.strip():
        raise Conflict(_("Say why; the reason is kept in the log."), code="note_required")
    user, successors = _held(user, successors)
    moved = [_hand_part(part, user, successors.get(part.name), by, reason, seen) for part in parts()]
    for part, rows in moved:
        _must_see(part, successors.get(part.name), rows)
    given = [Share(part, len(rows)) for part, rows in moved if rows]
    after = {share.part.name: {"to": successors[share.part.name].pk, "count": share.count} for share in given}
    log(user, "handed_over", by=by, after=after, reason=reason)
    return given


def one_at_a_time():
    """Wait until nobody else administers people: two that hold each other's row would wait for each other for ever."""
    take_turns("kam:people")


def _held(user, successors):
    """The leaver and the successors as stored, locked in one order: none of them leaves or changes role meanwhile."""
    one_at_a_time()
    wanted = {user.pk, *(s.pk for s in successors.values())}
    people = {p.pk: p for p in User.objects.filter(pk__in=wanted).order_by("pk").select_for_update()}
    return people[user.pk], {name: people[s.pk] for name, s in successors.items()}


def _hand_part(part, user, to, by, reason, seen):
    """(part, the rows that moved). The rows are locked before they are counted."""
    rows = list(part.rows(user).order_by("pk").select_for_update(of=("self",)))
    if seen is not None and len(rows) != seen.get(part.name, 0):
        raise Stale(_("What %(person)s has changed meanwhile. Look at it again.") % {"person": user}, current=user)
    if to is None or not rows:
        return part, []
    if to.pk == user.pk or not may_take(part, to):
        raise Conflict(_("%(person)s cannot take over: %(things)s.") % {"person": to, "things": part.label})
    (part.hand or reassign)(part, rows, to, by=by, reason=reason)
    return part, rows


def reassign(part, rows, to, *, by, reason):
    """Put `to` into the column of all rows: one statement, and one audit entry each."""
    column = f"{part.field}_id"
    old = {row.pk: getattr(row, column) for row in rows}
    columns = [n for n in ("version", "updated_at") if hasattr(rows[0], n)]
    for row in rows:
        setattr(row, column, to.pk)
        if columns:
            row.version, row.updated_at = row.version + 1, timezone.now()
    type(rows[0])._base_manager.bulk_update(rows, [part.field, *columns], batch_size=500)
    before, after = (lambda row: {column: old[row.pk]}), (lambda row: {column: to.pk})
    log_many(rows, "handed_over", by=by, before=before, after=after, reason=reason)


def _must_see(part, to, rows):
    """What somebody takes over they also see; otherwise nobody would look after it."""
    if not rows:
        return
    model = type(rows[0])
    kept = model.objects.filter(pk__in=[row.pk for row in rows])
    unseen = kept.count() - kept.visible_to(to).count()
    if unseen:
        what = {"person": to, "count": unseen, "things": part.label}
        raise Conflict(_("%(person)s would not see %(count)s of these: %(things)s.") % what, code="unseen")
