"""Filters shared by pages and API: one language in the URL."""

import django_filters
from django import forms
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from accounts.filters import AccountFilter, OfAccount
from accounts.models import Account, Store
from kam.choosing import Suggesting
from kam.filters import number_or_name, seen
from kpis import queries
from kpis.models import (
    AccountForecast,
    AccountMargin,
    AccountWeek,
    Category,
    CategoryWeek,
    ExchangeRate,
    Feed,
    ImportBatch,
    InvoiceLine,
    MeasureValue,
    OpenItem,
    OrderLine,
    PriceObservation,
    Product,
    ProductWeek,
    SellThrough,
    ServiceFact,
    Shipment,
    StockLevel,
    Target,
)
from kpis.models.batch import Kind

DAY = forms.DateInput({"type": "date"}, format="%Y-%m-%d")


def _account():
    return django_filters.ModelChoiceFilter(queryset=seen(Account), label=_("Account"))


def _product():
    return django_filters.ModelChoiceFilter(queryset=seen(Product), label=_("Product"))


class ProductFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label=_("Number or name"))
    category = django_filters.ModelChoiceFilter(queryset=seen(Category), label=_("Category"))
    brand = django_filters.CharFilter(lookup_expr="iexact", label=_("Brand"))

    class Meta:
        model = Product
        fields = ["q", "category", "brand"]

    def search(self, products, name, value):
        return products.filter(number_or_name(value))


class FeedFilter(OfAccount):
    kind = django_filters.MultipleChoiceFilter(choices=Kind.choices, distinct=False, label=_("Kind"))

    class Meta:
        model = Feed
        fields = ["account", "account_named", "kind"]


class BatchFilter(django_filters.FilterSet):
    kind = django_filters.MultipleChoiceFilter(choices=Kind.choices, distinct=False, label=_("Kind"))
    state = django_filters.MultipleChoiceFilter(choices=ImportBatch.State.choices, distinct=False, label=_("State"))
    feed = django_filters.ModelChoiceFilter(queryset=seen(Feed), label=_("Feed"), widget=forms.HiddenInput)
    feed_named = django_filters.CharFilter(
        method="of_feed", label=_("Feed: code or name"), widget=Suggesting("kpis:feed-names")
    )

    class Meta:
        model = ImportBatch
        fields = ["kind", "state", "feed", "feed_named"]

    def of_feed(self, batches, name, value):
        """A search, as a list to choose from would hold every feed of the house."""
        return batches.filter(number_or_name(value, "feed__"))


class ByWeek(django_filters.FilterSet):
    """What the API asks of rows of an account and a week."""

    account = _account()
    week_from = django_filters.DateFilter("week", "gte")
    week_to = django_filters.DateFilter("week", "lte")


class ByProductAndWeek(ByWeek):
    product = _product()


class SellThroughFilter(ByProductAndWeek):
    store = django_filters.ModelChoiceFilter(queryset=seen(Store))

    class Meta:
        model = SellThrough
        fields = ["account", "store", "product", "week"]


class OfState(django_filters.FilterSet):
    """Order lines by how their delivery stands: open, and received late, short, or as was asked for."""

    STATES = (
        ("open", _("Open")),
        ("past_due", _("Past due")),
        ("late", _("Received late")),
        ("short", _("Received short")),
        ("otif", _("On time and in full")),
    )
    state = django_filters.ChoiceFilter(choices=STATES, method="in_state", label=_("State"))

    def in_state(self, lines, name, value):
        came = lines.filter(received__gt=0)
        if value in ("open", "past_due"):
            lines = lines.filter(settled_on=None)
            return lines.filter(requested_on__lt=queries.last_night_day()) if value == "past_due" else lines
        if value == "late":
            return came.filter(received_on__gt=F("requested_on"))
        if value == "short":
            return came.filter(received__lt=F("ordered"))
        return came.filter(received_on=F("requested_on"), received__gte=F("ordered"))


class OrderLineFilter(OfState):
    account = _account()
    product = _product()
    order_number = django_filters.CharFilter()
    requested_from = django_filters.DateFilter("requested_on", "gte")
    requested_to = django_filters.DateFilter("requested_on", "lte")

    class Meta:
        model = OrderLine
        fields = ["account", "product", "order_number", "state"]


class DeliveryFilter(AccountFilter):
    """Accounts that order; one of them with what is below it."""

    account = django_filters.ModelChoiceFilter(
        queryset=seen(Account), method="below", label=_("Account"), widget=forms.HiddenInput
    )

    def below(self, accounts, name, value):
        return accounts.filter(lineage__contains=[value.pk])


class OrderLineListFilter(OfAccount, OfState):
    """The same in a person's words."""

    product = django_filters.ModelChoiceFilter(queryset=seen(Product), label=_("Product"), widget=forms.HiddenInput)
    order = django_filters.CharFilter("order_number", "istartswith", label=_("Order"))
    requested_from = django_filters.DateFilter("requested_on", "gte", label=_("Requested from"), widget=DAY)
    requested_to = django_filters.DateFilter("requested_on", "lte", label=_("Requested to"), widget=DAY)

    class Meta:
        model = OrderLine
        fields = ["account", "account_named", "product", "order", "state", "requested_from", "requested_to"]


