"""Goals, initiatives and measures: edited in the grid by htmx, or on a page of their own without it."""

from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy as _
from django.views.generic import View
from django_htmx.http import reswap, retarget

from kam.views.base import Reported, Scoped, ScopedFormView, posted_version
from kam.views.undo import said_removed
from plans import access, services
from plans.forms import GoalForm, InitiativeForm, MeasureForm
from plans.models import Goal, Initiative, Plan, PlanMeasure
from plans.views.pages import plan_context

PARTS = {"goals": Goal, "initiatives": Initiative, "measures": PlanMeasure}


class InGrid(Reported):
    """Mix-in: with htmx, answers are the form's row or the plan's middle instead of whole pages."""

    def back(self):
        if not self.request.htmx:
            return super().back()
        plan = Plan.objects.with_parts().get(pk=self.plan.pk)
        answer = render(self.request, "plans/_middle.html", plan_context(plan, self.request.user))
        return reswap(retarget(answer, "#plan-middle"), "outerHTML")

    def get_success_url(self):
        return self.plan.get_absolute_url()


class PartPage(InGrid, ScopedFormView):
    """Create below `parent_model`, or edit; the address says which."""

    parent_model = None

    def get_object(self):
        if self.parent_model:
            parents = self.parent_model.objects.visible_to(self.request.user)
            self.parent = get_object_or_404(parents, pk=self.kwargs["pk"])
            self.plan = services.plan_of(self.parent)
            return None
        row = get_object_or_404(self.get_queryset(), pk=self.kwargs["pk"])
        self.parent, self.plan = row, services.plan_of(row)
        return row

    def may(self, user, row):
        return access.may_edit(user, self.plan)

    def get(self, request, *args, **kwargs):
        services.must_be_editable(self.plan)
        return super().get(request, *args, **kwargs)

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"parent": self.parent}

    def get_cancel_url(self):
        return self.plan.get_absolute_url()

    def get_context_data(self, **kwargs):
        return super().get_context_data(plan=self.plan, **kwargs)

    def get_template_names(self):
        return ["plans/_row_form.html" if self.request.htmx else "plans/part_form.html"]

    def form_invalid(self, form):
        return self.in_place(super().form_invalid(form))

    @property
    def conflict_template_name(self):
        return "plans/_row_form.html" if self.request.htmx else super().conflict_template_name

    def conflict_page(self, form, refusal):
        return self.in_place(super().conflict_page(form, refusal))

    def in_place(self, answer):
        """A refused form replaces its own row, not the middle of the page."""
        return reswap(retarget(answer, "closest tr"), "outerHTML") if self.request.htmx else answer


class GoalCreate(PartPage):
    model, parent_model, form_class, title = Goal, Plan, GoalForm, _("New goal")


class GoalEdit(PartPage):
    model, form_class, title = Goal, GoalForm, _("Goal")


class InitiativeCreate(PartPage):
    model, parent_model, form_class, title = Initiative, Goal, InitiativeForm, _("New initiative")


class InitiativeEdit(PartPage):
    model, form_class, title = Initiative, InitiativeForm, _("Initiative")


class MeasureCreate(PartPage):
    model, parent_model, form_class, title = PlanMeasure, Goal, MeasureForm, _("New measure")


class MeasureEdit(PartPage):
    model, form_class, title = PlanMeasure, MeasureForm, _("Measure")


class Remove(InGrid, Scoped, View):
    """POST: take a row out of its plan."""

    http_method_names = ["post"]

    def post(self, request, kinds, pk):
        row = get_object_or_404(PARTS[kinds].objects.visible_to(request.user), pk=pk)
        self.plan = services.plan_of(row)
        said_removed(request, services.remove_row(row, by=request.user, version=posted_version(request)))
        return self.back() if request.htmx else HttpResponseRedirect(self.get_success_url())
