from kam.api.base import MoveMixin, ScopedViewSet
from tradeterms.filters import AgreementFilter, FindingFilter, TermFilter
from tradeterms.models import Agreement, Finding, Term
from tradeterms.serializers import (
    AgreementSerializer,
    FindingSerializer,
    FindingWithEvidenceSerializer,
    TermSerializer,
)
from tradeterms.workflow import FINDING


class AgreementViewSet(ScopedViewSet):
    """What was agreed with accounts, every revision."""

    queryset = Agreement.objects.all()
    serializer_class = AgreementSerializer
    filterset_class = AgreementFilter
    scope, order = "tradeterms", ("-starts", "number", "-revision")


class TermViewSet(ScopedViewSet):
    """The clauses of agreements with their typed parameters."""

    queryset = Term.objects.select_related("agreement")
    serializer_class = TermSerializer
    filterset_class = TermFilter
    scope, order = "tradeterms", ("agreement_id", "side", "clause", "pk")


class FindingViewSet(MoveMixin, ScopedViewSet):
    """What the night found; settle it by a move. A single finding comes with its evidence."""

    queryset = Finding.objects.select_related("term__agreement")
    serializer_class = FindingSerializer
    filterset_class = FindingFilter
    scope, order = "tradeterms", ("-period_start", "-pk")
    steps = FINDING

    def get_queryset(self):
        rows = super().get_queryset()
        return rows.defer("evidence") if self.action == "list" else rows

    def get_serializer_class(self):
        return FindingSerializer if self.action == "list" else FindingWithEvidenceSerializer


ROUTES = [("agreements", AgreementViewSet), ("terms", TermViewSet), ("findings", FindingViewSet)]
