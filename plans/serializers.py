"""Plans as other systems read and write them: rates are fractions, decimals are text."""

from rest_framework import serializers

from kam.api.base import MoveSerializer, ScopedSerializer
from plans.models import Goal, Initiative, Plan, PlanMeasure, Signature


class PlanSerializer(ScopedSerializer):
    fixed = ("account", "year")

    class Meta:
        model = Plan
        fields = [
            "id",
            "account",
            "year",
            "revision",
            "state",
            "author",
            "where_we_stand",
            "what_they_want",
            "white_space",
            "submitted_at",
            "comment",
            "version",
            "updated_at",
        ]
        read_only_fields = ["revision"]
        validators = []


class GoalSerializer(ScopedSerializer):
    fixed = ("plan",)

    class Meta:
        model = Goal
        fields = ["id", "plan", "position", "title", "version", "updated_at"]
        extra_kwargs = {"position": {"required": False, "min_value": 1}}


class InitiativeSerializer(ScopedSerializer):
    fixed = ("goal",)

    class Meta:
        model = Initiative
        fields = ["id", "goal", "position", "title", "owner", "due_on", "budget", "version", "updated_at"]
        extra_kwargs = {"position": {"required": False, "min_value": 1}}


class PlanMeasureSerializer(ScopedSerializer):
    fixed = ("goal",)
    standing = serializers.ChoiceField(
        choices=["open", "reached", "on_track", "behind"], read_only=True, help_text="Against its path."
    )

    class Meta:
        model = PlanMeasure
        fields = [
            "id",
            "goal",
            "measure",
            "base",
            "target",
            "weight",
            "actual",
            "as_of",
            "standing",
            "version",
            "updated_at",
        ]
        validators = []


class SignatureSerializer(ScopedSerializer):
    class Meta:
        model = Signature
        fields = ["id", "plan", "signer", "signed_at", "snapshot", "content_hash", "previous_hash", "comment"]


class PlanMoveSerializer(MoveSerializer):
    password = serializers.CharField(
        required=False, write_only=True, trim_whitespace=False, help_text="To sign: the signer's own password."
    )
    content_hash = serializers.CharField(
        required=False, max_length=64, help_text="To sign: the hash that was shown; another one is refused."
    )
