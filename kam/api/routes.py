from rest_framework import serializers

from kam.api import own, people, webhooks
from kam.api.base import ScopedSerializer, ScopedViewSet
from kam.models import Entry, StepRun


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
    """The audit log, for auditors; what is about people, teams and rights for administrators too."""

    queryset = Entry.objects.all()
    serializer_class = EntrySerializer
    scope, order = "night", ("-at", "-pk")
    filterset_fields = ["model", "object_id", "verb", "account_id"]


ROUTES = [("night-steps", StepRunViewSet), ("entries", EntryViewSet), *people.ROUTES, *webhooks.ROUTES, *own.ROUTES]
