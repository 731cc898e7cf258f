"""The API of imports: files handed in, mapping their columns, what they changed; how a feed's files are read."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response

from kam.api.base import EditableViewSet, ScopedKey, ScopedSerializer, ScopedViewSet
from kam.api.parsers import StrictJSON
from kam.errors import Conflict
from kpis import access, filters, services
from kpis.columns import answers, proposal
from kpis.columns import services as columns
from kpis.imports.messages import said
from kpis.imports.result import reason_of
from kpis.models import BatchWeek, ColumnMapping, Feed, ImportBatch, ImportError
from kpis.models.batch import Kind


class BatchSerializer(ScopedSerializer):
    """What became of a file; `problem` and `warnings` are sentences in the caller's language."""

    problem = serializers.SerializerMethodField()
    warnings = serializers.SerializerMethodField()
    phase = serializers.ChoiceField(
        choices=ImportBatch.Phase.choices, allow_blank=True, read_only=True, help_text="While the file is read."
    )

    class Meta:
        model = ImportBatch
        fields = [
            "id",
            "feed",
            "kind",
            "mapping",
            "file_name",
            "size",
            "sha256",
            "state",
            "dry_run",
            "duplicate_of",
            "rows",
            "accepted",
            "rejected",
            "ignored",
            "created",
            "changes",
            "warnings",
            "units",
            "value",
            "problem",
            "by",
            "corrects",
            "phase",
            "rows_read",
            "rows_total",
            "version",
            "received_at",
            "finished_at",
        ]
        read_only_fields = fields

    def get_problem(self, batch) -> str | None:
        return said(batch.problem) or None

    def get_warnings(self, batch) -> list[str]:
        return [said(warning) for warning in batch.warnings]


class UploadSerializer(serializers.Serializer):
    """A file to import, as multipart/form-data."""

    kind = serializers.ChoiceField(choices=Kind.choices)
    file = serializers.FileField(allow_empty_file=True, help_text="A workbook (XLSX, XLS) or text (CSV).")
    feed = ScopedKey(queryset=Feed.objects.all(), required=False, allow_null=True)
    mapping = serializers.RegexField(r"^[a-z0-9_]*\Z", required=False, allow_blank=True, max_length=80)
    mapping_file = serializers.FileField(required=False, help_text="A mapping of your own, in TOML.")
    beside = serializers.ListField(
        child=serializers.FileField(), required=False, help_text="The files that the mapping joins; repeat the part."
    )
    dry_run = serializers.BooleanField(default=False, help_text="Check only; nothing is stored.")
    by_form = serializers.BooleanField(
        default=False, help_text="Where no mapping fits, the batch waits as `mapping` for its columns being said."
    )


class CorrectionsSerializer(serializers.Serializer):
    """The report of a file with bad rows, corrected, as multipart/form-data."""

    file = serializers.FileField(help_text="CSV or a workbook; its last three columns say where the rows belong.")


class MappingSerializer(serializers.Serializer):
    """How a file is read."""

    text = serializers.CharField(max_length=65536, trim_whitespace=False, help_text="A mapping in TOML.")
    remember = serializers.BooleanField(default=False, help_text="Read the next files of its feed the same way.")


class CutSerializer(serializers.Serializer):
    """How a file is cut; what is empty is found out."""

    encoding = serializers.CharField(required=False, allow_blank=True, max_length=60)
    delimiter = serializers.CharField(required=False, allow_blank=True, max_length=10, trim_whitespace=False)
    sheet = serializers.CharField(required=False, allow_blank=True, max_length=60)


class SeenRowSerializer(serializers.Serializer):
    line = serializers.IntegerField()
    cells = serializers.ListField(child=serializers.CharField(allow_blank=True))


class ColumnsSerializer(serializers.Serializer):
    """What was seen of a file, and the mapping that is proposed for it, which may lack fields that must be there."""

    encoding = serializers.CharField(source="look.encoding")
    delimiter = serializers.CharField(source="look.delimiter")
    sheet = serializers.CharField(source="look.sheet")
    sheets = serializers.ListField(child=serializers.CharField(), source="look.sheets")
    lines = serializers.IntegerField(source="look.total")
    header = serializers.IntegerField(source="answers.header", help_text="Its line; 0 where there is none.")
    rows = serializers.SerializerMethodField(help_text="The first rows as they stand there.")
    mapping = serializers.SerializerMethodField(help_text="The proposed mapping, in TOML.")

    @extend_schema_field(SeenRowSerializer(many=True))
    def get_rows(self, found):
        return [{"line": line, "cells": list(cells)} for line, cells in found.look.rows]

    def get_mapping(self, found) -> str:
        return answers.text_of(found.kind, found.answers)


class UndoSerializer(serializers.Serializer):
    reason = serializers.CharField(required=False, default="", allow_blank=True, max_length=500)


class BatchWeekSerializer(ScopedSerializer):
    class Meta:
        model = BatchWeek
        fields = [
            *("account", "week", "rows", "new", "changed", "stores"),
            *("units", "value", "units_moved", "value_moved"),
        ]


class FaultSerializer(ScopedSerializer):
    reason = serializers.SerializerMethodField(help_text="The fault in words of the caller's language.")

    class Meta:
        model = ImportError
        fields = ["id", "line", "column", "value", "code", "params", "reason"]

    def get_reason(self, fault) -> str:
        return reason_of(fault)


