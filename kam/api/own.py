"""What people keep for themselves: views of lists, and what they removed and may bring back."""

from django.http import QueryDict
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from kam import removals, saved
from kam.api.base import EditableViewSet, ScopedSerializer, ScopedViewSet
from kam.models import Removal, SavedView


class SavedViewSerializer(ScopedSerializer):
    """A list as somebody wants to find it again: `page` is a page's name, `query` the query of its address."""

    fixed = ("page",)

    class Meta:
        model = SavedView
        fields = ["id", "user", "page", "name", "query", "shared", "version", "updated_at"]
        read_only_fields = ["user"]
        validators = []

    def validate_page(self, page):
        saved.list_url(page)
        return page

    def validate_query(self, query):
        return saved.clean(QueryDict(query))


class SavedViewViewSet(EditableViewSet):
    """One's own views of lists, and those that colleagues share. Saving under a name again replaces the view."""

    queryset = SavedView.objects.all()
    serializer_class = SavedViewSerializer
    filterset_fields = ["page", "shared"]
    scope, order = "accounts", ("name", "pk")

    def may_create(self, user):
        return True

    def may_change(self, user, row):
        return saved.may_keep(user, row)

    def create_row(self, by, data):
        return saved.save_view(by=by, **data)

    def change_row(self, row, by, version, data):
        return saved.change_view(row, by=by, version=version, **data)

    def remove_row(self, row, by):
        saved.remove_view(row, by=by)


class RemovalSerializer(ScopedSerializer):
    class Meta:
        model = Removal
        fields = ["id", "at", "label", "model", "object_id", "restored_at"]


RESTORED = inline_serializer("Restored", {"model": serializers.CharField(), "object_id": serializers.CharField()})


class RemovalViewSet(ScopedViewSet):
    """What the caller removed from where it can be brought back, the newest first."""

    queryset = Removal.objects.all()
    serializer_class = RemovalSerializer
    filterset_fields = ["model", "object_id"]
    scope, order = "accounts", ("-at", "pk")
    asks_itself = ("undo",)

    @extend_schema(request=None, responses={200: RESTORED})
    @action(detail=True, methods=["post"])
    def undo(self, request, pk=None):
        """Bring it back, with all that went with it, for as long as nothing else has taken its place."""
        row = removals.restore(self.get_object(), by=request.user)
        return Response({"model": row._meta.label_lower, "object_id": str(row.pk)})


ROUTES = [("saved-views", SavedViewViewSet), ("removals", RemovalViewSet)]
