"""Filters of the plan list, the same for page and API."""

import django_filters
from django.utils.translation import gettext_lazy as _

from accounts.filters import OfAccount
from kam.filters import YesNo
from plans.models import Goal, Initiative, Plan, PlanMeasure, Signature


class PlanFilter(OfAccount):
    """By account, year, state, and whether it waits for the reader."""

    year = django_filters.NumberFilter(label=_("Year"))
    state = django_filters.ChoiceFilter(choices=Plan.State.choices, label=_("State"))
    waiting = django_filters.BooleanFilter(method="filter_waiting", label=_("Waiting for me"), widget=YesNo)
    q = django_filters.CharFilter(field_name="account__name", lookup_expr="icontains", label=_("Account name"))

    class Meta:
        model = Plan
        fields = ["account", "account_named", "year", "state"]

    def filter_waiting(self, rows, name, value):
        waiting = Plan.objects.waiting_for(self.request.user).values("pk")
        return rows.filter(pk__in=waiting) if value else rows.exclude(pk__in=waiting)


def number_of(path, label):
    """Rows whose `path` is a given id; an id nobody sees finds nothing, like one that does not exist."""
    return django_filters.NumberFilter(field_name=path, label=label)


class GoalFilter(django_filters.FilterSet):
    plan = number_of("plan_id", _("Plan"))

    class Meta:
        model = Goal
        fields = ["plan"]


class InitiativeFilter(django_filters.FilterSet):
    plan = number_of("goal__plan_id", _("Plan"))
    goal = number_of("goal_id", _("Goal"))
    owner = number_of("owner_id", _("Owner"))

    class Meta:
        model = Initiative
        fields = ["plan", "goal", "owner"]


class PlanMeasureFilter(django_filters.FilterSet):
    plan = number_of("goal__plan_id", _("Plan"))
    goal = number_of("goal_id", _("Goal"))

    class Meta:
        model = PlanMeasure
        fields = ["plan", "goal", "measure"]


class SignatureFilter(django_filters.FilterSet):
    plan = number_of("plan_id", _("Plan"))
    account = number_of("plan__account_id", _("Account"))
    year = number_of("plan__year", _("Year"))

    class Meta:
        model = Signature
        fields = ["plan", "account", "year"]