class BatchViewSet(ScopedViewSet):
    """Files handed in: upload one, poll it until its state is final, read its errors."""

    queryset = ImportBatch.objects.all()
    serializer_class = BatchSerializer
    filterset_class = filters.BatchFilter
    parser_classes = [MultiPartParser, StrictJSON]
    scope, order = "imports", ("-pk",)
    paged = ("list", "errors", "weeks")

    def may_create(self, user):
        return access.may_import(user)

    def may_change(self, user, row):
        return access.may_import(user)

    @extend_schema(request={"multipart/form-data": UploadSerializer}, responses={202: BatchSerializer})
    def create(self, request):
        """Answers 202 with the waiting batch; poll it by its `id`."""
        asked = self.asked(UploadSerializer)
        text = _text(asked.pop("mapping_file", None))
        return self.taken(services.upload(by=request.user, text=text, **asked))

    @extend_schema(request=None, responses={202: BatchSerializer})
    @action(detail=True, methods=["post"], url_path="import", parser_classes=[StrictJSON])
    def import_checked(self, request, pk=None):
        """Import a file that was checked and found good, as a batch of its own: poll that one."""
        return self.taken(services.import_checked(self.get_object(), by=request.user))

    @extend_schema(request={"multipart/form-data": CorrectionsSerializer}, responses={202: BatchSerializer})
    @action(detail=True, methods=["post"], parser_classes=[MultiPartParser])
    def corrections(self, request, pk=None):
        """Take in the corrected report of a file with bad rows, as a batch of its own: poll that one.

        Its rows stand where the bad ones stood. Where the good rows are stored already, they are read alone.
        """
        batch = self.get_object()
        return self.taken(services.correct(batch, by=request.user, **self.asked(CorrectionsSerializer)))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"], parser_classes=[StrictJSON])
    def cancel(self, request, pk=None):
        """Take a file back of which nothing is stored yet, also while it is read."""
        batch = self.get_object()
        services.cancel_import(batch, by=request.user)
        return self.answer(self.fresh(batch))

    @extend_schema(request=UndoSerializer, responses=BatchSerializer)
    @action(detail=True, methods=["post"], parser_classes=[StrictJSON])
    def undo(self, request, pk=None):
        """Take back what a file stored; 409 where a later file restated some of its rows."""
        batch = self.get_object()
        services.undo_import(batch, by=request.user, **self.asked(UndoSerializer))
        return self.answer(self.fresh(batch))

    @extend_schema(responses=ColumnsSerializer, filters=False)
    @action(detail=True, methods=["get"], filterset_class=None, pagination_class=None, parser_classes=[StrictJSON])
    def columns(self, request, pk=None):
        """How a file looks that waits for its columns being mapped, and the mapping that is proposed."""
        found = proposal.of_batch(self.get_object())
        if found is None:
            raise Conflict(_("Nothing was seen of this file; have it looked at first."))
        return Response(ColumnsSerializer(found).data)

    @extend_schema(request=MappingSerializer, responses={202: BatchSerializer})
    @columns.mapping.post
    def say_columns(self, request, pk=None):
        """Say by TOML how a file is read that waits for it; it is checked then, and stored by `import`."""
        batch = self.get_object()
        return self.taken(columns.say_columns(batch, by=request.user, **self.asked(MappingSerializer)))

    @extend_schema(request=CutSerializer, responses={202: BatchSerializer})
    @action(detail=True, methods=["post"], parser_classes=[StrictJSON])
    def look(self, request, pk=None):
        """Have a file looked at again of which nothing is stored, to map its columns anew; poll it."""
        batch = self.get_object()
        return self.taken(columns.look_again(batch, by=request.user, **self.asked(CutSerializer)))

    @extend_schema(responses=BatchWeekSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], filterset_class=None)
    def weeks(self, request, pk=None):
        """What the file says of each account and week, and by how much that moves what is stored."""
        found = BatchWeek.objects.visible_to(request.user).filter(batch=self.get_object())
        return self.paged_by(("-week", "account_id", "pk"), found, BatchWeekSerializer)

    @extend_schema(responses=FaultSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], filterset_class=None)
    def errors(self, request, pk=None):
        """Every bad cell of the file: line, column, value and reason."""
        found = ImportError.objects.filter(batch=self.get_object())
        return self.paged_by(("line", "pk"), found, FaultSerializer)

    def taken(self, batch):
        """202 with a batch that a worker will read; it is polled by its `id`."""
        return Response(self.get_serializer(batch).data, status=202)

    def paged_by(self, order, rows, serializer_class):
        """A page of what belongs to a batch, in an order of its own."""
        self.order = order
        return self.get_paginated_response(serializer_class(self.paginate_queryset(rows), many=True).data)


def _text(file):
    """The text of a mapping handed in, None without one."""
    if file is None:
        return None
    try:
        return file.read(1 << 20).decode("utf-8")
    except UnicodeDecodeError as error:
        raise serializers.ValidationError({"mapping_file": [_("A mapping is text in UTF-8.")]}) from error


class ColumnMappingSerializer(ScopedSerializer):
    class Meta:
        model = ColumnMapping
        fields = ["id", "feed", "text", "columns", "by", "version", "updated_at"]
        read_only_fields = ["columns", "by"]


class ColumnMappingViewSet(EditableViewSet):
    """How the files of a feed are read, as somebody mapped their columns; without one, as the feed says."""

    queryset = ColumnMapping.objects.all()
    serializer_class = ColumnMappingSerializer
    scope, order = "imports", ("pk",)

    def may_create(self, user):
        return access.may_keep_feeds(user)

    def may_change(self, user, row):
        return access.may_keep_feed(user, row.feed)

    def create_row(self, by, data):
        return columns.remember_columns(by=by, **data)

    def change_row(self, row, by, version, data):
        return columns.change_mapping(row, by=by, version=version, **data)

    def remove_row(self, row, by):
        columns.forget_columns(row, by=by)


ROUTES = [("batches", BatchViewSet), ("column-mappings", ColumnMappingViewSet)]
