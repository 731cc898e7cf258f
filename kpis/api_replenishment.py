"""The API of replenishment advice."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from kam.api.base import ScopedSerializer
from kpis.api import Facts
from kpis.models import Replenishment
from kpis.replenishment import stores
from kpis.replenishment.filters import ReplenishmentFilter


class ReplenishmentSerializer(ScopedSerializer):
    class Meta:
        model = Replenishment
        fields = [
            *("id", "account", "product", "week", "advised", "urgency", "missing", "late", "on_hand", "on_order"),
            *("cover", "basis", "weekly", "deviation", "lead_days", "review_days", "service_level", "safety_stock"),
            *("reorder_point", "up_to", "case_size", "as_of"),
        ]


class NeedSerializer(serializers.Serializer):
    """What one store needs; a warehouse that sells nothing has an empty `urgency`.

    `shared` is the part of `on_order` that lies in warehouses or is ordered for no store.
    """

    store = serializers.IntegerField(source="pk")
    code, name, city = (serializers.CharField() for _ in range(3))
    advised = serializers.DecimalField(14, 3, allow_null=True)
    urgency, missing = (serializers.CharField() for _ in range(2))
    on_hand = serializers.DecimalField(14, 3, allow_null=True)
    on_order, shared = (serializers.DecimalField(14, 3) for _ in range(2))
    cover = serializers.DecimalField(10, 1, allow_null=True)
    weekly, deviation, safety_stock, reorder_point, up_to = (
        serializers.DecimalField(14, 3, allow_null=True) for _ in range(5)
    )
    case_size = serializers.IntegerField()


class ReplenishmentViewSet(Facts):
    """What accounts should order of each product, with everything that was reckoned with."""

    queryset = Replenishment.objects.all()
    serializer_class = ReplenishmentSerializer
    filterset_class = ReplenishmentFilter
    order = ("account_id", "product_id")
    sortable = {"advised": "advised", "cover": "cover"}

    @extend_schema(responses=NeedSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], filterset_class=None, pagination_class=None)
    def stores(self, request, pk=None):
        """What each store of the account needs of the product, the most urgent first."""
        return Response(NeedSerializer(stores.needs([self.get_object()]), many=True).data)


ROUTES = [("replenishment", ReplenishmentViewSet)]
