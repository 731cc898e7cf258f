"""Filters of forecasts, shared by pages and API."""

import django_filters
from django.utils.translation import gettext_lazy as _

from accounts.filters import OfAccount
from accounts.models import Account
from kam.filters import YesNo, seen
from kpis.filters import ByProductAndWeek, ByWeek
from kpis.models import (
    ForecastEvent,
    ForecastNotice,
    ForecastOverride,
    ForecastScore,
    ForecastSeries,
    ForecastVersion,
    ForecastWeek,
    Product,
)


class AccuracyFilter(OfAccount):
    class Meta:
        model = ForecastScore
        fields = ["account", "account_named"]


class EventFilter(OfAccount):
    kind = django_filters.MultipleChoiceFilter(choices=ForecastEvent.Kind.choices, distinct=False, label=_("Kind"))

    class Meta:
        model = ForecastEvent
        fields = ["account", "account_named", "kind"]


class OverrideFilter(OfAccount):
    week_from = django_filters.DateFilter("week", "gte", label=_("From week"))
    week_to = django_filters.DateFilter("week", "lte", label=_("To week"))

    class Meta:
        model = ForecastOverride
        fields = ["account", "account_named"]


class NoticeFilter(OfAccount):
    open = django_filters.BooleanFilter("acknowledged_at", "isnull", label=_("Not acknowledged"), widget=YesNo)

    class Meta:
        model = ForecastNotice
        fields = ["account", "account_named"]


class WeekFilter(ByProductAndWeek):
    class Meta:
        model = ForecastWeek
        fields = ["account", "product", "week"]


class VersionFilter(ByProductAndWeek):
    class Meta:
        model = ForecastVersion
        fields = ["account", "product", "week", "lag"]


class SeriesFilter(django_filters.FilterSet):
    account = django_filters.ModelChoiceFilter(queryset=seen(Account))
    product = django_filters.ModelChoiceFilter(queryset=seen(Product))

    class Meta:
        model = ForecastSeries
        fields = ["account", "product", "method", "refusal"]


class ScoreFilter(ByWeek):
    class Meta:
        model = ForecastScore
        fields = ["account", "by_account", "lag", "week"]
