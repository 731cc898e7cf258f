"""Replenishment: how much of a product an account should order now, and everything that was reckoned with."""

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Account, ByAccount
from kam.roles import DataClass
from kpis.models.fact import quantity
from kpis.models.product import Product


class Replenishment(ByAccount):
    """One row is the advice for one product at one account, as of the end of `week`; quantities in units.

    See `kpis.replenishment` for the formula. `missing` names what it could not be reckoned without; `advised` is empty
    then. `late` says that news of the account is overdue, so that the advice is that of the week it knows.
    """

    class Urgency(models.TextChoices):
        NOW = "now", pgettext_lazy("order", "Now")
        COMING = "coming", pgettext_lazy("order", "Ordered, not there")
        SOON = "soon", pgettext_lazy("order", "At the next order")
        ENOUGH = "enough", pgettext_lazy("order", "Enough")
        UNKNOWN = "unknown", pgettext_lazy("order", "Not known")

    class Basis(models.TextChoices):
        FORECAST = "forecast", _("Forecast")
        MEAN = "mean", _("Mean of recent weeks")

    class Missing(models.TextChoices):
        NOTHING = "", ""
        STOCK = "stock", _("stock on hand")
        SALES = "sales", _("sales of four weeks")
        LEAD_TIME = "lead_time", _("lead time")

    data_class = DataClass.KPI
    account = models.ForeignKey(
        Account, models.CASCADE, related_name="replenishments", db_index=False, verbose_name=_("account")
    )
    product = models.ForeignKey(Product, models.CASCADE, related_name="+", verbose_name=_("product"))
    week = models.DateField(_("week"))
    basis = models.CharField(_("sales by"), max_length=8, choices=Basis.choices)
    weekly = models.DecimalField(_("units a week"), max_digits=14, decimal_places=3, null=True)
    deviation = models.DecimalField(_("deviation"), max_digits=14, decimal_places=3, null=True)
    lead_days = models.DecimalField(_("lead time, days"), max_digits=6, decimal_places=1, null=True)
    review_days = models.DecimalField(_("days between orders"), max_digits=6, decimal_places=1)
    service_level = models.DecimalField(_("service level"), max_digits=4, decimal_places=3)
    safety_stock = models.DecimalField(_("safety stock"), max_digits=14, decimal_places=3, null=True)
    reorder_point = models.DecimalField(_("reorder point"), max_digits=14, decimal_places=3, null=True)
    up_to = models.DecimalField(_("order up to"), max_digits=14, decimal_places=3, null=True)
    on_hand = quantity(_("on hand"), null=True)
    on_order = quantity(_("on order"))
    case_size = models.PositiveIntegerField(_("units per case"), default=1)
    advised = quantity(_("order now"), null=True)
    cover = models.DecimalField(_("weeks of supply"), max_digits=10, decimal_places=1, null=True)
    urgency = models.CharField(_("urgency"), max_length=8, choices=Urgency.choices)
    missing = models.CharField(_("missing"), max_length=10, choices=Missing.choices, blank=True, default="")
    late = models.BooleanField(_("late"), default=False)
    as_of = models.DateField(_("as of"))

    class Meta:
        ordering = ["account", "product"]
        verbose_name = _("replenishment advice")
        constraints = [
            models.UniqueConstraint(fields=["account", "product"], name="replenishment_once"),
            models.CheckConstraint(
                condition=Q(advised__isnull=True) | Q(advised__gte=0),
                name="replenishment_advised_positive",
                violation_error_message=_("Nobody orders fewer units than none."),
            ),
            models.CheckConstraint(
                condition=Q(missing="", advised__isnull=False) | ~Q(missing="") & Q(advised=None, urgency="unknown"),
                name="replenishment_missing_says_nothing",
                violation_error_message=_("Where something is missing there is no advice."),
            ),
        ]
        indexes = [models.Index(fields=["urgency", "cover"], name="replenishment_urgency")]

    def __str__(self):
        return f"{self.product}"

    def get_absolute_url(self):
        return reverse("kpis:replenishment", args=[self.pk])
