"""What accounts will sell, by product and ISO week: baseline, events, figures of people, and what was frozen."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, ByAccount, Team
from accounts.models.scope import ByAccountQuerySet
from kam.models import Versioned
from kam.roles import DataClass, Role
from kpis.models.fact import quantity
from kpis.models.product import Product

LAGS = (1, 2, 4, 8, 13)


def monday(name):
    """A constraint: a week is named by its Monday."""
    return models.CheckConstraint(
        condition=Q(week__iso_week_day=1),
        name=name,
        violation_error_message=_("A week is named by its Monday."),
    )


class ForecastSeries(ByAccount):
    """One row is one product at one account: which method its baseline comes from and why, or why it has none.

    `error` and `naive_error` are WAPE over the weeks of the back-test, as fractions. `as_of` is the last week that was
    known, `made_on` the business date it was computed for.
    """

    class Method(models.TextChoices):
        NONE = "", _("No baseline")
        SEASONAL_NAIVE = "seasonal_naive", _("Last year")
        LEVEL = "level", _("Level")
        INTERMITTENT = "intermittent", _("Now and then")
        LAST_YEAR_SCALED = "last_year_scaled", _("Last year, scaled")
        SHARED_SEASON = "shared_season", _("Level and the account's season")
        SEASON = "season", _("Level and season")
        DAMPED_TREND = "damped_trend", _("Damped trend")
        BLEND = "blend", _("Mean of several")

    class Refusal(models.TextChoices):
        NONE = "", ""
        NOTHING = "nothing_known", _("no week is known")
        TOO_SHORT = "too_short", _("fewer than 8 weeks are known")
        ASLEEP = "asleep", _("not sold for 26 weeks")

    data_class = DataClass.KPI
    account = models.ForeignKey(Account, models.CASCADE, related_name="+", db_index=False)
    product = models.ForeignKey(Product, models.CASCADE, related_name="+", db_index=False)
    as_of = models.DateField(_("as of"))
    made_on = models.DateField(_("made"))
    method = models.CharField(_("method"), max_length=20, choices=Method.choices, blank=True)
    refusal = models.CharField(_("why there is none"), max_length=20, choices=Refusal.choices, blank=True)
    weeks = models.PositiveSmallIntegerField(_("weeks known"))
    gaps = models.PositiveSmallIntegerField(_("weeks not reported"))
    stockouts = models.PositiveSmallIntegerField(_("weeks out of stock, left out"))
    tested = models.PositiveSmallIntegerField(_("weeks in the back-test"))
    error = models.DecimalField(_("WAPE in the back-test"), max_digits=9, decimal_places=4, null=True)
    naive_error = models.DecimalField(_("WAPE of last year"), max_digits=9, decimal_places=4, null=True)

    class Meta:
        ordering = ["account", "product"]
        verbose_name = _("forecast series")
        constraints = [
            models.UniqueConstraint(fields=["account", "product"], name="forecastseries_once"),
            models.CheckConstraint(
                condition=Q(method="") ^ Q(refusal=""),
                name="forecastseries_method_or_refusal",
                violation_error_message=_("A series has a method, or a reason why it has none."),
            ),
        ]

    def __str__(self):
        return f"{self.account_id} {self.product_id}"


class ForecastWeek(ByAccount):
    """One row is what is expected of one product at one account in one ISO week to come, in units.

    `baseline` with its 80 % interval comes from the series' method, `naive` is the same week last year. `planned` is
    the baseline with its events, `agreed` what counts: the figure of a person where there is one. `told` is what
    logistics was last told.
    """

    data_class = DataClass.KPI
    account = models.ForeignKey(Account, models.CASCADE, related_name="+", db_index=False)
    product = models.ForeignKey(Product, models.CASCADE, related_name="+", db_index=False)
    week = models.DateField(_("week"))
    baseline = quantity(_("baseline"), null=True)
    low = quantity(_("low"), null=True)
    high = quantity(_("high"), null=True)
    naive = quantity(_("last year"), null=True)
    planned = quantity(_("with events"), null=True)
    agreed = quantity(_("agreed"), null=True)
    told = quantity(_("told to logistics"), null=True)

    class Meta:
        ordering = ["account", "product", "week"]
        verbose_name = _("forecast")
        constraints = [
            models.UniqueConstraint(fields=["account", "product", "week"], name="forecastweek_once"),
            monday("forecastweek_monday"),
        ]

    def __str__(self):
        return f"{self.account_id} {self.product_id} {self.week}"


class ForecastVersion(ByAccount):
    """One row is what was expected of a product in a week, `lag` weeks before it. It never changes.

    `author` is who set the agreed figure; empty where it was the machine's.
    """

    data_class = DataClass.KPI
    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False)
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", db_index=False)
    week = models.DateField(_("week"))
    lag = models.PositiveSmallIntegerField(_("weeks ahead"))
    baseline = quantity(_("baseline"), null=True)
    naive = quantity(_("last year"), null=True)
    agreed = quantity(_("agreed"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("author")
    )
    frozen_on = models.DateField(_("frozen"))

    class Meta:
        ordering = ["account", "week", "product", "lag"]
        verbose_name = _("frozen forecast")
        constraints = [
            models.UniqueConstraint(fields=["account", "lag", "week", "product"], name="forecastversion_once"),
            monday("forecastversion_monday"),
        ]

    def __str__(self):
        return f"{self.account_id} {self.product_id} {self.week} −{self.lag}"


class ForecastScore(ByAccount):
    """One row is how right the forecasts of one account and author were in one week, `lag` weeks ahead.

    Sums over products: what was sold, absolute errors and errors (forecast less actual) of the agreed figure, of the
    baseline and of last year. Products without one of the three are in none of them. A row `by_account` has what the
    account itself forecast in the place of the agreed figure, of the products that it forecast.
    """

    data_class = DataClass.KPI
    account = models.ForeignKey(Account, models.CASCADE, related_name="+", db_index=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("author")
    )
    by_account = models.BooleanField(_("by the account itself"), default=False, db_default=False)
    lag = models.PositiveSmallIntegerField(_("weeks ahead"))
    week = models.DateField(_("week"))
    products = models.PositiveIntegerField(_("products"))
    actual = quantity(_("sold"))
    agreed_wrong = quantity(_("absolute error, agreed"))
    baseline_wrong = quantity(_("absolute error, baseline"))
    naive_wrong = quantity(_("absolute error, last year"))
    agreed_over = quantity(_("error, agreed"))
    baseline_over = quantity(_("error, baseline"))
    naive_over = quantity(_("error, last year"))

    class Meta:
        ordering = ["-week", "account", "lag"]
        verbose_name = _("forecast accuracy")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "lag", "week", "author", "by_account"],
                name="forecastscore_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(by_account=False) | Q(author=None),
                name="forecastscore_one_author",
                violation_error_message=_("What an account forecasts was said by none of us."),
            ),
        ]
        indexes = [models.Index(fields=["lag", "week", "account"], name="forecastscore_week")]

    def __str__(self):
        return f"{self.account_id} {self.week} −{self.lag}"


class ForecastEvent(ByAccount, Versioned):
    """One row is something known to come that history does not tell: a promotion, a holiday, a listing or its end.

    It moves every week by the share of its days: by `uplift` (0.25 is a quarter more, −1 nothing any more), or, where a
    product has no history, by `units` a week. Without a product it counts for all of the account; without an end from
    its beginning on.
    """

    class Kind(models.TextChoices):
        PROMOTION = "promotion", _("Promotion")
        HOLIDAY = "holiday", _("Holiday")
        LISTING = "listing", _("Listing")
        DELISTING = "delisting", _("Delisting")
        OTHER = "other", _("Other event")

    data_class = DataClass.KPI
    account = models.ForeignKey(
        Account, models.CASCADE, related_name="forecast_events", db_index=False, verbose_name=_("account")
    )
    product = models.ForeignKey(
        Product, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("product")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    name = models.CharField(_("name"), max_length=120)
    starts = models.DateField(_("from"))
    ends = models.DateField(_("to"), null=True, blank=True)
    uplift = models.DecimalField(_("change"), max_digits=7, decimal_places=4, null=True, blank=True)
    units = quantity(_("units a week"), null=True, blank=True)

    class Meta:
        ordering = ["-starts", "name"]
        verbose_name = _("event")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends=None) | Q(ends__gte=F("starts")),
                name="forecastevent_dates_in_order",
                violation_error_message=_("An event cannot end before it starts."),
            ),
            models.CheckConstraint(
                condition=Q(uplift=None) ^ Q(units=None),
                name="forecastevent_one_effect",
                violation_error_message=_("Say either by how much sales change or how many units a week are sold."),
            ),
            models.CheckConstraint(
                condition=Q(uplift=None) | Q(uplift__gte=-1, uplift__lte=20),
                name="forecastevent_uplift_possible",
                violation_error_message=_("Sales fall to nothing at most, and rise twentyfold at most."),
            ),
            models.CheckConstraint(
                condition=Q(units=None) | Q(units__gte=0, product__isnull=False),
                name="forecastevent_units_of_a_product",
                violation_error_message=_("Units a week are said of one product, and are not negative."),
            ),
        ]
        indexes = [models.Index(fields=["account", "starts"], name="forecastevent_start")]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("kpis:forecast", args=[self.account_id])


class ForecastOverride(ByAccount, Versioned):
    """One row is the figure a person puts in the place of baseline and events, with their reason."""

    data_class = DataClass.KPI
    account = models.ForeignKey(
        Account, models.CASCADE, related_name="forecast_overrides", db_index=False, verbose_name=_("account")
    )
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name=_("product"))
    week = models.DateField(_("week"))
    units = quantity(_("units"))
    reason = models.CharField(_("reason"), max_length=300)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False, verbose_name=_("author")
    )

    class Meta:
        ordering = ["account", "product", "week"]
        verbose_name = _("override")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "product", "week"],
                name="forecastoverride_once",
                violation_error_message=_("Somebody has set this figure already: change it instead."),
            ),
            models.CheckConstraint(
                condition=Q(units__gte=0),
                name="forecastoverride_units_positive",
                violation_error_message=_("A forecast cannot be negative."),
            ),
            monday("forecastoverride_monday"),
        ]

    def __str__(self):
        return f"{self.product} {self.week}"

    def get_absolute_url(self):
        return reverse("kpis:forecast", args=[self.account_id])


class NoticeQuerySet(ByAccountQuerySet):
    def visible_to(self, user):
        """Of visible accounts; and to members of a function what is addressed to their team, though they see none."""
        if user.is_active and user.role == Role.FUNCTION:
            return self.filter(team__in=user.team_memberships.values("team"))
        return super().visible_to(user)


class ForecastNotice(ByAccount, Versioned):
    """One row tells logistics that the agreed forecast of an account changed, until they say that they know."""

    data_class = DataClass.KPI
    account = models.ForeignKey(
        Account, models.CASCADE, related_name="forecast_notices", db_index=False, verbose_name=_("account")
    )
    team = models.ForeignKey(
        Team, models.SET_NULL, null=True, related_name="+", verbose_name=_("addressed to"), editable=False
    )
    made_on = models.DateField(_("made"))
    cause = models.CharField(_("cause"), max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True, editable=False)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("change notice")
        constraints = [
            models.CheckConstraint(
                condition=Q(acknowledged_by=None, acknowledged_at=None)
                | Q(acknowledged_by__isnull=False, acknowledged_at__isnull=False),
                name="forecastnotice_acknowledged_by_somebody",
                violation_error_message=_("An acknowledgement has a person and a time."),
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-id"], name="forecastnotice_account"),
            models.Index(fields=["team", "-id"], name="forecastnotice_team"),
        ]

    def __str__(self):
        return f"{self.account} {self.made_on}"

    def get_absolute_url(self):
        return reverse("kpis:forecast-notice", args=[self.pk])


class NoticeLine(models.Model):
    """One row is one product and week of a notice: units before and after."""

    notice = models.ForeignKey(ForecastNotice, models.CASCADE, related_name="lines", db_index=False)
    product = models.ForeignKey(Product, models.CASCADE, related_name="+", db_index=False)
    week = models.DateField(_("week"))
    before = quantity(_("before"))
    after = quantity(_("after"))

    class Meta:
        ordering = ["notice", "product", "week"]
        verbose_name = _("line of a change notice")
        constraints = [models.UniqueConstraint(fields=["notice", "product", "week"], name="noticeline_once")]

    def __str__(self):
        return f"{self.product_id} {self.week}"
