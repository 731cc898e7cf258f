"""The API of replenishment advice."""

from kam.api.base import ScopedSerializer
from kpis.api import Facts
from kpis.models import Replenishment
from kpis.replenishment.filters import ReplenishmentFilter


class ReplenishmentSerializer(ScopedSerializer):
    class Meta:
        model = Replenishment
        fields = [
            *("id", "account", "product", "week", "advised", "urgency", "missing", "late", "on_hand", "on_order"),
            *("cover", "basis", "weekly", "deviation", "lead_days", "review_days", "service_level", "safety_stock"),
            *("reorder_point", "up_to", "case_size", "as_of"),
        ]


class ReplenishmentViewSet(Facts):
    """What accounts should order of each product, with everything that was reckoned with."""

    queryset = Replenishment.objects.all()
    serializer_class = ReplenishmentSerializer
    filterset_class = ReplenishmentFilter
    order = ("account_id", "product_id")
    sortable = {"advised": "advised", "cover": "cover"}


ROUTES = [("replenishment", ReplenishmentViewSet)]
