"""Filters of supply that is short, shared by pages and API."""

import django_filters
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from kam.choosing import Suggesting
from kam.filters import seen
from kpis import calc
from kpis.filters import ByWeek, OfProduct
from kpis.models import Product, SupplyCap, SupplyCommitment, SupplyShare


class CapFilter(OfProduct):
    product_named = django_filters.CharFilter(
        method="of_product", label=_("Product: number or name"), widget=Suggesting("kpis:product-names")
    )
    on = django_filters.DateFilter(method="on_day", label=_("Holds on"))

    class Meta:
        model = SupplyCap
        fields = ["product_named", "on"]

    def on_day(self, caps, name, value):
        return caps.filter(starts__lte=value, ends__gte=calc.monday(value))


class ShareFilter(ByWeek):
    product = django_filters.ModelChoiceFilter("cap__product", queryset=seen(Product))

    class Meta:
        model = SupplyShare
        fields = ["account", "cap", "week"]


class CommitmentFilter(django_filters.FilterSet):
    account = django_filters.ModelChoiceFilter(queryset=seen(Account))

    class Meta:
        model = SupplyCommitment
        fields = ["account", "cap"]
