"""Webhooks and deliveries over the API: one's own."""

from django.db import transaction
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from kam.api.base import EditableViewSet, ScopedSerializer, ScopedViewSet
from kam.models import Delivery, Webhook
from kam.webhooks import services
from kam.webhooks.faults import sentence

SECRET = inline_serializer("WebhookSecret", {"secret": serializers.CharField(help_text="Shown this once.")})


class WebhookSerializer(ScopedSerializer):
    class Meta:
        model = Webhook
        fields = ["id", "name", "url", "events", "is_active", "failures", "paused_until", "version", "updated_at"]
        read_only_fields = ["failures", "paused_until", "version"]


class MadeWebhookSerializer(WebhookSerializer):
    """The answer to making one: with the key, this once."""

    secret = serializers.CharField(read_only=True)

    class Meta(WebhookSerializer.Meta):
        fields = [*WebhookSerializer.Meta.fields, "secret"]


class WebhookViewSet(EditableViewSet):
    """Addresses that are told what happens on the accounts the caller sees."""

    queryset = Webhook.objects.all()
    asks_itself = ("rotate", "test")
    serializer_class = WebhookSerializer
    scope, order = "webhooks", ("name", "pk")
    bulk = None  # each answer has a key of its own

    def may_create(self, user):
        return True

    def may_change(self, user, row):
        return row.user_id == user.pk

    @extend_schema(responses={201: MadeWebhookSerializer})
    @transaction.atomic
    def create(self, request, *args, **kwargs):
        """Make a webhook; the answer holds its signing key, which is not shown again."""
        asked = self.get_serializer(data=request.data)
        asked.is_valid(raise_exception=True)
        row, secret = services.create(by=request.user, **asked.validated_data)
        answer = self.made(row)
        answer.data["secret"] = secret
        return answer

    def change_row(self, row, by, version, data):
        return services.change(row, by=by, version=version, **data)

    def remove_row(self, row, by):
        services.remove(row, by=by)

    @extend_schema(request=None, responses={200: SECRET})
    @action(detail=True, methods=["post"])
    def rotate(self, request, pk=None):
        """A new signing key; for a day events are signed with both."""
        return Response({"secret": services.rotate(self.get_object(), by=request.user)})

    @extend_schema(request=None, responses={202: inline_serializer("TestEvent", {"delivery": serializers.UUIDField()})})
    @action(detail=True, methods=["post"])
    def test(self, request, pk=None):
        """Send an event about the webhook itself."""
        delivery = services.test(self.get_object(), by=request.user)
        return Response({"delivery": delivery.pk}, status=202)


class DeliverySerializer(ScopedSerializer):
    type = serializers.SerializerMethodField(help_text="What happened, such as accounts.account.changed.")
    fault = serializers.SerializerMethodField(help_text="Why it was not taken, in words of the caller's language.")

    class Meta:
        model = Delivery
        fields = [
            "id",
            "webhook",
            "type",
            "state",
            "attempt",
            "run_after",
            "status",
            "error",
            "fault",
            "created_at",
            "finished_at",
        ]

    def get_type(self, delivery) -> str:
        return f"{delivery.entry.model}.{delivery.entry.verb}"

    def get_fault(self, delivery) -> str:
        return sentence(delivery.error)


class DeliveryViewSet(ScopedViewSet):
    """Events on their way, taken or given up."""

    queryset = Delivery.objects.select_related("entry", "webhook")
    serializer_class = DeliverySerializer
    scope, order = "webhooks", ("-created_at", "pk")
    filterset_fields = ["webhook", "state"]
    asks_itself = ("retry",)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def retry(self, request, pk=None):
        """Send what was given up once more."""
        delivery = self.get_object()
        services.retry(delivery, by=request.user)
        return self.answer(self.fresh(delivery))


ROUTES = [("webhooks", WebhookViewSet), ("deliveries", DeliveryViewSet)]
