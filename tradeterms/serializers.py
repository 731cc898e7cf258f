"""Agreements, terms and findings as JSON."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from kam.api.base import ScopedSerializer
from tradeterms import kinds
from tradeterms.models import Agreement, Finding, Term
from tradeterms.sentences import headline
from tradeterms.showing import rows_seen


class AgreementSerializer(ScopedSerializer):
    """An agreement; whose it is and its number are set once."""

    fixed = ("account", "number")

    class Meta:
        model = Agreement
        fields = [
            "id",
            "account",
            "number",
            "revision",
            "title",
            "state",
            "starts",
            "ends",
            "currency",
            "signed_by_us",
            "signed_by_them",
            "version",
            "updated_at",
        ]
        read_only_fields = ["revision"]
        validators = []


class TermSerializer(ScopedSerializer):
    """A term; its agreement and kind are set once."""

    fixed = ("agreement", "kind")
    sentence = serializers.SerializerMethodField(help_text="What was agreed, in words of the caller's language.")
    params = serializers.JSONField(help_text="The typed parameters of the kind; decimals as text, rates as fractions.")

    class Meta:
        model = Term
        fields = ["id", "agreement", "clause", "kind", "side", "params", "sentence", "version", "updated_at"]
        validators = []

    def get_sentence(self, term) -> str:
        return kinds.sentence(term)


class FindingSerializer(ScopedSerializer):
    sentence = serializers.SerializerMethodField(help_text="What was found, in words of the caller's language.")
    figures = serializers.JSONField(help_text="What was computed on the way; numbers as text, counts as numbers.")

    class Meta:
        model = Finding
        fields = [
            "id",
            "term",
            "account",
            "rule_version",
            "period_start",
            "period_end",
            "verdict",
            "state",
            "sentence",
            "expected",
            "observed",
            "unit",
            "at_stake",
            "currency",
            "figures",
            "evidence_hash",
            "act_by",
            "owner",
            "as_of",
            "version",
            "updated_at",
        ]

    def get_sentence(self, finding) -> str:
        return headline(finding)


class FindingWithEvidenceSerializer(FindingSerializer):
    evidence = serializers.SerializerMethodField(
        help_text="The worst rows behind the finding, at most fifty, of accounts the caller sees; numbers as text."
    )

    class Meta(FindingSerializer.Meta):
        fields = [*FindingSerializer.Meta.fields, "evidence"]

    @extend_schema_field({"type": "array", "items": {"type": "object", "additionalProperties": True}})
    def get_evidence(self, finding) -> list:
        return rows_seen(finding, self.context["request"].user)
