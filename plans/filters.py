"""Filters of the plan list, the same for page and API."""

import django_filters
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from plans.models import Plan


def visible_accounts(request):
    return Account.objects.visible_to(request.user) if request else Account.objects.none()


class PlanFilter(django_filters.FilterSet):
    """By account, year, state, and whether it waits for the reader."""

    account = django_filters.ModelChoiceFilter(queryset=visible_accounts, label=_("Account"))
    year = django_filters.NumberFilter(label=_("Year"))
    state = django_filters.ChoiceFilter(choices=Plan.State.choices, label=_("State"))
    waiting = django_filters.BooleanFilter(method="filter_waiting", label=_("Waiting for me"))
    q = django_filters.CharFilter(field_name="account__name", lookup_expr="icontains", label=_("Account name"))

    class Meta:
        model = Plan
        fields = ["account", "year", "state"]

    def filter_waiting(self, rows, name, value):
        waiting = Plan.objects.waiting_for(self.request.user).values("pk")
        return rows.filter(pk__in=waiting) if value else rows.exclude(pk__in=waiting)
