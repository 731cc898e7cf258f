"""Facts beside orders and sales: stock, shipments, service, prices, what accounts forecast and earn on us; rates."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, ByAccount, Store
from accounts.models.account import currency_code
from kam.roles import DataClass
from kpis.models.batch import ImportBatch
from kpis.models.fact import money, quantity
from kpis.models.forecast import monday
from kpis.models.product import Product


class StockLevel(ByAccount):
    """One row is what lay of one product at one place of an account at the end of one day, as the account reported it.

    Partitioned by month on the day. `unsellable` and `aged` (90 days and more since receipt) are parts of `on_hand`;
    `on_order` is confirmed and not received; `value` is at cost.
    """

    data_class = DataClass.KPI
    pk = models.CompositePrimaryKey("day", "store_id", "product_id")
    day = models.DateField(_("day"))
    store = models.ForeignKey(Store, models.DO_NOTHING, related_name="+", db_index=False)
    product = models.ForeignKey(Product, models.DO_NOTHING, related_name="+", db_index=False)
    account = models.ForeignKey(Account, models.DO_NOTHING, related_name="+", db_index=False)
    on_hand = quantity(_("units on hand"))
    unsellable = quantity(_("of these unsellable"), null=True)
    aged = quantity(_("of these aged"), null=True)
    on_order = quantity(_("units on order"), null=True)
    value = money(_("value at cost"), null=True)
    currency = models.CharField(max_length=3, validators=[currency_code])
    batch = models.ForeignKey(ImportBatch, models.DO_NOTHING, related_name="+", db_index=False)

    class Meta:
        managed = False
        db_table = "kpis_stocklevel"
        verbose_name = _("stock")

    def __str__(self):
        return f"{self.day} {self.store_id} {self.product_id}"


class Shipment(ByAccount):
    """One row is one consignment to an account: when it left and arrived, and what bringing it there cost us."""

    data_class = DataClass.KPI
    account = models.ForeignKey(Account, models.PROTECT, related_name="shipments", db_index=False)
    number = models.CharField(_("shipment"), max_length=60)
    order_number = models.CharField(_("order"), max_length=60, blank=True, default="", db_default="")
    store = models.ForeignKey(Store, models.PROTECT, null=True, related_name="+")
    carrier = models.CharField(_("carrier"), max_length=80, blank=True, default="", db_default="")
    tracking = models.CharField(_("tracking number"), max_length=80, blank=True, default="", db_default="")
    shipped_on = models.DateField(_("shipped"))
    promised_on = models.DateField(_("promised"), null=True)
    delivered_on = models.DateField(_("delivered"), null=True)
    units = quantity(_("units"))
    freight = money(_("freight"), null=True)
    expedite = money(_("express surcharge"), null=True)
    handling = money(_("handling"), null=True)
    penalties = money(_("penalties"), null=True)
    returns = money(_("cost of returns"), null=True)
    currency = models.CharField(max_length=3, validators=[currency_code])
    batch = models.ForeignKey(ImportBatch, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        ordering = ["-shipped_on", "number"]
        verbose_name = _("shipment")
        constraints = [
            models.UniqueConstraint(fields=["account", "number"], name="shipment_once"),
            models.CheckConstraint(
                condition=Q(units__gte=0),
                name="shipment_units_positive",
                violation_error_message=_("A shipment cannot have fewer units than none."),
            ),
            models.CheckConstraint(
                condition=Q(delivered_on__gte=F("shipped_on")),
                name="shipment_dates_in_order",
                violation_error_message=_("A shipment cannot be delivered before it is shipped."),
            ),
        ]
        indexes = [models.Index(fields=["account", "shipped_on"], name="shipment_day")]

    def __str__(self):
        return self.number


class ServiceFact(ByAccount):
    """One row is one service metric of one account in one ISO week, as the marketplace counts it: a part of a whole."""

    data_class = DataClass.KPI
    account = models.ForeignKey(Account, models.PROTECT, related_name="service_facts", db_index=False)
    metric = models.CharField(_("metric"), max_length=40)
    week = models.DateField(_("week"))
    numerator = models.DecimalField(_("numerator"), max_digits=18, decimal_places=4)
    denominator = models.DecimalField(_("denominator"), max_digits=18, decimal_places=4)
    batch = models.ForeignKey(ImportBatch, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        ordering = ["account", "metric", "-week"]
        verbose_name = _("service fact")
        constraints = [
            models.UniqueConstraint(fields=["account", "metric", "week"], name="servicefact_once"),
            models.CheckConstraint(
                condition=Q(denominator__gte=0),
                name="servicefact_denominator_positive",
                violation_error_message=_("What a part is taken of cannot be negative."),
            ),
        ]
        indexes = [models.Index(fields=["account", "week"], name="servicefact_week")]

    def __str__(self):
        return f"{self.account_id} {self.metric} {self.week}"


class PriceObservation(ByAccount):
    """One row is the price that shoppers were asked for one product on one day at one place of an account.

    `place` names where it was seen: a store's number, or a site.
    """

    data_class = DataClass.KPI
    account = models.ForeignKey(Account, models.PROTECT, related_name="price_observations", db_index=False)
    product = models.ForeignKey(Product, models.PROTECT, related_name="+")
    observed_on = models.DateField(_("seen"))
    place = models.CharField(_("place"), max_length=80)
    price = models.DecimalField(_("price to shoppers"), max_digits=18, decimal_places=4)
    regular_price = models.DecimalField(_("price without promotion"), max_digits=18, decimal_places=4, null=True)
    is_promotion = models.BooleanField(_("promotion"), default=False)
    currency = models.CharField(max_length=3, validators=[currency_code])
    batch = models.ForeignKey(ImportBatch, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        ordering = ["-observed_on", "product", "place"]
        verbose_name = _("price observation")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "product", "observed_on", "place"], name="priceobservation_once"
            ),
            models.CheckConstraint(
                condition=Q(price__gte=0),
                name="priceobservation_positive",
                violation_error_message=_("A price cannot be negative."),
            ),
        ]
        indexes = [models.Index(fields=["account", "observed_on"], name="priceobservation_day")]

    def __str__(self):
        return f"{self.observed_on} {self.product_id} {self.place}"


class AccountForecast(ByAccount):
    """One row is what an account itself expects of one product in one ISO week, as it said on `made_on`.

    `units` is the mean, `high` what nine of ten outcomes stay below. A later forecast stands beside the earlier ones.
    """

    data_class = DataClass.KPI
    account = models.ForeignKey(Account, models.PROTECT, related_name="account_forecasts", db_index=False)
    product = models.ForeignKey(Product, models.PROTECT, related_name="+")
    week = models.DateField(_("week"))
    made_on = models.DateField(_("made"))
    units = quantity(_("units"))
    high = quantity(_("high"), null=True)
    batch = models.ForeignKey(ImportBatch, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        ordering = ["-made_on", "product", "week"]
        verbose_name = _("forecast of the account")
        constraints = [
            models.UniqueConstraint(fields=["account", "product", "week", "made_on"], name="accountforecast_once"),
            models.CheckConstraint(
                condition=Q(units__gte=0) & (Q(high=None) | Q(high__gte=0)),
                name="accountforecast_positive",
                violation_error_message=_("A forecast cannot be negative."),
            ),
            monday("accountforecast_monday"),
        ]
        indexes = [models.Index(fields=["account", "made_on"], name="accountforecast_day")]

    def __str__(self):
        return f"{self.made_on} {self.product_id} {self.week}"


class AccountMargin(ByAccount):
    """One row is what an account earned on one product in one ISO week, as it says itself: a fraction of its sales."""

    data_class = DataClass.KPI
    account = models.ForeignKey(Account, models.PROTECT, related_name="margins", db_index=False)
    product = models.ForeignKey(Product, models.PROTECT, related_name="+")
    week = models.DateField(_("week"))
    margin = models.DecimalField(_("margin"), max_digits=9, decimal_places=4)
    batch = models.ForeignKey(ImportBatch, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        ordering = ["-week", "account", "product"]
        verbose_name = _("margin of the account")
        constraints = [
            models.UniqueConstraint(fields=["account", "product", "week"], name="accountmargin_once"),
            monday("accountmargin_monday"),
        ]
        indexes = [models.Index(fields=["account", "week"], name="accountmargin_week")]

    def __str__(self):
        return f"{self.account_id} {self.product_id} {self.week}"


class ExchangeRateQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Rates are common to the house."""
        return self if user.is_active else self.none()


class ExchangeRate(models.Model):
    """One row says how many units of a currency one euro cost from a day on, until the next row of that currency."""

    currency = models.CharField(_("currency"), max_length=3, validators=[currency_code])
    day = models.DateField(_("day"))
    per_euro = models.DecimalField(_("units for one euro"), max_digits=18, decimal_places=8)
    batch = models.ForeignKey(ImportBatch, models.PROTECT, null=True, related_name="+", db_index=False)

    objects = ExchangeRateQuerySet.as_manager()

    class Meta:
        ordering = ["currency", "-day"]
        verbose_name = _("exchange rate")
        constraints = [
            models.UniqueConstraint(fields=["currency", "day"], name="exchangerate_once"),
            models.CheckConstraint(
                condition=Q(per_euro__gt=0),
                name="exchangerate_positive",
                violation_error_message=_("A rate is more than nothing."),
            ),
        ]

    def __str__(self):
        return f"{self.currency} {self.day}"