class InvoiceLineFilter(django_filters.FilterSet):
    account = _account()
    product = _product()
    document = django_filters.CharFilter()
    invoiced_from = django_filters.DateFilter("invoiced_on", "gte")
    invoiced_to = django_filters.DateFilter("invoiced_on", "lte")

    class Meta:
        model = InvoiceLine
        fields = ["account", "product", "document"]


class OpenItemFilter(django_filters.FilterSet):
    account = _account()
    document = django_filters.CharFilter()
    due_from = django_filters.DateFilter("due_on", "gte")
    due_to = django_filters.DateFilter("due_on", "lte")

    class Meta:
        model = OpenItem
        fields = ["account", "document"]


class AccountWeekFilter(ByWeek):
    class Meta:
        model = AccountWeek
        fields = ["account", "week"]


class CategoryWeekFilter(ByWeek):
    category = django_filters.ModelChoiceFilter(queryset=seen(Category))

    class Meta:
        model = CategoryWeek
        fields = ["account", "category", "week"]


class ProductWeekFilter(ByProductAndWeek):
    class Meta:
        model = ProductWeek
        fields = ["account", "product", "week"]


class MeasureValueFilter(ByWeek):
    measure = django_filters.CharFilter()

    class Meta:
        model = MeasureValue
        fields = ["account", "measure", "week", "late"]


class TargetFilter(OfAccount):
    class Meta:
        model = Target
        fields = ["account", "account_named", "measure", "year"]


class StockLevelFilter(django_filters.FilterSet):
    account = _account()
    store = django_filters.ModelChoiceFilter(queryset=seen(Store))
    product = _product()
    day_from = django_filters.DateFilter("day", "gte")
    day_to = django_filters.DateFilter("day", "lte")

    class Meta:
        model = StockLevel
        fields = ["account", "store", "product", "day"]


class ShipmentFilter(django_filters.FilterSet):
    account = _account()
    shipped_from = django_filters.DateFilter("shipped_on", "gte")
    shipped_to = django_filters.DateFilter("shipped_on", "lte")

    class Meta:
        model = Shipment
        fields = ["account", "number", "order_number"]


class ServiceFactFilter(ByWeek):
    class Meta:
        model = ServiceFact
        fields = ["account", "metric", "week"]


class PriceObservationFilter(django_filters.FilterSet):
    account = _account()
    product = _product()
    observed_from = django_filters.DateFilter("observed_on", "gte")
    observed_to = django_filters.DateFilter("observed_on", "lte")

    class Meta:
        model = PriceObservation
        fields = ["account", "product", "place"]


class AccountForecastFilter(ByProductAndWeek):
    made_from = django_filters.DateFilter("made_on", "gte")
    made_to = django_filters.DateFilter("made_on", "lte")

    class Meta:
        model = AccountForecast
        fields = ["account", "product", "week", "made_on"]


class AccountMarginFilter(ByProductAndWeek):
    class Meta:
        model = AccountMargin
        fields = ["account", "product", "week"]


class ExchangeRateFilter(django_filters.FilterSet):
    day_from = django_filters.DateFilter("day", "gte")
    day_to = django_filters.DateFilter("day", "lte")

    class Meta:
        model = ExchangeRate
        fields = ["currency"]


class ExplorerFilter(OfAccount):
    """What the sell-through explorer is narrowed to; it reads the values itself, as its rows are sums."""

    tier = django_filters.MultipleChoiceFilter(choices=Account.Tier.choices, distinct=False, label=_("Tier"))
    country = django_filters.CharFilter(label=_("Country"))
    category = django_filters.ModelChoiceFilter(queryset=seen(Category), label=_("Category"))
    product = django_filters.ModelChoiceFilter(queryset=seen(Product), label=_("Product"), widget=forms.HiddenInput)

    class Meta:
        model = AccountWeek
        fields = ["account", "account_named", "category", "product", "tier", "country"]


class OfProduct(django_filters.FilterSet):
    """Rows of the products that a person names."""

    product_named = django_filters.CharFilter(method="of_product", label=_("Product: number or name"))

    def of_product(self, rows, name, value):
        return rows.filter(number_or_name(value, "product__"))


# Of the facts behind a figure; the page names account and week.


class SoldFilter(OfProduct):
    """By hand, or by the id of a product or store that a figure leads here from."""

    product = django_filters.ModelChoiceFilter(queryset=seen(Product), label=_("Product"), widget=forms.HiddenInput)
    store = django_filters.ModelChoiceFilter(queryset=seen(Store), label=_("Store"), widget=forms.HiddenInput)
    store_named = django_filters.CharFilter(method="of_store", label=_("Store: number or name"))

    def of_store(self, rows, name, value):
        return rows.filter(number_or_name(value, "store__"))


class OrderedFilter(OfProduct):
    order = django_filters.CharFilter("order_number", "istartswith", label=_("Order"))


class InvoicedFilter(OfProduct):
    document = django_filters.CharFilter(lookup_expr="istartswith", label=_("Document"))


class OwedFilter(django_filters.FilterSet):
    document = django_filters.CharFilter(lookup_expr="istartswith", label=_("Document"))
