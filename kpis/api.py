from itertools import zip_longest

from django.core.exceptions import ValidationError
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view

from kam.api.base import EditableViewSet, ScopedViewSet
from kpis import access, catalogue, filters, serializers, services
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


class Facts(ScopedViewSet):
    """Read-only rows of the KPI floor."""

    scope = "kpis"


class KeyedFacts(Facts):
    """Rows without an id, addressed by their primary key as KeyedSerializer writes it; `order` has the whole of it."""

    order_is_unique = True

    def get_object(self):
        parts = zip_longest(self.queryset.model._meta.pk_fields, self.kwargs["pk"].split("_"), fillvalue="")
        try:
            key = {field.attname: field.to_python(text) for field, text in parts}
        except (AttributeError, ValidationError) as error:  # more parts than fields, or what is no number or day
            raise Http404 from error
        if found := self.get_queryset().filter(**key).first():
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
SUM_KEY = OpenApiParameter("pk", str, OpenApiParameter.PATH, description="The row's `key`: account, week and product.")


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


class CategoryWeekViewSet(Facts):
    """Sell-through summed by account, category and week, products sorted as they are today."""

    queryset = CategoryWeek.objects.all()
    serializer_class = serializers.CategoryWeekSerializer
    filterset_class = filters.CategoryWeekFilter
    order = ("-week", "account_id", "pk")


@extend_schema_view(retrieve=extend_schema(parameters=[SUM_KEY]))
class ProductWeekViewSet(KeyedFacts):
    """Sell-through summed by account, product and week."""

    queryset = ProductWeek.objects.all()
    serializer_class = serializers.ProductWeekSerializer
    filterset_class = filters.ProductWeekFilter
    order = ("-week", "account_id", "product_id")


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


ROUTES = [
    ("categories", CategoryViewSet),
    ("products", ProductViewSet),
    ("sell-through", SellThroughViewSet),
    ("order-lines", OrderLineViewSet),
    ("invoice-lines", InvoiceLineViewSet),
    ("open-items", OpenItemViewSet),
    ("account-weeks", AccountWeekViewSet),
    ("category-weeks", CategoryWeekViewSet),
    ("product-weeks", ProductWeekViewSet),
    ("measure-values", MeasureValueViewSet),
    ("targets", TargetViewSet),
]
