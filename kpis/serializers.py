from rest_framework import serializers

from kam.api.base import ScopedSerializer
from kam.measures import all_measures
from kpis.models import (
    AccountWeek,
    Category,
    CategoryWeek,
    InvoiceLine,
    MeasureValue,
    OpenItem,
    OrderLine,
    Product,
    ProductWeek,
    SellThrough,
    Target,
)


class CategorySerializer(ScopedSerializer):
    class Meta:
        model = Category
        fields = ["id", "code", "name", "version", "updated_at"]


class ProductSerializer(ScopedSerializer):
    class Meta:
        model = Product
        fields = ["id", "code", "name", "gtin", "brand", "category", "case_size", "version", "updated_at"]


class KeyedSerializer(ScopedSerializer):
    """A row without an id: its `key` is its primary key of several columns."""

    def get_key(self, row) -> str:
        return "_".join(map(str, row.pk))


class SellThroughSerializer(KeyedSerializer):
    key = serializers.SerializerMethodField(help_text="Week, store and product, as the address of the row.")

    class Meta:
        model = SellThrough
        fields = [
            "key",
            "week",
            "account",
            "store",
            "product",
            "units",
            "value",
            "stock",
            "receipts",
            "returns",
            "currency",
            "batch",
        ]


class OrderLineSerializer(ScopedSerializer):
    class Meta:
        model = OrderLine
        fields = [
            "id",
            "account",
            "order_number",
            "line_number",
            "product",
            "store",
            "ordered_on",
            "requested_on",
            "promised_on",
            "shipped_on",
            "received_on",
            "ordered",
            "confirmed",
            "shipped",
            "received",
            "rejected",
            "cancelled",
            "price",
            "currency",
            "batch",
        ]


class InvoiceLineSerializer(ScopedSerializer):
    class Meta:
        model = InvoiceLine
        fields = [
            "id",
            "account",
            "document",
            "product",
            "occurrence",
            "store",
            "invoiced_on",
            "quantity",
            "price",
            "value",
            "currency",
            "is_credit",
            "batch",
        ]


class OpenItemSerializer(ScopedSerializer):
    class Meta:
        model = OpenItem
        fields = [
            "id",
            "account",
            "document",
            "issued_on",
            "due_on",
            "paid_on",
            "amount",
            "paid",
            "currency",
            "batch",
        ]


class AccountWeekSerializer(ScopedSerializer):
    class Meta:
        model = AccountWeek
        fields = [
            "id",
            "account",
            "week",
            "currency",
            "sell_in_units",
            "sell_in_value",
            "units",
            "value",
            "returns",
            "receipts",
            "stock",
        ]


class CategoryWeekSerializer(ScopedSerializer):
    class Meta:
        model = CategoryWeek
        fields = ["id", "account", "category", "week", "units", "value", "returns", "receipts", "stock"]


class ProductWeekSerializer(KeyedSerializer):
    key = serializers.SerializerMethodField(help_text="Account, week and product, as the address of the row.")

    class Meta:
        model = ProductWeek
        fields = ["key", "account", "product", "week", "units", "value", "returns", "receipts", "stock"]


class MeasureValueSerializer(ScopedSerializer):
    """Numerator and denominator of one week; add them up apart, never average the values."""

    unit = serializers.SerializerMethodField()
    value = serializers.DecimalField(
        max_digits=None, decimal_places=6, read_only=True, allow_null=True, help_text="Null when not known."
    )

    class Meta:
        model = MeasureValue
        fields = [
            "id",
            "account",
            "measure",
            "definition",
            "week",
            "numerator",
            "denominator",
            "value",
            "unit",
            "as_of",
            "late",
        ]

    def get_unit(self, row) -> str:
        return all_measures()[row.measure].unit


class TargetSerializer(ScopedSerializer):
    class Meta:
        model = Target
        fields = ["id", "account", "measure", "year", "value", "version", "updated_at"]
        extra_kwargs = {"year": {"min_value": 2000, "max_value": 2100}}
