"""Less can be supplied than is wanted: what there is of a product in a period, and who gets how much of it."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Func, Q, Value
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, ByAccount
from kam.models import Versioned
from kam.roles import READS, DataClass
from kpis.models.fact import quantity
from kpis.models.product import Product


def _range(function, first, last):
    return Func(F(first), F(last), Value("[]"), function=function)


class CapQuerySet(models.QuerySet):
    def visible_to(self, user):
        """What is short is known in the house, to whoever reads figures; who gets how much stands in the shares."""
        reads = user.is_active and DataClass.KPI in READS.get(user.role, ())
        return self.all() if reads else self.none()


class SupplyCap(Versioned):
    """One row says that of a product only so many units can be supplied in the weeks `starts` to `ends`, and why."""

    data_class = DataClass.KPI
    product = models.ForeignKey(
        Product, models.PROTECT, related_name="supply_caps", db_index=False, verbose_name=_("product")
    )
    starts = models.DateField(_("first week"))
    ends = models.DateField(_("last week"))
    units = quantity(_("units there are"))
    reason = models.CharField(_("reason"), max_length=300)

    objects = CapQuerySet.as_manager()

    class Meta:
        ordering = ["-starts", "product"]
        verbose_name = _("supply limit")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends__gte=F("starts")),
                name="supplycap_weeks_in_order",
                violation_error_message=_("The last week cannot be before the first."),
            ),
            models.CheckConstraint(
                condition=Q(starts__iso_week_day=1, ends__iso_week_day=1),
                name="supplycap_mondays",
                violation_error_message=_("A week is named by its Monday."),
            ),
            models.CheckConstraint(
                condition=Q(units__gte=0),
                name="supplycap_units_positive",
                violation_error_message=_("There cannot be less than nothing."),
            ),
            ExclusionConstraint(
                name="supplycap_once_a_week",
                expressions=[
                    (_range("int8range", "product", "product"), RangeOperators.OVERLAPS),
                    (_range("daterange", "starts", "ends"), RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("The product has a limit in some of these weeks already."),
            ),
        ]

    def __str__(self):
        return f"{self.product}"

    def clean(self):
        """The database could not even ask whether weeks overlap that lie the wrong way round."""
        if self.starts and self.ends and self.ends < self.starts:
            raise ValidationError({"ends": _("The last week cannot be before the first.")})

    def get_absolute_url(self):
        return reverse("kpis:cap", args=[self.pk])


class SupplyCommitment(ByAccount, Versioned):
    """One row says what an account was promised of what is short, and when it is its turn.

    `minimum` units come before everything else; then a lower `priority` number is served first.
    """

    data_class = DataClass.KPI
    cap = models.ForeignKey(
        SupplyCap, models.CASCADE, related_name="commitments", db_index=False, verbose_name=_("supply limit")
    )
    account = models.ForeignKey(Account, models.CASCADE, related_name="+", verbose_name=_("account"))
    minimum = quantity(_("units promised"), default=0)
    priority = models.PositiveSmallIntegerField(_("priority"), default=5)

    class Meta:
        ordering = ["cap", "priority", "account"]
        verbose_name = _("promise of supply")
        constraints = [
            models.UniqueConstraint(
                fields=["cap", "account"],
                name="supplycommitment_once",
                violation_error_message=_("The account has a promise already: change it instead."),
            ),
            models.CheckConstraint(
                condition=Q(minimum__gte=0),
                name="supplycommitment_minimum_positive",
                violation_error_message=_("There cannot be less than nothing."),
            ),
            models.CheckConstraint(
                condition=Q(priority__gte=1, priority__lte=9),
                name="supplycommitment_priority_possible",
                violation_error_message=_("A priority is a number from 1, served first, to 9."),
            ),
        ]

    def __str__(self):
        return f"{self.cap} {self.account}"

    def get_absolute_url(self):
        return self.cap.get_absolute_url()


class SupplyShare(ByAccount):
    """One row is what an account wants of a product that is short in one week, and what it gets, in whole units."""

    data_class = DataClass.KPI
    cap = models.ForeignKey(
        SupplyCap, models.CASCADE, related_name="shares", db_index=False, verbose_name=_("supply limit")
    )
    account = models.ForeignKey(Account, models.CASCADE, related_name="+", db_index=False, verbose_name=_("account"))
    week = models.DateField(_("week"))
    asked = quantity(_("wanted"))
    given = quantity(_("given"))

    class Meta:
        ordering = ["cap", "account", "week"]
        verbose_name = _("share of supply")
        constraints = [
            models.UniqueConstraint(fields=["cap", "account", "week"], name="supplyshare_once"),
            models.CheckConstraint(
                condition=Q(given__gte=0, given__lte=F("asked")),
                name="supplyshare_within_what_is_wanted",
                violation_error_message=_("Nobody gets more than they want."),
            ),
        ]
        indexes = [models.Index(fields=["account", "week"], name="supplyshare_account")]

    def __str__(self):
        return f"{self.cap_id} {self.account_id} {self.week}"
