"""Every write of a plan: check, save, log, in one transaction. `by` is a user, or None for the application itself."""

from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from kam import workflow
from kam.audit import log, snapshot
from kam.errors import Conflict, Denied, Stale
from kam.services import change, create, remove
from plans import access
from plans.models import Goal, Initiative, Plan, PlanMeasure
from plans.workflow import SIGN_OFF

FRESH = timedelta(minutes=5)
IN_THE_MAKING = (Plan.State.DRAFT, Plan.State.SUBMITTED, Plan.State.RETURNED)


class NotConfirmed(Denied):
    """The signer has not shown within five minutes that it is they who sign."""


@transaction.atomic
def create_plan(*, account, year, by, where_we_stand="", what_they_want="", white_space=""):
    """Start the first revision of an account's plan for a year; `by` becomes its author.

    Raises Denied, ValidationError (such as a year that has a plan already).
    """
    if not access.may_create(by, account):
        raise Denied(_("You may not write plans of this account."))
    words = {"where_we_stand": where_we_stand, "what_they_want": what_they_want, "white_space": white_space}
    return create(Plan(account=account, year=year, author=by, **words), by=by)


def change_plan(plan, *, by, version, **words):
    """Change the words of the situation. Raises Denied, Conflict, Stale, ValidationError."""
    return _change(plan, plan, by, version, words)


def add_goal(*, plan, by, title, position=None):
    """Add a goal at `position`, or as the last one. Raises Denied, Conflict, ValidationError."""
    return _add(plan, Goal(plan=plan, title=title, position=_place(position, plan.goals)), by)


def change_goal(row, *, by, version, **fields):
    """Change title or position of a goal. Raises Denied, Conflict, Stale, ValidationError."""
    return _change(row.plan, row, by, version, fields)


def add_initiative(*, goal, by, title, owner=None, due_on=None, budget=None, position=None):
    """Add an initiative to a goal. Raises Denied, Conflict, ValidationError."""
    fields = {"title": title, "owner": owner, "due_on": due_on, "budget": budget}
    row = Initiative(goal=goal, position=_place(position, goal.initiatives), **fields)
    return _add(goal.plan, row, by)


def change_initiative(row, *, by, version, **fields):
    """Change an initiative. Raises Denied, Conflict, Stale, ValidationError."""
    return _change(row.goal.plan, row, by, version, fields)


def add_measure(*, goal, by, measure, target, base=None, weight=0):
    """Add a measure of the KPI floor to a goal. Raises Denied, Conflict, ValidationError."""
    row = PlanMeasure(goal=goal, measure=measure, target=target, base=base, weight=weight)
    return _add(goal.plan, row, by)


def change_measure(row, *, by, version, **fields):
    """Change a plan measure. Raises Denied, Conflict, Stale, ValidationError."""
    return _change(row.goal.plan, row, by, version, fields)


@transaction.atomic
def remove_row(row, *, by, version=None):
    """Take a goal, an initiative or a measure out of its plan; returns the Removal. Raises Denied, Conflict, Stale."""
    _held(plan_of(row), by)
    stored = type(row).objects.select_for_update(of=("self",)).filter(pk=row.pk).first()
    if stored is None or (version is not None and stored.version != version):
        raise Stale(_("%(row)s was changed meanwhile.") % {"row": row}, current=stored)
    return remove(stored, by=by, undo_if="plans.services.may_bring_back")


def may_bring_back(user, row):
    """A row of a plan that the person may change now."""
    try:
        _held(plan_of(row), user)
    except (Conflict, Denied):
        return False
    return True


@transaction.atomic
def new_revision(plan, *, by):
    """Copy a signed plan into the next revision as a draft, with goals, initiatives and measures.

    Raises Denied, and Conflict unless `plan` is the signed revision and no other one is in the making.
    """
    plan = Plan.objects.select_for_update(of=("self",)).get(pk=plan.pk)
    if not access.may_create(by, plan.account):
        raise Denied(_("You may not write plans of this account."))
    if plan.state != Plan.State.SIGNED:
        raise Conflict(_("Only the signed revision can be revised."))
    siblings = Plan.objects.filter(account=plan.account_id, year=plan.year)
    if making := siblings.filter(state__in=IN_THE_MAKING).first():
        raise Conflict(_("%(plan)s is in the making already.") % {"plan": making})
    words = {name: getattr(plan, name) for name in ("where_we_stand", "what_they_want", "white_space")}
    last = siblings.order_by("-revision").values_list("revision", flat=True)[0]
    draft = create(Plan(account=plan.account, year=plan.year, revision=last + 1, author=by, **words), by=by)
    _copy_goals(plan, draft)
    return draft


