from rest_framework import serializers

from kam.api.base import ScopedKey, ScopedSerializer
from kam.measures import all_measures
from kpis.imports.messages import sentence
from kpis.imports.result import reason
from kpis.models import (
    AccountWeek,
    BatchWeek,
    Category,
    Feed,
    ImportBatch,
    ImportError,
    InvoiceLine,
    MeasureValue,
    OpenItem,
    OrderLine,
    Product,
    SellThrough,
    Target,
)
from kpis.models.batch import Kind


class CategorySerializer(ScopedSerializer):
    class Meta:
        model = Category
        fields = ["id", "code", "name", "version", "updated_at"]


class ProductSerializer(ScopedSerializer):
    class Meta:
        model = Product
        fields = ["id", "code", "name", "gtin", "brand", "category", "case_size", "version", "updated_at"]


class KeyedSerializer(ScopedSerializer):
    """A fact without an id: its `key` is the primary key of three columns, date, store and product."""

    def get_key(self, row) -> str:
        day, store, product = row.pk
        return f"{day.isoformat()}_{store}_{product}"


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


class BatchSerializer(ScopedSerializer):
    """What became of a file; `problem` and `warnings` are sentences in the caller's language."""

    problem = serializers.SerializerMethodField()
    warnings = serializers.SerializerMethodField()

    class Meta:
        model = ImportBatch
        fields = [
            "id",
            "feed",
            "kind",
            "mapping",
            "file_name",
            "size",
            "sha256",
            "state",
            "dry_run",
            "duplicate_of",
            "rows",
            "accepted",
            "rejected",
            "ignored",
            "created",
            "changes",
            "warnings",
            "units",
            "value",
            "problem",
            "by",
            "received_at",
            "finished_at",
        ]
        read_only_fields = fields

    def get_problem(self, batch) -> str | None:
        return sentence(batch.problem["code"], batch.problem["params"]) if batch.problem else None

    def get_warnings(self, batch) -> list[str]:
        return [sentence(w["code"], w["params"]) for w in batch.warnings]


class UploadSerializer(serializers.Serializer):
    """A file to import, as multipart/form-data."""

    kind = serializers.ChoiceField(choices=Kind.choices)
    file = serializers.FileField(allow_empty_file=True, help_text="A workbook (XLSX, XLS) or text (CSV).")
    feed = ScopedKey(queryset=Feed.objects.all(), required=False, allow_null=True)
    mapping = serializers.RegexField(r"^[a-z0-9_]*\Z", required=False, allow_blank=True, max_length=80)
    mapping_file = serializers.FileField(required=False, help_text="A mapping of your own, in TOML.")
    beside = serializers.ListField(
        child=serializers.FileField(), required=False, help_text="The files that the mapping joins; repeat the part."
    )
    dry_run = serializers.BooleanField(default=False, help_text="Check only; nothing is stored.")


class UndoSerializer(serializers.Serializer):
    reason = serializers.CharField(required=False, default="", allow_blank=True, max_length=500)


class BatchWeekSerializer(ScopedSerializer):
    class Meta:
        model = BatchWeek
        fields = [
            *("account", "week", "rows", "new", "changed", "stores"),
            *("units", "value", "units_moved", "value_moved"),
        ]


class FaultSerializer(ScopedSerializer):
    reason = serializers.SerializerMethodField(help_text="The fault in words of the caller's language.")

    class Meta:
        model = ImportError
        fields = ["id", "line", "column", "value", "code", "params", "reason"]

    def get_reason(self, fault) -> str:
        return reason(fault.code, fault.params, fault.column, fault.value)


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
