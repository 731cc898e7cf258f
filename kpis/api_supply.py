"""The API of the facts beside orders and sales, from stock to exchange rates; all read-only."""

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers

from kam.api.base import ScopedSerializer
from kpis import filters
from kpis.api import Facts, KeyedFacts
from kpis.models import (
    AccountForecast,
    AccountMargin,
    ExchangeRate,
    PriceObservation,
    ServiceFact,
    Shipment,
    StockLevel,
)
from kpis.serializers import KeyedSerializer

KEY = OpenApiParameter("pk", str, OpenApiParameter.PATH, description="The row's `key`: day, place and product.")


class StockLevelSerializer(KeyedSerializer):
    key = serializers.SerializerMethodField(help_text="Day, place and product, as the address of the row.")

    class Meta:
        model = StockLevel
        fields = [
            *("key", "day", "account", "store", "product", "on_hand", "unsellable", "aged", "on_order", "value"),
            *("currency", "batch"),
        ]


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


class AccountForecastSerializer(ScopedSerializer):
    class Meta:
        model = AccountForecast
        fields = ["id", "account", "product", "week", "made_on", "units", "high", "batch"]


class AccountMarginSerializer(ScopedSerializer):
    class Meta:
        model = AccountMargin
        fields = ["id", "account", "product", "week", "margin", "batch"]


class ExchangeRateSerializer(ScopedSerializer):
    class Meta:
        model = ExchangeRate
        fields = ["id", "currency", "day", "per_euro"]


@extend_schema_view(retrieve=extend_schema(parameters=[KEY]))
class StockLevelViewSet(KeyedFacts):
    """What lay where at the end of a day."""

    queryset = StockLevel.objects.all()
    serializer_class = StockLevelSerializer
    filterset_class = filters.StockLevelFilter
    order = ("-day", "store_id", "product_id")


class ShipmentViewSet(Facts):
    """Consignments, when they left and arrived, and what they cost."""

    queryset = Shipment.objects.all()
    serializer_class = ShipmentSerializer
    filterset_class = filters.ShipmentFilter
    order = ("-shipped_on", "-pk")
    sortable = {"shipped_on": "shipped_on"}


class ServiceFactViewSet(Facts):
    """Service metrics by week, as a marketplace counts them."""

    queryset = ServiceFact.objects.all()
    serializer_class = ServiceFactSerializer
    filterset_class = filters.ServiceFactFilter
    order = ("-week", "account_id", "metric", "pk")


class PriceObservationViewSet(Facts):
    """Prices that shoppers were asked."""

    queryset = PriceObservation.objects.all()
    serializer_class = PriceObservationSerializer
    filterset_class = filters.PriceObservationFilter
    order = ("-observed_on", "-pk")
    sortable = {"observed_on": "observed_on", "price": "price"}


class AccountForecastViewSet(Facts):
    """What accounts expect themselves, each time they said so; `high` is what nine of ten outcomes stay below."""

    queryset = AccountForecast.objects.all()
    serializer_class = AccountForecastSerializer
    filterset_class = filters.AccountForecastFilter
    order = ("-made_on", "-pk")
    sortable = {"made_on": "made_on", "week": "week"}


class AccountMarginViewSet(Facts):
    """What accounts say they earned on a product in a week, as a fraction."""

    queryset = AccountMargin.objects.all()
    serializer_class = AccountMarginSerializer
    filterset_class = filters.AccountMarginFilter
    order = ("-week", "account_id", "product_id", "pk")


class ExchangeRateViewSet(Facts):
    """What one euro cost in other currencies, from a day on."""

    queryset = ExchangeRate.objects.all()
    serializer_class = ExchangeRateSerializer
    filterset_class = filters.ExchangeRateFilter
    order = ("currency", "-day", "pk")


ROUTES = [
    ("stock-levels", StockLevelViewSet),
    ("shipments", ShipmentViewSet),
    ("service-facts", ServiceFactViewSet),
    ("price-observations", PriceObservationViewSet),
    ("account-forecasts", AccountForecastViewSet),
    ("account-margins", AccountMarginViewSet),
    ("exchange-rates", ExchangeRateViewSet),
]
