"""Filters of stock-outs and of the letters about them, shared by pages and API."""

import django_filters
from django.utils.translation import gettext_lazy as _

from accounts.filters import OfAccount
from kam.filters import seen
from kpis.filters import OfProduct
from kpis.models import Product, StockOut, StockOutLetter


class StockOutFilter(OfAccount, OfProduct):
    product = django_filters.ModelChoiceFilter(
        queryset=seen(Product), label=_("Product"), widget=django_filters.widgets.forms.HiddenInput
    )
    standing = django_filters.MultipleChoiceFilter(
        choices=StockOut.Standing.choices, distinct=False, label=_("Standing")
    )
    cause = django_filters.MultipleChoiceFilter(choices=StockOut.Cause.choices, distinct=False, label=_("Cause"))
    side = django_filters.ChoiceFilter(choices=StockOut.Side.choices, method="of_side", label=_("Responsible"))
    since = django_filters.DateFilter("last_week", "gte", label=_("In weeks from"))

    class Meta:
        model = StockOut
        fields = ["account", "account_named", "product", "product_named", "standing", "cause", "side", "since"]

    def of_side(self, rows, name, value):
        return rows.filter(cause__in=StockOut.SIDES[value])


class LetterFilter(OfAccount):
    class Meta:
        model = StockOutLetter
        fields = ["account", "account_named", "audience", "state", "language"]
