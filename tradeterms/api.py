"""Agreements, terms and findings over the API."""

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action

from kam.api.base import EditableViewSet, MoveMixin, ScopedViewSet
from tradeterms import access, services
from tradeterms.filters import AgreementFilter, FindingFilter, TermFilter
from tradeterms.models import Agreement, Finding, Term
from tradeterms.serializers import (
    AgreementSerializer,
    FindingSerializer,
    FindingWithEvidenceSerializer,
    TermSerializer,
)
from tradeterms.workflow import AGREEMENT, FINDING


class AgreementViewSet(MoveMixin, EditableViewSet):
    """What was agreed with accounts, every revision. Drafts are edited; publish and end by a move."""

    queryset = Agreement.objects.all()
    serializer_class = AgreementSerializer
    filterset_class = AgreementFilter
    scope, order = "tradeterms", ("-starts", "number", "-revision")
    sortable = {"number": "number", "starts": "starts", "ends": "ends", "state": "state", "title": "title"}
    needs_key = ("create", "move", "bulk", "revise")
    steps = AGREEMENT

    def may_create(self, user):
        return access.may_create_agreement(user)

    def may_change(self, user, row):
        return access.may_edit(user, row)

    def create_row(self, by, data):
        return services.create_agreement(by=by, **data)

    def change_row(self, row, by, version, data):
        return services.change_agreement(row, by=by, version=version, **data)

    def remove_row(self, row, by):
        services.remove_agreement(row, by=by)

    @extend_schema(request=None, responses={201: AgreementSerializer})
    @action(detail=True, methods=["post"])
    def revise(self, request, pk=None):
        """Begin the next revision: a draft with the same terms."""
        return self.made(services.new_revision(self.get_object(), by=request.user))


class TermViewSet(EditableViewSet):
    """The clauses of agreements with their typed parameters; only a draft's can be changed."""

    queryset = Term.objects.select_related("agreement__account")
    serializer_class = TermSerializer
    filterset_class = TermFilter
    scope, order = "tradeterms", ("agreement_id", "side", "clause", "pk")
    sortable = {"agreement": "agreement_id", "clause": "clause", "kind": "kind"}
    needs_key = ("create", "bulk")

    def may_create(self, user):
        return access.may_create_agreement(user)

    def may_change(self, user, row):
        return access.may_edit(user, row.agreement)

    def create_row(self, by, data):
        return services.add_term(by=by, **data)

    def change_row(self, row, by, version, data):
        stored = {name: getattr(row, name) for name in ("clause", "side", "params")}
        return services.change_term(row, by=by, version=version, **stored | data)

    def remove_row(self, row, by):
        services.remove_term(row, by=by)


class FindingViewSet(MoveMixin, ScopedViewSet):
    """What the night found; settle it by a move. A single finding comes with its evidence."""

    queryset = Finding.objects.select_related("term__agreement")
    serializer_class = FindingSerializer
    filterset_class = FindingFilter
    scope, order = "tradeterms", ("-period_start", "-pk")
    sortable = {"at_stake": "at_stake", "act_by": "act_by", "period_start": "period_start", "state": "state"}
    steps = FINDING

    def get_queryset(self):
        rows = super().get_queryset()
        return rows.defer("evidence") if self.action == "list" else rows

    def get_serializer_class(self):
        return FindingSerializer if self.action == "list" else FindingWithEvidenceSerializer


ROUTES = [("agreements", AgreementViewSet), ("terms", TermViewSet), ("findings", FindingViewSet)]
