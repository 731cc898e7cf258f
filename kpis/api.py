from datetime import date

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response
from rest_framework.serializers import ValidationError

from kam.api.base import EditableViewSet, ScopedViewSet
from kam.api.parsers import StrictJSON
from kpis import access, catalogue, filters, serializers, services
from kpis.models import (
    AccountWeek,
    BatchWeek,
    Category,
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


class Facts(ScopedViewSet):
    """Read-only rows of the KPI floor."""

    scope = "kpis"


class KeyedFacts(Facts):
    """Facts without an id: a row is addressed by its date, store and product, as KeyedSerializer writes them.

    `order` begins with the date, falling, and is the whole key.
    """

    order_is_unique = True

    def get_object(self):
        names = [name.removeprefix("-") for name in self.order]
        try:
            day, store, product = self.kwargs["pk"].split("_")
            key = (date.fromisoformat(day), int(store), int(product))
        except ValueError as error:
            raise Http404 from error
        if found := self.get_queryset().filter(**dict(zip(names, key, strict=True))).first():
            return found
        raise Http404


class Catalogue(EditableViewSet):
    """Rows that the whole house shares."""

    scope = "kpis"

    def may_create(self, user):
        return access.may_keep_catalogue(user)

    def may_change(self, user, row):
        return access.may_keep_catalogue(user, row)


class CategoryViewSet(Catalogue):
    """Product categories; one that no product has can be removed."""

    queryset = Category.objects.all()
    serializer_class = serializers.CategorySerializer
    order = ("code", "pk")
    sortable = {"code": "code", "name": "name"}

    def create_row(self, by, data):
        return catalogue.create_category(by=by, **data)

    def change_row(self, row, by, version, data):
        return catalogue.change_category(row, by=by, version=version, **data)

    def remove_row(self, row, by):
        catalogue.remove_category(row, by=by)


class ProductViewSet(Catalogue):
    """Articles we sell; they are kept, never deleted."""

    queryset = Product.objects.all()
    serializer_class = serializers.ProductSerializer
    filterset_class = filters.ProductFilter
    order = ("sort_name", "pk")
    sortable = {"name": "sort_name", "code": "code", "brand": "brand"}
    http_method_names = ["get", "post", "patch", "head", "options"]

    def create_row(self, by, data):
        return catalogue.create_product(by=by, **data)

    def change_row(self, row, by, version, data):
        return catalogue.change_product(row, by=by, version=version, **data)


KEY = OpenApiParameter("pk", str, OpenApiParameter.PATH, description="The row's `key`: week, store and product.")


@extend_schema_view(retrieve=extend_schema(parameters=[KEY]))
class SellThroughViewSet(KeyedFacts):
    """What accounts sold to shoppers, by week, store and product."""

    queryset = SellThrough.objects.all()
    serializer_class = serializers.SellThroughSerializer
    filterset_class = filters.SellThroughFilter
    order = ("-week", "store_id", "product_id")


class OrderLineViewSet(Facts):
    """Order lines from order to receipt."""

    queryset = OrderLine.objects.all()
    serializer_class = serializers.OrderLineSerializer
    filterset_class = filters.OrderLineFilter
    order = ("-ordered_on", "-pk")
    sortable = {"ordered_on": "ordered_on", "requested_on": "requested_on"}


class InvoiceLineViewSet(Facts):
    """Lines of our invoices and credit notes."""

    queryset = InvoiceLine.objects.all()
    serializer_class = serializers.InvoiceLineSerializer
    filterset_class = filters.InvoiceLineFilter
    order = ("-invoiced_on", "-pk")
    sortable = {"invoiced_on": "invoiced_on", "value": "value"}


class OpenItemViewSet(Facts):
    """Receivables, open and paid."""

    queryset = OpenItem.objects.all()
    serializer_class = serializers.OpenItemSerializer
    filterset_class = filters.OpenItemFilter
    order = ("due_on", "pk")
    sortable = {"due_on": "due_on", "amount": "amount"}


class AccountWeekViewSet(Facts):
    """Sell-in beside sell-through, summed by account and week."""

    queryset = AccountWeek.objects.all()
    serializer_class = serializers.AccountWeekSerializer
    filterset_class = filters.AccountWeekFilter
    order = ("-week", "account_id", "pk")


class MeasureValueViewSet(Facts):
    """Measures by account and week."""

    queryset = MeasureValue.objects.all()
    serializer_class = serializers.MeasureValueSerializer
    filterset_class = filters.MeasureValueFilter
    order = ("-week", "account_id", "measure", "pk")


class TargetViewSet(EditableViewSet):
    """What accounts shall reach in a year."""

    queryset = Target.objects.all()
    serializer_class = serializers.TargetSerializer
    filterset_class = filters.TargetFilter
    scope, order = "kpis", ("account_id", "measure", "-year", "pk")
    needs_key = ("create", "bulk")

    def may_create(self, user):
        return access.may_set_target(user)

    def may_change(self, user, row):
        return access.may_set_target(user, row)

    def create_row(self, by, data):
        return services.set_target(by=by, **data)

    def change_row(self, row, by, version, data):
        return services.change_target(row, by=by, version=version, **data)

    def remove_row(self, row, by):
        services.remove_target(row, by=by)


class BatchViewSet(ScopedViewSet):
    """Files handed in: upload one, poll it until its state is final, read its errors."""

    queryset = ImportBatch.objects.all()
    serializer_class = serializers.BatchSerializer
    filterset_class = filters.BatchFilter
    parser_classes = [MultiPartParser, StrictJSON]
    scope, order = "imports", ("-pk",)
    paged = ("list", "errors", "weeks")

    def may_create(self, user):
        return access.may_import(user)

    def may_change(self, user, row):
        return access.may_import(user)

    @extend_schema(
        request={"multipart/form-data": serializers.UploadSerializer}, responses={202: serializers.BatchSerializer}
    )
    def create(self, request):
        """Answers 202 with the waiting batch; poll it by its `id`."""
        asked = serializers.UploadSerializer(data=request.data, context=self.get_serializer_context())
        asked.is_valid(raise_exception=True)
        own = asked.validated_data.pop("mapping_file", None)
        batch = services.upload(by=request.user, text=_text(own), **asked.validated_data)
        return Response(self.get_serializer(batch).data, status=202)

    @extend_schema(request=None, responses={202: serializers.BatchSerializer})
    @action(detail=True, methods=["post"], url_path="import", parser_classes=[StrictJSON])
    def import_checked(self, request, pk=None):
        """Import a file that was checked and found good, as a batch of its own: poll that one."""
        batch = services.import_checked(self.get_object(), by=request.user)
        return Response(self.get_serializer(batch).data, status=202)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"], parser_classes=[StrictJSON])
    def cancel(self, request, pk=None):
        """Take a file back that nobody has begun to read."""
        batch = self.get_object()
        services.cancel_import(batch, by=request.user)
        return self.answer(self.fresh(batch))

    @extend_schema(request=serializers.UndoSerializer, responses=serializers.BatchSerializer)
    @action(detail=True, methods=["post"], parser_classes=[StrictJSON])
    def undo(self, request, pk=None):
        """Take back what a file stored; 409 where a later file restated some of its rows."""
        batch = self.get_object()
        asked = serializers.UndoSerializer(data=request.data, context=self.get_serializer_context())
        asked.is_valid(raise_exception=True)
        services.undo_import(batch, by=request.user, **asked.validated_data)
        return self.answer(self.fresh(batch))

    @extend_schema(responses=serializers.BatchWeekSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], filterset_class=None)
    def weeks(self, request, pk=None):
        """What the file says of each account and week, and by how much that moves what is stored."""
        found = BatchWeek.objects.visible_to(request.user).filter(batch=self.get_object())
        self.order = ("-week", "account_id", "pk")
        rows = self.paginate_queryset(found)
        return self.get_paginated_response(serializers.BatchWeekSerializer(rows, many=True).data)

    @extend_schema(responses=serializers.FaultSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], filterset_class=None)
    def errors(self, request, pk=None):
        """Every bad cell of the file: line, column, value and reason."""
        faults = ImportError.objects.filter(batch=self.get_object())
        self.order = ("line", "pk")
        rows = self.paginate_queryset(faults)
        return self.get_paginated_response(serializers.FaultSerializer(rows, many=True).data)


def _text(file):
    """The text of a mapping handed in, None without one."""
    if file is None:
        return None
    try:
        return file.read(1 << 20).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValidationError({"mapping_file": [_("A mapping is text in UTF-8.")]}) from error


ROUTES = [
    ("categories", CategoryViewSet),
    ("products", ProductViewSet),
    ("sell-through", SellThroughViewSet),
    ("order-lines", OrderLineViewSet),
    ("invoice-lines", InvoiceLineViewSet),
    ("open-items", OpenItemViewSet),
    ("batches", BatchViewSet),
    ("account-weeks", AccountWeekViewSet),
    ("measure-values", MeasureValueViewSet),
    ("targets", TargetViewSet),
]
