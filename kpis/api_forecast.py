"""The API of forecasts: what is expected, what was frozen, how right it was; events and figures set by hand."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action

from kam.api.base import EditableViewSet, ScopedSerializer
from kpis import access
from kpis.api import Facts
from kpis.forecast import filters, services
from kpis.models import (
    ForecastEvent,
    ForecastNotice,
    ForecastOverride,
    ForecastScore,
    ForecastSeries,
    ForecastVersion,
    ForecastWeek,
    NoticeLine,
)


class WeekSerializer(ScopedSerializer):
    """Units; `agreed` is what counts."""

    class Meta:
        model = ForecastWeek
        fields = ["id", "account", "product", "week", "naive", "baseline", "low", "high", "planned", "agreed"]


class SeriesSerializer(ScopedSerializer):
    """`error` and `naive_error` are WAPE as fractions; with a `refusal` there is no baseline."""

    class Meta:
        model = ForecastSeries
        fields = [
            *("id", "account", "product", "as_of", "made_on", "method", "refusal", "weeks", "gaps", "stockouts"),
            *("tested", "error", "naive_error"),
        ]


class VersionSerializer(ScopedSerializer):
    class Meta:
        model = ForecastVersion
        fields = ["id", "account", "product", "week", "lag", "naive", "baseline", "agreed", "author", "frozen_on"]


class ScoreSerializer(ScopedSerializer):
    """Sums to be divided by `actual`: WAPE is `agreed_wrong`, bias `agreed_over` over it. Never average rates.

    With `by_account` they are of what the account itself forecast, about weeks that our rows are about, too.
    """

    class Meta:
        model = ForecastScore
        fields = [
            *("id", "account", "author", "by_account", "lag", "week", "products", "actual"),
            *("agreed_wrong", "baseline_wrong", "naive_wrong", "agreed_over", "baseline_over", "naive_over"),
        ]


class EventSerializer(ScopedSerializer):
    """Either `uplift`, a fraction (0.25 is a quarter more), or `units` a week for a product without history."""

    fixed = ("account",)

    class Meta:
        model = ForecastEvent
        fields = [
            *("id", "account", "product", "kind", "name", "starts", "ends", "uplift", "units"),
            *("version", "updated_at"),
        ]


class OverrideSerializer(ScopedSerializer):
    """`week` is named by its Monday; the author is whoever sends it."""

    fixed = ("account", "product", "week")

    class Meta:
        model = ForecastOverride
        fields = ["id", "account", "product", "week", "units", "reason", "author", "version", "updated_at"]
        read_only_fields = ["author"]


class LineSerializer(serializers.ModelSerializer):
    class Meta:
        model = NoticeLine
        fields = ["product", "week", "before", "after"]


class NoticeSerializer(ScopedSerializer):
    lines = LineSerializer(many=True, read_only=True)

    class Meta:
        model = ForecastNotice
        fields = [
            *("id", "account", "team", "made_on", "cause", "by", "lines", "acknowledged_by", "acknowledged_at"),
            *("version", "created_at"),
        ]
        read_only_fields = fields


class WeekViewSet(Facts):
    """What is expected of a product at an account in a week to come."""

    queryset = ForecastWeek.objects.all()
    serializer_class, filterset_class = WeekSerializer, filters.WeekFilter
    order = ("account_id", "product_id", "week", "pk")


class SeriesViewSet(Facts):
    """Which method a baseline comes from, or why there is none."""

    queryset = ForecastSeries.objects.all()
    serializer_class, filterset_class = SeriesSerializer, filters.SeriesFilter
    order = ("account_id", "product_id", "pk")


class VersionViewSet(Facts):
    """What was forecast 1, 2, 4, 8 and 13 weeks ahead; it never changes."""

    queryset = ForecastVersion.objects.all()
    serializer_class, filterset_class = VersionSerializer, filters.VersionFilter
    order = ("account_id", "lag", "week", "product_id", "pk")


class ScoreViewSet(Facts):
    """How right forecasts were, by account, author, weeks ahead and week; ours, or of the account itself."""

    queryset = ForecastScore.objects.all()
    serializer_class, filterset_class = ScoreSerializer, filters.ScoreFilter
    order = ("-week", "account_id", "lag", "pk")


class Forecasting(EditableViewSet):
    """What people know better than history."""

    scope = "kpis"
    needs_key = ("create", "bulk")

    def may_create(self, user):
        return access.may_forecast(user)

    def may_change(self, user, row):
        return access.may_forecast(user, row)


class EventViewSet(Forecasting):
    """What is known to come and history does not tell."""

    queryset = ForecastEvent.objects.all()
    serializer_class, filterset_class = EventSerializer, filters.EventFilter
    order = ("-starts", "pk")

    def create_row(self, by, data):
        return services.create_event(by=by, **data)

    def change_row(self, row, by, version, data):
        return services.change_event(row, by=by, version=version, **data)

    def remove_row(self, row, by):
        services.remove_event(row, by=by)


class OverrideViewSet(Forecasting):
    """Figures set by hand, with their reason."""

    queryset = ForecastOverride.objects.all()
    serializer_class, filterset_class = OverrideSerializer, filters.OverrideFilter
    order = ("-week", "pk")

    def create_row(self, by, data):
        return services.set_override(by=by, **data)

    def change_row(self, row, by, version, data):
        return services.change_override(row, by=by, version=version, **data)

    def remove_row(self, row, by):
        services.remove_override(row, by=by)


class NoticeViewSet(Facts):
    """Changes of forecasts that logistics was told of."""

    queryset = ForecastNotice.objects.prefetch_related("lines")
    serializer_class, filterset_class = NoticeSerializer, filters.NoticeFilter
    order = ("-pk",)

    def may_change(self, user, row):
        return access.may_acknowledge_change(user, row)

    @extend_schema(request=None, responses={200: NoticeSerializer})
    @action(detail=True, methods=["post"])
    def acknowledge(self, request, pk=None):
        """Say that logistics knows; 409 when somebody has."""
        notice = services.acknowledge(self.get_object(), by=request.user)
        return self.answer(self.fresh(notice))


ROUTES = [
    ("forecasts", WeekViewSet),
    ("forecast-series", SeriesViewSet),
    ("forecast-versions", VersionViewSet),
    ("forecast-scores", ScoreViewSet),
    ("forecast-events", EventViewSet),
    ("forecast-overrides", OverrideViewSet),
    ("forecast-notices", NoticeViewSet),
]
