"""Viewset bases: scoped reading, versioned writing through services, moves of workflows.

A viewset says what its rows are, who may write them and which service does; everything else is decided here.
"""

from django.db import transaction
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django_filters import MultipleChoiceFilter
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.permissions import SAFE_METHODS
from rest_framework.relations import PrimaryKeyRelatedField
from rest_framework.response import Response

from kam.api import idempotency
from kam.api.bulk import BulkMixin
from kam.api.conditions import etag, hold, seen_version, still_known
from kam.workflow import move, moves

LONGEST_LIST = 300


class ScopedSerializer(serializers.ModelSerializer):
    """Explicit fields only; a reference to another row accepts only rows the caller sees.

    Unknown fields are refused, so that a typing mistake or an attempt to set a protected column is not silent.
    The fields named in `fixed` are set when a row is made and never again.
    """

    fixed = ()

    @cached_property
    def _readable_fields(self):
        """Picked out once, where REST framework would do it for each row."""
        return [field for field in self.fields.values() if not field.write_only]

    def build_relational_field(self, field_name, relation_info):
        field_class, options = super().build_relational_field(field_name, relation_info)
        if "queryset" in options and issubclass(field_class, PrimaryKeyRelatedField):
            return ScopedKey, options
        return field_class, options

    def build_standard_field(self, field_name, model_field):
        """A list within a row is shown with every row, so it has an end."""
        field_class, options = super().build_standard_field(field_name, model_field)
        if issubclass(field_class, serializers.ListField):
            options.setdefault("max_length", LONGEST_LIST)
        return field_class, options

    def get_fields(self):
        fields = super().get_fields()
        for name in self.fixed if self.instance is not None else ():
            fields[name].read_only = True
        return fields

    def to_internal_value(self, data):
        if isinstance(data, dict):
            writable = {name for name, field in self.fields.items() if not field.read_only}
            unknown = sorted(set(data) - writable)
            if unknown:
                raise serializers.ValidationError({name: [_("This field cannot be set.")] for name in unknown})
        return super().to_internal_value(data)


class ScopedKey(PrimaryKeyRelatedField):
    """A reference to a row that the caller sees; any other is unknown to them."""

    def get_queryset(self):
        rows = super().get_queryset()
        return rows.visible_to(self.context["request"].user) if rows is not None else None

    def to_internal_value(self, data):
        """With `seen` in the context, rows read before by model and id are not asked for again."""
        seen = self.context.get("seen", {}).get(self.queryset.model, {})
        is_known = isinstance(data, int) and not isinstance(data, bool) and data in seen
        return seen[data] if is_known else super().to_internal_value(data)


class MoveSerializer(serializers.Serializer):
    """What may come with a move."""

    note = serializers.CharField(required=False, allow_blank=True, max_length=2000, help_text="Why; kept in the log.")
    version = serializers.IntegerField(
        required=False, min_value=1, max_value=2**31 - 1, help_text="Version the caller has seen, instead of If-Match."
    )


class Base:
    """What all viewsets share: scope, order, rows the caller sees, parameters that exist, POST once.

    `scope` is what a token needs, with `:read` or `:write`. `order` are the columns of the list; `sortable` maps the
    names that `?ordering=` takes to columns. `needs_key` names the POST actions that need an Idempotency-Key because
    doing them twice costs something; `asks_itself` those whose service decides who may.
    """

    queryset = None
    scope = ""
    order = ("pk",)
    sortable = {}
    paged = ("list",)
    needs_key = ("move", "bulk")
    asks_itself = ("move",)

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        self._must_know(request.query_params)
        if request.method == "POST" and hasattr(self, "post"):
            self.post = idempotency.once(self, self.post)

    def get_queryset(self):
        return super().get_queryset().visible_to(self.request.user)

    def may_create(self, user):
        return False

    def may_change(self, user, row):
        return False

    def may_bulk(self, user):
        """Whether the caller may send a list of items at all; each one is judged by itself, too."""
        return self.may_create(user)

    def filter_queryset(self, queryset):
        """Filters narrow lists only: a row is found by its address. Without a filter none is built."""
        asked = not self.detail and self._filter_names() & set(self.request.query_params)
        return super().filter_queryset(queryset) if asked else queryset

    def parameters(self):
        """The names that may stand in the query of this request."""
        if self.request.method not in SAFE_METHODS or self.action not in self.paged:
            return set()
        filters = set() if self.detail else self._filter_names()
        return filters | set(getattr(self.paginator, "parameters", ()))

    def chosen_order(self):
        """The order of the list, as `?ordering=` asks. Raises ValidationError (400) for what is not offered."""
        asked = self.request.query_params.get("ordering") if self.sortable else None
        if asked is None:
            return self.order
        name = asked.removeprefix("-")
        if name not in self.sortable:
            said = _("One of %(names)s, with - in front for falling order.")
            raise ValidationError({"ordering": [said % {"names": ", ".join(sorted(self.sortable))}]})
        return (asked.replace(name, self.sortable[name]),)

    def answer(self, row, status=200):
        """The row as the caller may see it, with its ETag."""
        data = self.get_serializer(row).data
        return Response(data, status=status, headers={"ETag": etag(row, data)})

    def fresh(self, row):
        """The row as the list would show it, with whatever the queryset annotates."""
        return type(self).queryset.all().get(pk=row.pk)

    def asked(self, serializer_class):
        """What the request says, by a serializer that is not that of the rows. Raises ValidationError (400)."""
        asked = serializer_class(data=self.request.data, context=self.get_serializer_context())
        asked.is_valid(raise_exception=True)
        return asked.validated_data

    def _filters(self):
        """The filters of the list by name."""
        classes = [backend().get_filterset_class(self, type(self).queryset) for backend in self.filter_backends]
        return {name: found for one in classes if one for name, found in one.base_filters.items()}

    def _filter_names(self):
        return set(self._filters()) | ({"ordering"} if self.sortable else set())

    def _takes_several(self, name):
        return isinstance(self._filters().get(name), MultipleChoiceFilter)

    def _must_know(self, asked):
        """Each parameter exists, and is there once unless its filter takes several: which one counts is no guess."""
        known = self.parameters()
        many = [name for name, values in asked.lists() if len(values) > 1 and not self._takes_several(name)]
        if many:
            raise ValidationError({name: [_("Send this parameter once.")] for name in many})
        unknown = sorted(set(asked) - known)
        if unknown:
            said = _("There is no such parameter here. Known: %(names)s.") % {"names": ", ".join(sorted(known)) or "-"}
            raise ValidationError({name: [said] for name in unknown})


