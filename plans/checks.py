"""What a plan must hold before it may be submitted, each as a sentence people can act on."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Prefetch, Sum
from django.utils.translation import gettext as _

from kam.errors import Conflict
from plans.models import Initiative

FULL = Decimal(100)


@dataclass(frozen=True)
class Check:
    """One condition: its code, whether it holds, and the sentence that says so or says what is missing."""

    code: str
    ok: bool
    sentence: str


def checks(plan):
    """Every condition of submitting `plan`, in the order of its page. Three queries, however large the plan."""
    ordered = Prefetch("initiatives", Initiative.objects.select_related("owner"))
    goals = list(
        plan.goals.annotate(how_many=Count("measures"), weight=Sum("measures__weight")).prefetch_related(ordered)
    )
    return list(_conditions(plan, goals))


def _conditions(plan, goals):
    initiatives = [(f"{g}.{i}", row) for g, goal in enumerate(goals, 1) for i, row in numbered(goal)]
    yield _situation(plan)
    yield Check("goals", bool(goals), _("The plan has goals.") if goals else _("The plan has no goal yet."))
    yield _each(
        "measures",
        [goal.title for goal in goals if not goal.how_many],
        _("Every goal has a measure."),
        _("No measure yet: %(rows)s."),
    )
    yield _weights(sum((goal.weight or 0 for goal in goals), Decimal(0)))
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
    return enumerate(goal.initiatives.all(), 1)


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
    return Check(code, not missing, lacking % {"rows": ", ".join(missing)} if missing else fine)


def must_be_complete(plan):
    """Raise Conflict with the sentences of everything that is missing."""
    missing = [check.sentence for check in checks(plan) if not check.ok]
    if missing:
        raise Conflict(" ".join(missing), code="incomplete")
