"""The API of feeds: files we expect again and again, how their weeks stand, taking one as it is or judging it again."""

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from kam.api.base import EditableViewSet, ScopedSerializer
from kpis import access, filters, services
from kpis.feeds.quality import QUARTER, SUMS, quality_of, reasons, unknowns
from kpis.feeds.weeks import STATES, seen_files, weeks_of
from kpis.models import Feed


class FeedSerializer(ScopedSerializer):
    class Meta:
        model = Feed
        fields = [
            "id",
            "code",
            "name",
            "kind",
            "account",
            "mapping",
            "weekday",
            "hour",
            "time_zone",
            "grace_days",
            "expected_stores",
            "completeness",
            "tolerance",
            "keeps_good_rows",
            "version",
        ]


class FeedWeekSerializer(serializers.Serializer):
    """One week of a feed; totals are there for those who see the file that told them."""

    week = serializers.DateField()
    state = serializers.ChoiceField(choices=list(STATES))
    due_at = serializers.DateTimeField(allow_null=True)
    first_at = serializers.DateTimeField(source="told.first_at", default=None, allow_null=True)
    stores = serializers.IntegerField(source="reported", allow_null=True, help_text="Of the expected ones.")
    expected_stores = serializers.IntegerField(source="expected", allow_null=True)
    missing_stores = serializers.ListField(source="missing", child=serializers.CharField())
    total = serializers.SerializerMethodField()
    usual = serializers.SerializerMethodField()
    batch = serializers.SerializerMethodField()
    reason = serializers.CharField(source="accepted.reason", default=None, allow_null=True)

    def _sees(self, row):
        return row.told is not None and row.told.batch_id in self.context["seen"]

    @extend_schema_field(serializers.DecimalField(max_digits=20, decimal_places=3, allow_null=True))
    def get_total(self, row):
        return format(row.told.total, "f") if self._sees(row) else None

    @extend_schema_field(serializers.DecimalField(max_digits=20, decimal_places=3, allow_null=True))
    def get_usual(self, row):
        return format(row.usual, "f") if self._sees(row) and row.usual is not None else None

    def get_batch(self, row) -> int | None:
        return row.told.batch_id if self._sees(row) else None


class ReasonSerializer(serializers.Serializer):
    """Why cells were refused, and where the last of them stands."""

    code = serializers.CharField()
    cells = serializers.IntegerField()
    files = serializers.IntegerField()
    batch = serializers.IntegerField(source="batch_id")
    line = serializers.IntegerField()


class UnknownSerializer(serializers.Serializer):
    """A name that nobody knows, and where it stood last."""

    code = serializers.CharField()
    value = serializers.CharField()
    cells = serializers.IntegerField()
    batch = serializers.IntegerField(source="batch_id")
    line = serializers.IntegerField()


class QualitySerializer(serializers.Serializer):
    """The quality of one feed over some weeks; rates are fractions, null where there is nothing to judge."""

    weeks = serializers.IntegerField(source="asked")
    due = serializers.IntegerField(help_text="Weeks that were watched.")
    on_time = serializers.IntegerField()
    timeliness = serializers.DecimalField(max_digits=6, decimal_places=4, allow_null=True)
    gaps = serializers.IntegerField(help_text="Weeks that are missing.")
    short = serializers.IntegerField(help_text="Weeks that are partial or strangely small.")
    reported_stores = serializers.IntegerField(source="reported")
    expected_stores = serializers.IntegerField(source="expected")
    completeness = serializers.DecimalField(max_digits=6, decimal_places=4, allow_null=True)
    newest_week = serializers.DateField(source="newest", allow_null=True)
    files = serializers.IntegerField()
    duplicates = serializers.IntegerField()
    rows = serializers.IntegerField()
    rejected = serializers.IntegerField()
    unknown = serializers.IntegerField()
    repeated = serializers.IntegerField()
    restated = serializers.IntegerField()
    reasons = ReasonSerializer(many=True)
    unknowns = UnknownSerializer(many=True)


class WeekSerializer(serializers.Serializer):
    week = serializers.DateField(help_text="The Monday of the week.")


class AcceptSerializer(WeekSerializer):
    reason = serializers.CharField(max_length=300)


class FeedViewSet(EditableViewSet):
    """Files we expect again and again."""

    queryset = Feed.objects.all()
    serializer_class = FeedSerializer
    filterset_class = filters.FeedFilter
    scope, order = "imports", ("code", "pk")

    def may_create(self, user):
        return access.may_keep_feeds(user)

    def may_change(self, user, row):
        return access.may_keep_feed(user, row)

    def create_row(self, by, data):
        return services.create_feed(by=by, **data)

    def change_row(self, row, by, version, data):
        return services.change_feed(row, by=by, version=version, **data)

    def remove_row(self, row, by):
        services.remove_feed(row, by=by)

    @extend_schema(responses=FeedWeekSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], filterset_class=None, pagination_class=None)
    def weeks(self, request, pk=None):
        """The last sixteen weeks of the feed: what was expected, what came when, and what is wrong with it."""
        rows = weeks_of(self.get_object(), timezone.now())
        context = {"seen": seen_files(rows, request.user)}
        return Response(FeedWeekSerializer(rows, many=True, context=context).data)

    @extend_schema(responses=QualitySerializer, filters=False)
    @action(detail=True, methods=["get"], filterset_class=None)
    def quality(self, request, pk=None):
        """How timely, whole and fresh the feed's data was in the last quarter, and what was refused of its files."""
        feed, now, weeks = self.get_object(), timezone.now(), QUARTER
        found = quality_of([feed], request.user, now, weeks)[feed.pk]
        told = {name: getattr(found, name) for name in (*SUMS, "newest", "timeliness", "completeness")}
        told |= {
            "reasons": reasons(feed, request.user, now, weeks),
            "unknowns": unknowns(feed, request.user, now, weeks),
        }
        return Response(QualitySerializer(told | {"asked": weeks}).data)

    @extend_schema(request=AcceptSerializer, responses=FeedSerializer)
    @action(detail=True, methods=["post"])
    def accept(self, request, pk=None):
        """Take a week as it is, however late, partial or small; 409 where nothing is wrong with it."""
        feed = self.get_object()
        services.accept_week(feed, by=request.user, **self.asked(AcceptSerializer))
        return self.answer(self.fresh(feed))

    @extend_schema(request=WeekSerializer, responses=FeedSerializer)
    @action(detail=True, methods=["post"])
    def watch(self, request, pk=None):
        """Judge a week again that was taken as it is; 404 for one that was not."""
        feed = self.get_object()
        accepted = get_object_or_404(feed.accepted_weeks, **self.asked(WeekSerializer))
        services.watch_week_again(accepted, by=request.user)
        return self.answer(self.fresh(feed))


ROUTES = [("feeds", FeedViewSet)]
