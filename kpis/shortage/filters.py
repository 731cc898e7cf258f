"""Filters of supply that is short, shared by pages and API."""

import django_filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from kam.choosing import Suggesting
from kam.filters import seen
from kpis.models import Product, SupplyCap, SupplyCommitment, SupplyShare


class CapFilter(django_filters.FilterSet):
    product_named = django_filters.CharFilter(
        method="of_product", label=_("Product: number or name"), widget=Suggesting("kpis:product-names")
    )
    on = django_filters.DateFilter(method="on_day", label=_("Holds on"))

    class Meta:
        model = SupplyCap
        fields = ["product_named", "on"]

    def of_product(self, caps, name, value):
        return caps.filter(Q(product__code__istartswith=value) | Q(product__name__icontains=value))

    def on_day(self, caps, name, value):
        return caps.filter(starts__lte=value, ends__gt=value.fromordinal(value.toordinal() - 7))


class ShareFilter(django_filters.FilterSet):
    account = django_filters.ModelChoiceFilter(queryset=seen(Account))
    product = django_filters.ModelChoiceFilter("cap__product", queryset=seen(Product))
    week_from = django_filters.DateFilter("week", "gte")
    week_to = django_filters.DateFilter("week", "lte")

    class Meta:
        model = SupplyShare
        fields = ["account", "cap", "week"]


class CommitmentFilter(django_filters.FilterSet):
    account = django_filters.ModelChoiceFilter(queryset=seen(Account))

    class Meta:
        model = SupplyCommitment
        fields = ["account", "cap"]
