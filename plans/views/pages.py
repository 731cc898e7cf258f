"""The page of one plan, and its moves."""

from django.contrib import messages
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kam import workflow
from kam.views.base import MoveView, ScopedAct, ScopedCreate, ScopedDetail, ScopedUpdate
from kam.views.lists import InList
from plans import access, checks, grid, services
from plans.forms import NewPlanForm, SituationForm
from plans.models import Plan, Signature
from plans.showing import look
from plans.views.plan_list import PlanList
from plans.workflow import SIGN_OFF

STAGES = (Plan.State.DRAFT, Plan.State.SUBMITTED, Plan.State.SIGNED)


def plan_context(plan, user):
    """What the page of a plan, and the fragment that replaces its middle, show."""
    moves = [(n, s) for n, s in workflow.moves(plan, SIGN_OFF, user)]
    names = [name for name, _step in moves]
    found = checks.checks(plan)
    return {
        "plan": plan,
        "look": look(plan),
        "stages": _stages(plan),
        "sections": grid.sections(plan),
        "weights": grid.weights(plan),
        "weights_full": checks.sum_of_weights(plan.goals.all()) == checks.FULL,
        "checks": found,
        "passed": sum(check.ok for check in found),
        "missing": [check.sentence for check in found if not check.ok],
        "submit": dict(moves).get("submit"),
        "moves": [(n, s) for n, s in moves if n not in ("submit", "sign", "return")],
        "may_sign": "sign" in names,
        "editable": plan.is_editable and access.may_edit(user, plan),
    }


def _stages(plan):
    """(label, is past, is now) of the way to a signature."""
    now = Plan.State.SIGNED if plan.state == Plan.State.SUPERSEDED else plan.state
    now = Plan.State.DRAFT if now == Plan.State.RETURNED else now
    at = STAGES.index(now)
    return [(stage.label, i < at, i == at) for i, stage in enumerate(STAGES)]


class PlanDetail(InList, ScopedDetail):
    queryset = Plan.objects.with_parts()
    listed_by, list_url = PlanList, "plans:list"
    template_name = "plans/plan_detail.html"

    def get_context_data(self, **kwargs):
        plan, user = self.object, self.request.user
        context = plan_context(plan, user)
        siblings = Plan.objects.filter(account=plan.account_id, year=plan.year).exclude(pk=plan.pk)
        context["siblings"] = list(siblings.order_by("-revision"))
        context["signature"] = Signature.objects.filter(plan=plan).select_related("signer").first()
        making = any(row.state in services.IN_THE_MAKING for row in context["siblings"])
        is_signed = plan.state == Plan.State.SIGNED
        context["may_revise"] = is_signed and not making and access.may_create(user, plan.account)
        return super().get_context_data(**context, **kwargs)


class PlanCreate(ScopedCreate):
    model = Plan
    form_class = NewPlanForm
    title = gettext_lazy("New plan")

    def may(self, user, row):
        return access.writes(user)

    def get_initial(self):
        return {name: self.request.GET[name] for name in ("account", "year") if name in self.request.GET}

    def get_cancel_url(self):
        return reverse("plans:list")


class PlanEdit(ScopedUpdate):
    model = Plan
    form_class = SituationForm
    title = gettext_lazy("Situation")

    def may(self, user, row):
        return access.may_edit(user, row)

    def get(self, request, *args, **kwargs):
        services.must_be_editable(self.object)
        return super().get(request, *args, **kwargs)


class Moves(MoveView):
    """Submit, withdraw, return. Signing has a page of its own."""

    model = Plan
    steps = {name: step for name, step in SIGN_OFF.items() if not step.needs_reauthentication}


class Revise(ScopedAct):
    """POST: the next revision of a signed plan."""

    model = Plan

    def may(self, user, row):
        return access.may_create(user, row.account)

    def act(self, row, by):
        self.object = services.new_revision(row, by=by)
        messages.success(self.request, _("“%(row)s” is a draft now.") % {"row": self.object})
