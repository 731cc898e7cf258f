"""Filters of replenishment advice, shared by page and API."""

import django_filters
from django.utils.translation import gettext_lazy as _

from accounts.filters import OfAccount
from kam.filters import seen
from kpis.filters import OfProduct
from kpis.models import Category, Replenishment


class ReplenishmentFilter(OfAccount, OfProduct):
    category = django_filters.ModelChoiceFilter("product__category", queryset=seen(Category), label=_("Category"))
    urgency = django_filters.MultipleChoiceFilter(
        choices=Replenishment.Urgency.choices, distinct=False, label=_("Urgency")
    )

    class Meta:
        model = Replenishment
        fields = ["account", "account_named", "product_named", "category", "urgency"]
