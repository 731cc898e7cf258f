"""Stock-outs: what an account could not sell, why, whose it was, and what we wrote about it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Account, ByAccount, ByAccountQuerySet
from accounts.models.account import currency_code
from kam.models import Versioned
from kam.roles import DataClass
from kam.templatetags import formats
from kpis.models.fact import money, quantity
from kpis.models.product import Product


class StockOutQuerySet(ByAccountQuerySet):
    def standing(self):
        """Episodes that the facts still show."""
        return self.exclude(standing=StockOut.Standing.WITHDRAWN)


class StockOut(ByAccount, Versioned):
    """One row is one episode: consecutive weeks in which an account could not sell a product that it lists and sells.

    The night finds, extends, ends and merges episodes from the facts and says why by the tree of
    `kpis.stockouts.tree`: `found` is the cause it came to, `path` how. `cause` is the one that counts, a person's where
    `state` is corrected. `lost_units` are the sum over its weeks of what was expected and not sold.
    """

    class Kind(models.TextChoices):
        EMPTY = "empty", _("No stock in any store")
        PART = "part", _("No stock in half of the stores or more")
        PHANTOM = "phantom", _("Stock reported, nothing sold")

    class Standing(models.TextChoices):
        OPEN = "open", pgettext_lazy("stock-out", "Out of stock")
        ENDED = "ended", pgettext_lazy("stock-out", "Over")
        WITHDRAWN = "withdrawn", pgettext_lazy("stock-out", "Withdrawn")

    class State(models.TextChoices):
        FOUND = "found", pgettext_lazy("cause", "Found by the night")
        CORRECTED = "corrected", pgettext_lazy("cause", "Corrected")

    class Cause(models.TextChoices):
        NOT_ORDERED = "not_ordered", _("Not ordered")
        ORDERED_LATE = "ordered_late", _("Ordered too late")
        ORDERED_LITTLE = "ordered_little", _("Ordered too little")
        CUT = "cut", _("Rejected or cut by us")
        SHORT = "short", _("Delivered short")
        LATE = "late", _("Delivered late")
        TRANSIT = "transit", _("Late in transit")
        DISTRIBUTION = "distribution", _("Not on the shelf")
        PHANTOM = "phantom", _("Phantom stock")
        FORECAST = "forecast", _("Demand above forecast")
        UNKNOWN = "unknown", _("Not known: data missing")

    class Side(models.TextChoices):
        US = "us", pgettext_lazy("responsible", "Us")
        THEM = "them", pgettext_lazy("responsible", "Account")
        CARRIER = "carrier", pgettext_lazy("responsible", "Carrier")
        BOTH = "both", pgettext_lazy("responsible", "Both")
        UNKNOWN = "unknown", pgettext_lazy("responsible", "Not known")

    SIDES = {
        Side.US: (Cause.CUT, Cause.SHORT, Cause.LATE),
        Side.THEM: (
            Cause.NOT_ORDERED,
            Cause.ORDERED_LATE,
            Cause.ORDERED_LITTLE,
            Cause.DISTRIBUTION,
            Cause.PHANTOM,
        ),
        Side.CARRIER: (Cause.TRANSIT,),
        Side.BOTH: (Cause.FORECAST,),
        Side.UNKNOWN: (Cause.UNKNOWN,),
    }

    data_class = DataClass.KPI
    account = models.ForeignKey(
        Account, models.CASCADE, related_name="stockouts", db_index=False, verbose_name=_("account")
    )
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name=_("product"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    standing = models.CharField(_("standing"), max_length=10, choices=Standing.choices)
    first_week = models.DateField(_("first week"))
    last_week = models.DateField(_("last week"))
    weeks = models.PositiveSmallIntegerField(_("weeks out of stock"))
    expected = quantity(_("units expected"))
    sold = quantity(_("units sold"))
    lost_units = quantity(_("units lost"))
    lost_value = money(_("value lost"), null=True)
    currency = models.CharField(_("currency"), max_length=3, validators=[currency_code])
    stores = models.PositiveIntegerField(_("stores"), null=True)
    empty_stores = models.PositiveIntegerField(_("stores without stock"), null=True)
    found = models.CharField(_("cause found"), max_length=16, choices=Cause.choices)
    cause = models.CharField(_("cause"), max_length=16, choices=Cause.choices)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.FOUND, editable=False)
    reason = models.TextField(_("reason"), blank=True, default="", max_length=2000)
    path = models.JSONField(default=list, editable=False)
    merged_into = models.ForeignKey("self", models.SET_NULL, null=True, related_name="merged", editable=False)
    as_of = models.DateField(_("as of"))

    objects = StockOutQuerySet.as_manager()

    class Meta:
        ordering = ["-first_week", "account", "product"]
        verbose_name = _("stock-out")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "product", "first_week"],
                condition=~Q(standing="withdrawn"),
                name="stockout_once",
                violation_error_message=_("The account has a stock-out of this product from this week on already."),
            ),
            models.UniqueConstraint(
                fields=["account", "product"],
                condition=Q(standing="open"),
                name="stockout_open_once",
                violation_error_message=_("The account is out of this product already."),
            ),
            models.CheckConstraint(
                condition=Q(first_week__lte=F("last_week"), weeks__gte=1),
                name="stockout_weeks_in_order",
                violation_error_message=_("A stock-out cannot end before it begins."),
            ),
            models.CheckConstraint(
                condition=Q(lost_units__gte=0, expected__gte=0),
                name="stockout_lost_positive",
                violation_error_message=_("Nobody loses fewer units than none."),
            ),
            models.CheckConstraint(
                condition=Q(state="found", cause=F("found"), reason="") | Q(state="corrected") & ~Q(reason=""),
                name="stockout_correction_has_reason",
                violation_error_message=_("A corrected cause needs a reason."),
            ),
        ]
        indexes = [
            models.Index(fields=["account", "product", "last_week"], name="stockout_account"),
            models.Index(fields=["standing", "first_week"], name="stockout_standing"),
        ]

    def __str__(self):
        return f"{self.product.name}, {formats.week(self.first_week)}"

    def get_absolute_url(self):
        return reverse("kpis:stockout", args=[self.pk])

    @property
    def side(self):
        """Whose the cause is, a `Side`."""
        return next(side for side, causes in self.SIDES.items() if self.cause in causes)


class StockOutLetter(ByAccount, Versioned):
    """One row is one letter to an account about stock-outs, or a note to ourselves where we were the cause.

    `figures` are those of the day it was written: what stands in a letter does not change when facts are restated.
    KAM sends nothing: `sent_by` is who said that they sent it.
    """

    class Audience(models.TextChoices):
        ACCOUNT = "account", _("Letter to the account")
        INTERNAL = "internal", _("Internal note")

    class Language(models.TextChoices):
        ENGLISH = "en", "English"
        GERMAN = "de", "Deutsch"
        CHINESE = "zh-hans", "简体中文"

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SENT = "sent", pgettext_lazy("letter", "Sent")

    data_class = DataClass.KPI
    account = models.ForeignKey(Account, models.CASCADE, related_name="+", verbose_name=_("account"))
    episodes = models.ManyToManyField(StockOut, related_name="letters", verbose_name=_("stock-outs"))
    audience = models.CharField(_("for"), max_length=8, choices=Audience.choices, default=Audience.ACCOUNT)
    language = models.CharField(_("language"), max_length=8, choices=Language.choices)
    state = models.CharField(_("state"), max_length=5, choices=State.choices, default=State.DRAFT, editable=False)
    subject = models.CharField(_("subject"), max_length=200)
    opening = models.TextField(_("before the figures"), max_length=8000)
    closing = models.TextField(_("after the figures"), max_length=8000, blank=True)
    figures = models.JSONField(default=list, editable=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False, verbose_name=_("written by")
    )
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False, verbose_name=_("sent by")
    )
    sent_at = models.DateTimeField(_("sent"), null=True, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("letter")
        constraints = [
            models.CheckConstraint(
                condition=Q(state="draft", sent_by=None, sent_at=None)
                | Q(state="sent", sent_by__isnull=False, sent_at__isnull=False),
                name="stockoutletter_sent_by_somebody",
                violation_error_message=_("A letter that was sent says by whom and when."),
            ),
        ]

    def __str__(self):
        return self.subject

    def get_absolute_url(self):
        return reverse("kpis:letter", args=[self.pk])
