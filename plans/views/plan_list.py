"""The list of plans."""

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kam.lists import Column, status
from kam.views.lists import ScopedList
from plans import access, grid
from plans.filters import PlanFilter
from plans.models import Plan
from plans.showing import look


def _name(plan):
    return format_html('<span class="k-nowrap">{}</span>', plan)


def _counts(plan):
    return render_to_string("plans/_counts.html", {"counts": plan.counts})


COLUMNS = (
    Column("account", gettext_lazy("Account"), lambda p: p.account.name, sort=("account__sort_name", "-year")),
    Column("code", gettext_lazy("Account number"), lambda p: p.account.code, shown=False, desk=True, always=True),
    Column("year", gettext_lazy("Plan"), str, sort=("year", "account__sort_name"), first="desc", cell=_name),
    Column("state", gettext_lazy("State"), lambda p: p.get_state_display(), sort=("state", "account__sort_name"),
           cell=status(look, lambda p: p.get_state_display())),
    Column("author", gettext_lazy("Author"), lambda p: p.author.name, desk=True),
    Column("goals", gettext_lazy("Goals"), lambda p: len(p.goals.all()), "figure", desk=True),
    Column("measures", gettext_lazy("Measures"), lambda p: sum(p.counts.values()), cell=_counts, desk=True),
    Column("behind", gettext_lazy("Behind"), lambda p: p.counts["behind"], "count", shown=False, desk=True),
    Column("reached", gettext_lazy("Reached"), lambda p: p.counts["reached"], "count", shown=False, desk=True),
    Column("submitted", gettext_lazy("Submitted"), lambda p: p.submitted_at, "moment", sort=("submitted_at",),
           first="desc", desk=True),
)  # fmt: skip


class PlanList(ScopedList):
    """The latest revision of each account and year; filters, sort, columns and page stand in the URL."""

    model, title, columns, default_sort = Plan, gettext_lazy("Plans"), COLUMNS, "account"
    filterset_class, find, leads = PlanFilter, "q", True

    def get_queryset(self):
        return super().get_queryset().current().with_parts()

    def decorate(self, rows):
        for plan in rows:
            plan.counts = grid.counts(plan)
        return rows

    def get_context_data(self, **kwargs):
        user = self.request.user
        may_create, waiting = access.writes(user), Plan.objects.waiting_for(user).count()
        new = {"label": _("New plan"), "url": reverse("plans:create"), "icon": "plus", "primary": True}
        return super().get_context_data(**kwargs) | {
            "tools": [new] if may_create else [],
            "tabs": [self.tab(_("All"), ""), self.tab(_("Waiting for me"), "waiting=true", waiting)],
            "empty": self.empty(may_create),
        }

    def empty(self, may_create):
        """What the page says before there is any plan."""
        found = {"icon": "map", "title": _("Plans will appear here")}
        if not may_create:
            return found | {"text": _("None of the accounts you see has a plan yet.")}
        text = _(
            "A plan says what we want with an account in a year: goals, who does what by when, and how it is measured."
        )
        return found | {"text": text, "action": _("New plan"), "url": reverse("plans:create"), "icon_action": "plus"}
