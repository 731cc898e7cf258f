"""What a plan must hold before it may be submitted, each as a sentence people can act on."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _

from kam.errors import Conflict
from kam.templatetags import formats

FULL = Decimal(100)


@dataclass(frozen=True)
class Check:
    """One condition: its code, whether it holds, and the sentence that says so or says what is missing."""

    code: str
    ok: bool
    sentence: str


def checks(plan):
    """Every condition of submitting `plan`, in the order of its page. Needs at most four queries."""
    prefetch_related_objects([plan], "goals__initiatives__owner", "goals__measures")
    return list(_conditions(plan, list(plan.goals.all())))


def _conditions(plan, goals):
    initiatives = [(f"{g}.{i}", row) for g, goal in enumerate(goals, 1) for i, row in numbered(goal)]
    yield _situation(plan)
    yield Check("goals", bool(goals), _("The plan has goals.") if goals else _("The plan has no goal yet."))
    yield _each(
        "measures",
        [goal.title for goal in goals if not goal.measures.all()],
        _("Every goal has a measure."),
        _("No measure yet: %(rows)s."),
    )
    yield _weights(sum_of_weights(goals))
    yield _each(
        "initiatives",
        [goal.title for goal in goals if not goal.initiatives.all()],
        _("Every goal has an initiative."),
        _("No initiative yet: %(rows)s."),
    )
    yield _each(
        "owners",
        [number for number, row in initiatives if not (row.owner and row.owner.is_active)],
        _("Every initiative has an owner."),
        _("No active owner: initiative %(rows)s."),
    )
    yield _each(
        "due",
        [number for number, row in initiatives if row.due_on is None],
        _("Every initiative has a due date."),
        _("No due date: initiative %(rows)s."),
    )
    yield _each(
        "in_year",
        [number for number, row in initiatives if row.due_on and row.due_on.year > plan.year],
        _("Every initiative ends within the year."),
        _("Due after the year of the plan: initiative %(rows)s."),
    )


def numbered(goal):
    """(number from 1, initiative) of a goal."""
    return enumerate(goal.initiatives.all(), 1)


def sum_of_weights(goals):
    """The weights of all measures of these goals together, in percent."""
    return sum((row.weight for goal in goals for row in goal.measures.all()), Decimal(0))


def _situation(plan):
    written = bool(plan.where_we_stand.strip())
    return Check(
        "situation",
        written,
        _("The situation is described.") if written else _("Say where we stand with the account."),
    )


def _weights(total):
    sentence = _("The weights sum to 100.") if total == FULL else _("The weights sum to %(sum)s, not 100.")
    return Check("weights", total == FULL, sentence % {"sum": format(total.normalize(), "f")})


def _each(code, missing, fine, lacking):
    return Check(code, not missing, lacking % {"rows": formats.listed(missing)} if missing else fine)


def missing(plan):
    """The sentences of what is not yet as it must be."""
    return [check.sentence for check in checks(plan) if not check.ok]


def must_be_complete(plan):
    """Raise Conflict with the sentences of everything that is missing."""
    if found := missing(plan):
        raise Conflict(" ".join(found), code="incomplete")