class Retrieve:
    """Mix-in: one row with its ETag, or 304 when the caller holds it already."""

    def retrieve(self, request, *args, **kwargs):
        answer = self.answer(self.get_object())
        if still_known(request, answer["ETag"]):
            return Response(status=304, headers={"ETag": answer["ETag"]})
        return answer


class ScopedViewSet(Base, Retrieve, mixins.RetrieveModelMixin, mixins.ListModelMixin, viewsets.GenericViewSet):
    """Read-only: list and detail of what the caller sees."""


class EditableViewSet(Base, Retrieve, BulkMixin, viewsets.ModelViewSet):
    """Read and write; a subclass names its services.

    `create_row(by, data)`, `change_row(row, by, version, data)`, `remove_row(row, by)` and the `may_…` predicates.
    """

    http_method_names = ["get", "post", "patch", "delete", "head", "options"]

    @transaction.atomic
    def create(self, request, *args, **kwargs):
        asked = self.get_serializer(data=request.data)
        asked.is_valid(raise_exception=True)
        return self.made(self.create_row(by=request.user, data=asked.validated_data))

    @transaction.atomic
    def partial_update(self, request, *args, **kwargs):
        row = self.get_object()
        version = seen_version(request, row)
        asked = self.get_serializer(row, data=request.data, partial=True)
        asked.is_valid(raise_exception=True)
        row = self.change_row(row, by=request.user, version=version, data=asked.validated_data)
        return self.answer(self.fresh(row))

    @transaction.atomic
    def destroy(self, request, *args, **kwargs):
        row = self.get_object()
        self.remove_seen(row, by=request.user, version=seen_version(request, row))
        return Response(status=204)

    def remove_seen(self, row, by, version):
        """Remove the row while it has this version; a service that checks the version itself replaces this."""
        if version is not None:
            hold(row, version)
        self.remove_row(row, by=by)

    def made(self, row):
        """201 with the new row and its address."""
        answer = self.answer(self.fresh(row), status=201)
        answer["Location"] = self.reverse_action("detail", args=[row.pk])
        return answer


class MoveMixin:
    """`GET …/moves/` names what the caller may do now; `POST …/move/<name>/` does it."""

    steps = None
    move_serializer_class = MoveSerializer

    def move_effect(self, row, name, asked):
        """Make the move; a subclass may need more than the workflow engine, such as a signature."""
        note, version = asked.get("note", ""), asked["version"]
        return move(row, self.steps, name, by=self.request.user, note=note, version=version)

    @action(detail=True, methods=["get"], pagination_class=None)
    def moves(self, request, pk=None):
        """The names of the moves that the caller may make now."""
        return Response([name for name, _step in moves(self.get_object(), self.steps, request.user)])

    @action(detail=True, methods=["post"], url_path=r"move/(?P<name>[a-z_]+)")
    def move(self, request, pk=None, name=""):
        """Make a move. Needs If-Match, or `version` in the body."""
        row = self.get_object()
        if name not in self.steps:
            raise NotFound
        asked = self.asked(self.move_serializer_class)
        seen = seen_version(request, row, named=asked.get("version"))
        row = self.move_effect(row, name, asked | {"version": seen})
        return self.answer(self.fresh(row))
