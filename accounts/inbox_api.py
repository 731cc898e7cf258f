"""The inbox over the API: one's own."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action

from accounts import notifications
from accounts.filters import NotificationFilter
from accounts.models import Notification
from kam.api.base import ScopedSerializer, ScopedViewSet


class NotificationSerializer(ScopedSerializer):
    sentence = serializers.SerializerMethodField(help_text="What happened, in words of the caller's language.")

    class Meta:
        model = Notification
        fields = ["id", "account", "code", "params", "sentence", "url", "at", "read_at"]

    def get_sentence(self, row) -> str:
        return notifications.sentence(row)


class NotificationViewSet(ScopedViewSet):
    """What concerns the caller, the newest first."""

    queryset = Notification.objects.all()
    serializer_class = NotificationSerializer
    filterset_class = NotificationFilter
    scope, order = "accounts", ("-at", "-pk")
    asks_itself = ("read", "unread")

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def read(self, request, pk=None):
        """Mark it as read."""
        return self._marked(read=True)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def unread(self, request, pk=None):
        """Mark it as not read."""
        return self._marked(read=False)

    def _marked(self, read):
        row = self.get_object()
        notifications.mark(self.get_queryset().filter(pk=row.pk), read=read)
        return self.answer(self.fresh(row))
