"""Filters of replenishment advice, shared by page and API."""

import django_filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.filters import OfAccount
from kam.filters import seen
from kpis.models import Category, Replenishment


class ReplenishmentFilter(OfAccount):
    product_named = django_filters.CharFilter(method="of_product", label=_("Product: number or name"))
    category = django_filters.ModelChoiceFilter("product__category", queryset=seen(Category), label=_("Category"))
    urgency = django_filters.MultipleChoiceFilter(
        choices=Replenishment.Urgency.choices, distinct=False, label=_("Urgency")
    )

    class Meta:
        model = Replenishment
        fields = ["account", "account_named", "product_named", "category", "urgency"]

    def of_product(self, rows, name, value):
        return rows.filter(Q(product__code__istartswith=value) | Q(product__name__icontains=value))
