"""Viewset bases: scoped reading, versioned writing through services, moves of workflows."""

from django.db import transaction
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.relations import PrimaryKeyRelatedField
from rest_framework.response import Response

from kam.api.problems import VersionRequired
from kam.errors import Stale
from kam.workflow import move, moves


class ScopedSerializer(serializers.ModelSerializer):
    """Explicit fields only; a reference to another row accepts only rows the caller sees.

    Unknown fields are refused, so that a typing mistake or an attempt to set a protected column is not silent.
    """

    def build_relational_field(self, field_name, relation_info):
        field_class, options = super().build_relational_field(field_name, relation_info)
        if "queryset" in options and issubclass(field_class, PrimaryKeyRelatedField):
            return ScopedKey, options
        return field_class, options

    def to_internal_value(self, data):
        if isinstance(data, dict):
            writable = {name for name, field in self.fields.items() if not field.read_only}
            unknown = sorted(set(data) - writable)
            if unknown:
                raise serializers.ValidationError({name: ["This field cannot be set."] for name in unknown})
        return super().to_internal_value(data)


class ScopedKey(PrimaryKeyRelatedField):
    """A reference to a row that the caller sees; any other is unknown to them."""

    def get_queryset(self):
        rows = super().get_queryset()
        return rows.visible_to(self.context["request"].user) if rows is not None else None


class MoveSerializer(serializers.Serializer):
    """What may come with a move."""

    note = serializers.CharField(required=False, allow_blank=True, max_length=2000, help_text="Why; kept in the log.")
    version = serializers.IntegerField(required=False, min_value=1, help_text="Version the caller has seen.")


class Base:
    """What all viewsets share: scope, order, and rows the caller sees."""

    queryset = None
    scope = ""
    order = ("pk",)

    def get_queryset(self):
        return super().get_queryset().visible_to(self.request.user)

    def may_create(self, user):
        return False

    def may_change(self, user, row):
        return False


class ScopedViewSet(Base, mixins.RetrieveModelMixin, mixins.ListModelMixin, viewsets.GenericViewSet):
    """Read-only: list and detail of what the caller sees."""

    def retrieve(self, request, *args, **kwargs):
        row = self.get_object()
        return Response(self.get_serializer(row).data, headers=etag(row))


IF_MATCH = OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, description="ETag of the version read.")


@extend_schema_view(
    partial_update=extend_schema(parameters=[IF_MATCH]),
    destroy=extend_schema(parameters=[IF_MATCH]),
)
class EditableViewSet(Base, viewsets.ModelViewSet):
    """Read and write; a subclass names its services.

    `create_row(by, data)`, `change_row(row, by, version, data)`, `remove_row(row, by)` and the `may_…` predicates.
    """

    http_method_names = ["get", "post", "patch", "delete", "head", "options"]

    def retrieve(self, request, *args, **kwargs):
        row = self.get_object()
        return Response(self.get_serializer(row).data, headers=etag(row))

    @transaction.atomic
    def create(self, request, *args, **kwargs):
        asked = self.get_serializer(data=request.data)
        asked.is_valid(raise_exception=True)
        row = self.create_row(by=request.user, data=asked.validated_data)
        return Response(self.get_serializer(self.fresh(row)).data, status=201, headers=etag(row))

    @transaction.atomic
    def partial_update(self, request, *args, **kwargs):
        row = self.get_object()
        version = seen_version(request, row)
        asked = self.get_serializer(row, data=request.data, partial=True)
        asked.is_valid(raise_exception=True)
        row = self.change_row(row, by=request.user, version=version, data=asked.validated_data)
        return Response(self.get_serializer(self.fresh(row)).data, headers=etag(row))

    @transaction.atomic
    def destroy(self, request, *args, **kwargs):
        row = self.get_object()
        seen_version(request, row)
        self.remove_row(row, by=request.user)
        return Response(status=204)

    def fresh(self, row):
        """The row as the list would show it, with whatever the queryset annotates."""
        return type(self).queryset.all().get(pk=row.pk)


class MoveMixin:
    """`GET …/moves/` names what the caller may do now; `POST …/move/<name>/` does it."""

    steps = None

    def move_effect(self, row, name, asked):
        """Make the move; a subclass may need more than the workflow engine, such as a signature."""
        return move(
            row,
            self.steps,
            name,
            by=self.request.user,
            note=asked.get("note", ""),
            version=asked.get("version"),
        )

    @extend_schema(responses={200: serializers.ListSerializer(child=serializers.CharField())}, filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def moves(self, request, pk=None):
        return Response([name for name, _step in moves(self.get_object(), self.steps, request.user)])

    @extend_schema(request=MoveSerializer)
    @action(detail=True, methods=["post"], url_path=r"move/(?P<name>[a-z_]+)")
    def move(self, request, pk=None, name=""):
        row = self.get_object()
        if name not in self.steps:
            raise NotFound
        asked = MoveSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        row = self.move_effect(row, name, asked.validated_data)
        return Response(self.get_serializer(self.get_queryset().get(pk=row.pk)).data, headers=etag(row))


def etag(row):
    """The ETag header of a versioned row; no header for other rows."""
    return {"ETag": f'"{row.version}"'} if hasattr(row, "version") else {}


def seen_version(request, row):
    """The version in If-Match. Raises 428 without one and Stale (412) when it is not the row's."""
    if not hasattr(row, "version"):
        return None
    text = request.headers.get("If-Match", "").removeprefix("W/").strip('"')
    if not text:
        raise VersionRequired
    if text != str(row.version):
        raise Stale("The row was changed since you read it.", current=row)
    return row.version
