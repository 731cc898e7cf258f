from rest_framework import serializers

from kam.api import webhooks
from kam.api.base import ScopedSerializer, ScopedViewSet
from kam.models import Entry, StepRun, User


class StepRunSerializer(ScopedSerializer):
    seconds = serializers.FloatField(read_only=True, allow_null=True)
    error = serializers.SerializerMethodField(help_text="The whole message for administrators and auditors only.")

    class Meta:
        model = StepRun
        fields = [
            "id",
            "date",
            "step",
            "shard",
            "state",
            "attempt",
            "started_at",
            "finished_at",
            "seconds",
            "rows",
            "notes",
            "error",
        ]

    def get_error(self, run) -> str:
        return run.error_for(self.context["request"].user)


class StepRunViewSet(ScopedViewSet):
    """The night: one row per shard of a step."""

    queryset = StepRun.objects.all()
    serializer_class = StepRunSerializer
    scope, order = "night", ("-date", "pk")
    filterset_fields = ["date", "step", "state"]


class UserSerializer(ScopedSerializer):
    class Meta:
        model = User
        fields = ["id", "name", "role"]


class UserViewSet(ScopedViewSet):
    """Colleagues, by name and role, to be named as owners."""

    queryset = User.objects.all()
    serializer_class = UserSerializer
    scope, order = "accounts", ("sort_name", "pk")
    filterset_fields = ["role"]


class EntrySerializer(ScopedSerializer):
    class Meta:
        model = Entry
        fields = [
            "id",
            "at",
            "actor",
            "verb",
            "model",
            "object_id",
            "label",
            "account_id",
            "before",
            "after",
            "reason",
            "source",
        ]


class EntryViewSet(ScopedViewSet):
    """The audit log, for auditors."""

    queryset = Entry.objects.all()
    serializer_class = EntrySerializer
    scope, order = "night", ("-at", "-pk")
    filterset_fields = ["model", "object_id", "verb", "account_id"]


ROUTES = [("night-steps", StepRunViewSet), ("users", UserViewSet), ("entries", EntryViewSet), *webhooks.ROUTES]