def sign(plan, *, by, version=None, seen_hash=None, password=None, confirmed_at=None, comment=""):
    """Sign a submitted plan: freeze it under its content hash. A signature cannot be taken back.

    `version` and `seen_hash` are what the director had before them. `password`, or a re-authentication at
    `confirmed_at`, shows who signs. Raises NotConfirmed, Denied, Conflict, Stale; then nothing is changed.
    """
    _confirm(by, password, confirmed_at)
    with transaction.atomic():
        signed = workflow.move(plan, SIGN_OFF, "sign", by=by, note=comment, version=version)
        if seen_hash is not None and seen_hash != signed.signature.content_hash:
            raise Stale.since(plan)
    return signed


def _confirm(by, password, confirmed_at):
    if password:
        if not by.check_password(password):
            raise NotConfirmed(_("This is not your password."))
    elif confirmed_at is None or timezone.now() - confirmed_at > FRESH:
        raise NotConfirmed(_("Confirm with your password that it is you who signs."))


def plan_of(row):
    """The plan that a goal, an initiative or a measure stands in; a plan's own self."""
    if isinstance(row, Plan):
        return row
    return row.plan if isinstance(row, Goal) else row.goal.plan


def _held(plan, by):
    """The plan, locked and fit to be edited by this person, so that nothing changes under a signature."""
    plan = Plan.objects.select_for_update(of=("self",)).get(pk=plan.pk)
    if by is not None and not access.may_edit(by, plan):
        raise Denied(_("You may not change this plan."))
    must_be_editable(plan)
    return plan


def must_be_editable(plan):
    """Raise Conflict with a sentence when the plan's state does not let its content change."""
    if not plan.is_editable:
        raise Conflict(
            _("%(row)s is “%(state)s” and cannot be changed.") % {"row": plan, "state": plan.get_state_display()}
        )


@transaction.atomic
def _add(plan, row, by):
    _held(plan, by)
    return create(row, by=by)


@transaction.atomic
def _change(plan, row, by, version, fields):
    _held(plan, by)
    return change(row, by=by, version=version, fields={n: _as_stored(row, n, v) for n, v in fields.items()})


def _as_stored(row, name, value):
    """A decimal with as many places as its column keeps, so that 0.93 is no change of 0.9300."""
    places = getattr(row._meta.get_field(name), "decimal_places", None)
    if places is None or not isinstance(value, Decimal):
        return value
    scaled = round(value, places)
    return scaled if scaled == value else value


def _place(position, siblings):
    """The given position, or the one after the last."""
    if position:
        return position
    return (siblings.order_by("-position").values_list("position", flat=True).first() or 0) + 1


def _copy_goals(plan, draft):
    """The goals of `plan` with everything below them, below `draft`: three inserts and one audit entry."""
    old = list(plan.goals.prefetch_related("initiatives", "measures"))
    new = Goal.objects.bulk_create([_copy(goal, plan=draft) for goal in old])
    pairs = list(zip(old, new, strict=True))
    Initiative.objects.bulk_create([_copy(row, goal=goal) for was, goal in pairs for row in was.initiatives.all()])
    PlanMeasure.objects.bulk_create([_copy(row, goal=goal) for was, goal in pairs for row in was.measures.all()])
    log(draft, "copied", by=draft.author, after={"from": str(plan), "goals": [snapshot(goal) for goal in new]})


def _copy(row, **parent):
    """An unsaved copy of a row below another parent; what the night filled in goes with it."""
    left_out = {"id", "version", "created_at", "updated_at", *parent, *(f"{name}_id" for name in parent)}
    fields = {f.attname: f.value_from_object(row) for f in row._meta.concrete_fields if f.name not in left_out}
    return type(row)(**fields, **parent)
