"""The API of supply that is short: limits, promises, shares."""

from kam.api.base import EditableViewSet, ScopedSerializer
from kpis import access
from kpis.api import Facts
from kpis.models import SupplyCap, SupplyCommitment, SupplyShare
from kpis.shortage import filters, services


class CapSerializer(ScopedSerializer):
    """`starts` and `ends` are the Mondays of the first and last week; `units` are whole, of all accounts together."""

    class Meta:
        model = SupplyCap
        fields = ["id", "product", "starts", "ends", "units", "reason", "version", "updated_at"]


class CommitmentSerializer(ScopedSerializer):
    """`minimum` units come first; a lower `priority`, 1 to 9, is served before a higher one."""

    fixed = ("cap", "account")

    class Meta:
        model = SupplyCommitment
        fields = ["id", "cap", "account", "minimum", "priority", "version", "updated_at"]


class ShareSerializer(ScopedSerializer):
    class Meta:
        model = SupplyShare
        fields = ["id", "cap", "account", "week", "asked", "given"]


class ShareViewSet(Facts):
    """What an account wants of what is short in a week, and what it gets."""

    queryset = SupplyShare.objects.all()
    serializer_class, filterset_class = ShareSerializer, filters.ShareFilter
    order = ("cap_id", "account_id", "week", "pk")


class Limiting(EditableViewSet):
    """What is kept for the whole house."""

    scope = "kpis"
    needs_key = ("create", "bulk")

    def may_create(self, user):
        return access.may_limit_supply(user)

    def may_change(self, user, row):
        return access.may_limit_supply(user, row)


class CapViewSet(Limiting):
    """How much there is of a product that is short, in which weeks, and why."""

    queryset = SupplyCap.objects.all()
    serializer_class, filterset_class = CapSerializer, filters.CapFilter
    order = ("-starts", "pk")

    def create_row(self, by, data):
        return services.create_cap(by=by, **data)

    def change_row(self, row, by, version, data):
        return services.change_cap(row, by=by, version=version, **data)

    def remove_row(self, row, by):
        services.remove_cap(row, by=by)


class CommitmentViewSet(Limiting):
    """What an account was promised of what is short."""

    queryset = SupplyCommitment.objects.all()
    serializer_class, filterset_class = CommitmentSerializer, filters.CommitmentFilter
    order = ("cap_id", "priority", "pk")

    def create_row(self, by, data):
        return services.create_commitment(by=by, **data)

    def change_row(self, row, by, version, data):
        return services.change_commitment(row, by=by, version=version, **data)

    def remove_row(self, row, by):
        services.remove_commitment(row, by=by)


ROUTES = [
    ("supply-caps", CapViewSet),
    ("supply-commitments", CommitmentViewSet),
    ("supply-shares", ShareViewSet),
]
