"""What pages read: sums and measures that are derived from facts."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, ByAccount
from accounts.models.reach import reach_of
from kam.measures import all_measures
from kam.models import Versioned
from kam.roles import READS, DataClass
from kpis.models.fact import money, quantity
from kpis.models.product import Category, Product


class Touched(models.Model):
    """One row says that facts of an account and week changed and since which night that is taken into account.

    `night` is empty until the rollup step of a night has worked the week in; `is_summed` says that its sums are right
    already.
    """

    account = models.ForeignKey(Account, models.CASCADE, related_name="+", db_index=False)
    week = models.DateField()
    night = models.DateField(null=True)
    is_summed = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "week", "night"], name="touched_once", nulls_distinct=False),
        ]
        indexes = [models.Index(fields=["night", "account"], name="touched_night")]

    def __str__(self):
        return f"{self.account_id} {self.week}"


class AccountWeek(ByAccount):
    """One row is one account in one ISO week: sell-in beside sell-through, summed from the facts."""

    data_class = DataClass.KPI
    account = models.ForeignKey(Account, models.CASCADE, related_name="weeks", db_index=False)
    week = models.DateField(_("week"))
    currency = models.CharField(max_length=3)
    sell_in_units = quantity(_("sell-in, units"), null=True)
    sell_in_value = money(_("sell-in"), null=True)
    units = quantity(_("sell-through, units"), null=True)
    value = money(_("sell-through"), null=True)
    returns = quantity(_("returns"), null=True)
    receipts = quantity(_("receipts"), null=True)
    stock = quantity(_("stock on hand"), null=True)

    class Meta:
        ordering = ["account", "week"]
        constraints = [models.UniqueConstraint(fields=["account", "week"], name="accountweek_once")]

    def __str__(self):
        return f"{self.account_id} {self.week}"


class ProductWeek(ByAccount):
    """One row is one product at one account in one ISO week, summed over its stores.

    `stores` reported it, `empty_stores` of them had nothing left at the end of the week. Like the facts it is summed
    from, the table leaves it to those who fill it that account and product exist: to check would take as long as to
    sum.
    """

    data_class = DataClass.KPI
    pk = models.CompositePrimaryKey("account_id", "week", "product_id")
    account = models.ForeignKey(Account, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    product = models.ForeignKey(Product, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    week = models.DateField(_("week"))
    units = quantity(_("units"), null=True)
    value = money(_("value"), null=True)
    returns = quantity(_("returns"), null=True)
    receipts = quantity(_("receipts"), null=True)
    stock = quantity(_("stock on hand"), null=True)
    stores = models.PositiveIntegerField(_("stores"), null=True)
    empty_stores = models.PositiveIntegerField(_("stores without stock"), null=True)

    class Meta:
        ordering = ["account", "week", "product"]
        indexes = [models.Index(fields=["product", "week"], name="productweek_product")]

    def __str__(self):
        return f"{self.account_id} {self.week} {self.product_id}"


class CategoryWeek(ByAccount):
    """One row is one category at one account in one ISO week, summed over its products as they are sorted today.

    Products without a category are summed in a row without one.
    """

    data_class = DataClass.KPI
    account = models.ForeignKey(Account, models.CASCADE, related_name="+", db_index=False)
    category = models.ForeignKey(Category, models.CASCADE, null=True, related_name="+", db_index=False)
    week = models.DateField(_("week"))
    units = quantity(_("units"), null=True)
    value = money(_("value"), null=True)
    returns = quantity(_("returns"), null=True)
    receipts = quantity(_("receipts"), null=True)
    stock = quantity(_("stock on hand"), null=True)

    class Meta:
        ordering = ["account", "week", "category"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "week", "category"], name="categoryweek_once", nulls_distinct=False
            )
        ]
        indexes = [models.Index(fields=["category", "week"], name="categoryweek_category")]

    def __str__(self):
        return f"{self.account_id} {self.week} {self.category_id}"


class MeasuredQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Rows of visible accounts about measures whose own class of data the user's role reads."""
        if not user.is_active:
            return self.none()
        reads = READS.get(user.role, ())
        codes = [code for code, measure in all_measures().items() if measure.data_class in reads]
        return self.filter(reach_of(user).hanging_off("account"), measure__in=codes)


class MeasureValue(ByAccount):
    """One row is one measure of one account in one ISO week: numerator and denominator, never only the rate.

    `as_of` is the day the facts reach to; `late` says that a feed it needs had not arrived.
    """

    data_class = DataClass.KPI
    account = models.ForeignKey(Account, models.CASCADE, related_name="measures", db_index=False)
    measure = models.CharField(_("measure"), max_length=40)
    definition = models.PositiveSmallIntegerField(_("definition version"), default=1)
    week = models.DateField(_("week"))
    numerator = models.DecimalField(_("numerator"), max_digits=20, decimal_places=4, null=True)
    denominator = models.DecimalField(_("denominator"), max_digits=20, decimal_places=4, null=True)
    as_of = models.DateField(_("as of"))
    late = models.BooleanField(_("late"), default=False)

    objects = MeasuredQuerySet.as_manager()

    class Meta:
        ordering = ["account", "measure", "week"]
        verbose_name = _("measure value")
        constraints = [
            models.UniqueConstraint(fields=["account", "measure", "week"], name="measurevalue_once"),
        ]
        indexes = [
            # Figures of many accounts are summed from the index alone.
            models.Index(
                fields=["measure", "week", "account"],
                include=["numerator", "denominator", "late"],
                name="measurevalue_figures",
            ),
            # What is late is next to nothing of all, and asked for by every page of the explorer.
            models.Index(fields=["measure", "week"], condition=models.Q(late=True), name="measurevalue_late"),
        ]

    def __str__(self):
        return f"{self.account_id} {self.measure} {self.week}"

    @property
    def value(self):
        """Numerator over denominator; None where there is nothing to divide by."""
        if self.numerator is None or not self.denominator:
            return None
        return self.numerator / self.denominator


class Target(ByAccount, Versioned):
    """One row is the figure an account shall reach for one measure in one year."""

    data_class = DataClass.KPI
    account = models.ForeignKey(Account, models.CASCADE, related_name="targets", verbose_name=_("account"))
    measure = models.CharField(_("measure"), max_length=40)
    year = models.PositiveSmallIntegerField(_("year"))
    value = models.DecimalField(_("target"), max_digits=18, decimal_places=4)

    objects = MeasuredQuerySet.as_manager()

    class Meta:
        ordering = ["account", "measure", "-year"]
        verbose_name = _("target")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "measure", "year"],
                name="target_once",
                violation_error_message=_("The account has a target for this measure and year already."),
            ),
        ]

    def __str__(self):
        return f"{self.account} {self.measure} {self.year}"
