"""The API of the facts beside orders and sales: stock, shipments, service, prices, exchange rates; all read-only."""

from datetime import date

import django_filters
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers

from accounts.models import Account, Store
from kam.api.base import ScopedSerializer, ScopedViewSet
from kam.filters import seen
from kpis.models import ExchangeRate, PriceObservation, Product, ServiceFact, Shipment, StockLevel

KEY = OpenApiParameter("pk", str, OpenApiParameter.PATH, description="The row's `key`: day, place and product.")


class StockLevelSerializer(ScopedSerializer):
    key = serializers.SerializerMethodField(help_text="Day, place and product, as the address of the row.")

    class Meta:
        model = StockLevel
        fields = [
            *("key", "day", "account", "store", "product", "on_hand", "unsellable", "aged", "on_order", "value"),
            *("currency", "batch"),
        ]

    def get_key(self, row) -> str:
        return f"{row.day.isoformat()}_{row.store_id}_{row.product_id}"


class ShipmentSerializer(ScopedSerializer):
    class Meta:
        model = Shipment
        fields = [
            *("id", "account", "number", "order_number", "store", "carrier", "tracking"),
            *("shipped_on", "promised_on", "delivered_on", "units"),
            *("freight", "expedite", "handling", "penalties", "returns", "currency", "batch"),
        ]


class ServiceFactSerializer(ScopedSerializer):
    class Meta:
        model = ServiceFact
        fields = ["id", "account", "metric", "week", "numerator", "denominator", "batch"]


class PriceObservationSerializer(ScopedSerializer):
    class Meta:
        model = PriceObservation
        fields = [
            *("id", "account", "product", "observed_on", "place", "price", "regular_price", "is_promotion"),
            *("currency", "batch"),
        ]


class ExchangeRateSerializer(ScopedSerializer):
    class Meta:
        model = ExchangeRate
        fields = ["id", "currency", "day", "per_euro"]


class StockLevelFilter(django_filters.FilterSet):
    account = django_filters.ModelChoiceFilter(queryset=seen(Account))
    store = django_filters.ModelChoiceFilter(queryset=seen(Store))
    product = django_filters.ModelChoiceFilter(queryset=seen(Product))
    day_from = django_filters.DateFilter("day", "gte")
    day_to = django_filters.DateFilter("day", "lte")

    class Meta:
        model = StockLevel
        fields = ["account", "store", "product", "day"]


class ShipmentFilter(django_filters.FilterSet):
    account = django_filters.ModelChoiceFilter(queryset=seen(Account))
    shipped_from = django_filters.DateFilter("shipped_on", "gte")
    shipped_to = django_filters.DateFilter("shipped_on", "lte")

    class Meta:
        model = Shipment
        fields = ["account", "number", "order_number"]


class ServiceFactFilter(django_filters.FilterSet):
    account = django_filters.ModelChoiceFilter(queryset=seen(Account))
    week_from = django_filters.DateFilter("week", "gte")
    week_to = django_filters.DateFilter("week", "lte")

    class Meta:
        model = ServiceFact
        fields = ["account", "metric", "week"]


class PriceObservationFilter(django_filters.FilterSet):
    account = django_filters.ModelChoiceFilter(queryset=seen(Account))
    product = django_filters.ModelChoiceFilter(queryset=seen(Product))
    observed_from = django_filters.DateFilter("observed_on", "gte")
    observed_to = django_filters.DateFilter("observed_on", "lte")

    class Meta:
        model = PriceObservation
        fields = ["account", "product", "place"]


class ExchangeRateFilter(django_filters.FilterSet):
    day_from = django_filters.DateFilter("day", "gte")
    day_to = django_filters.DateFilter("day", "lte")

    class Meta:
        model = ExchangeRate
        fields = ["currency"]


class Facts(ScopedViewSet):
    """Read-only rows that files brought."""

    scope = "kpis"


@extend_schema_view(retrieve=extend_schema(parameters=[KEY]))
class StockLevelViewSet(Facts):
    """What lay where at the end of a day."""

    queryset = StockLevel.objects.all()
    serializer_class = StockLevelSerializer
    filterset_class = StockLevelFilter
    order = ("-day", "store_id", "product_id")
    order_is_unique = True

    def get_object(self):
        try:
            day, store, product = self.kwargs["pk"].split("_")
            key = {"day": date.fromisoformat(day), "store_id": int(store), "product_id": int(product)}
        except ValueError as error:
            raise Http404 from error
        if found := self.get_queryset().filter(**key).first():
            return found
        raise Http404


class ShipmentViewSet(Facts):
    """Consignments, when they left and arrived, and what they cost."""

    queryset = Shipment.objects.all()
    serializer_class = ShipmentSerializer
    filterset_class = ShipmentFilter
    order = ("-shipped_on", "-pk")
    sortable = {"shipped_on": "shipped_on"}


class ServiceFactViewSet(Facts):
    """Service metrics by week, as a marketplace counts them."""

    queryset = ServiceFact.objects.all()
    serializer_class = ServiceFactSerializer
    filterset_class = ServiceFactFilter
    order = ("-week", "account_id", "metric", "pk")


class PriceObservationViewSet(Facts):
    """Prices that shoppers were asked."""

    queryset = PriceObservation.objects.all()
    serializer_class = PriceObservationSerializer
    filterset_class = PriceObservationFilter
    order = ("-observed_on", "-pk")
    sortable = {"observed_on": "observed_on", "price": "price"}


class ExchangeRateViewSet(Facts):
    """What one euro cost in other currencies, from a day on."""

    queryset = ExchangeRate.objects.all()
    serializer_class = ExchangeRateSerializer
    filterset_class = ExchangeRateFilter
    order = ("currency", "-day", "pk")


ROUTES = [
    ("stock-levels", StockLevelViewSet),
    ("shipments", ShipmentViewSet),
    ("service-facts", ServiceFactViewSet),
    ("price-observations", PriceObservationViewSet),
    ("exchange-rates", ExchangeRateViewSet),
]
