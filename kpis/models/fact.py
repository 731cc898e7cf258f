"""Facts: what happened. Every row carries its account, and the batch that brought it.

An account needs no index of its own where a constraint or an index begins with it.
"""

from decimal import Decimal

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce, Greatest
from django.db.models.lookups import GreaterThanOrEqual
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, ByAccount, Store
from accounts.models.account import currency_code
from kam.roles import DataClass
from kpis.models.batch import ImportBatch
from kpis.models.product import Product


def quantity(label, **options):
    """A column of units: eleven digits and three decimals."""
    return models.DecimalField(label, max_digits=14, decimal_places=3, **options)


def money(label, **options):
    """A column of money: sixteen digits and two decimals."""
    return models.DecimalField(label, max_digits=18, decimal_places=2, **options)


def _day_on_which_nothing_was_left():
    """The day a line was shipped, or else received, when as much came as was ordered and not cancelled."""
    none = Value(Decimal(0))
    wanted = Greatest(F("ordered") - Coalesce("cancelled", none), none)
    gone = Greatest(Coalesce("shipped", "received", none), none)
    left = Case(When(shipped=None, then=F("received_on")), default=F("shipped_on"))
    return Case(When(GreaterThanOrEqual(gone, wanted), then=Greatest(left, F("ordered_on"))))


class SellThrough(ByAccount):
    """One row is one product in one store in one ISO week, as the account reported it.

    Partitioned by month on the week's Monday; no column is updated but by a restatement.
    """

    data_class = DataClass.KPI
    pk = models.CompositePrimaryKey("week", "store_id", "product_id")
    week = models.DateField(_("week"))
    store = models.ForeignKey(Store, models.DO_NOTHING, related_name="+", db_index=False)
    product = models.ForeignKey(Product, models.DO_NOTHING, related_name="+", db_index=False)
    account = models.ForeignKey(Account, models.DO_NOTHING, related_name="+", db_index=False)
    units = quantity(_("units"))
    value = money(_("value"), null=True)
    stock = quantity(_("stock on hand"), null=True)
    receipts = quantity(_("receipts"), null=True)
    returns = quantity(_("returns"), null=True)
    currency = models.CharField(max_length=3, validators=[currency_code])
    batch = models.ForeignKey(ImportBatch, models.DO_NOTHING, related_name="+", db_index=False)

    class Meta:
        managed = False
        db_table = "kpis_sellthrough"
        verbose_name = _("sell-through")

    def __str__(self):
        return f"{self.week} {self.store_id} {self.product_id}"


class OrderLine(ByAccount):
    """One row is one line of an order an account placed with us, from order to receipt.

    `settled_on` is the day from which it counts in no backlog any more; empty while something is still to come.
    `despatch` is what despatch advices said, [units, day] by their numbers; where there are any, `shipped` is the sum.
    """

    data_class = DataClass.KPI
    account = models.ForeignKey(Account, models.PROTECT, related_name="order_lines", db_index=False)
    order_number = models.CharField(_("order"), max_length=60)
    line_number = models.CharField(_("line"), max_length=20)
    product = models.ForeignKey(Product, models.PROTECT, related_name="+")
    store = models.ForeignKey(Store, models.PROTECT, null=True, related_name="+")
    ordered_on = models.DateField(_("ordered"))
    requested_on = models.DateField(_("requested"), null=True)
    promised_on = models.DateField(_("promised"), null=True)
    shipped_on = models.DateField(_("shipped"), null=True)
    received_on = models.DateField(_("received"), null=True)
    ordered = quantity(_("units ordered"))
    confirmed = quantity(_("units confirmed"), null=True)
    shipped = quantity(_("units shipped"), null=True)
    despatch = models.JSONField(_("despatch advices"), default=dict, db_default={}, editable=False)
    received = quantity(_("units received"), null=True)
    rejected = quantity(_("units rejected"), null=True)
    cancelled = quantity(_("units cancelled"), null=True)
    price = models.DecimalField(_("net price"), max_digits=18, decimal_places=4, null=True)
    currency = models.CharField(max_length=3, validators=[currency_code])
    batch = models.ForeignKey(ImportBatch, models.PROTECT, null=True, related_name="+", db_index=False)
    settled_on = models.GeneratedField(
        expression=_day_on_which_nothing_was_left(), output_field=models.DateField(), db_persist=True
    )

    class Meta:
        ordering = ["-ordered_on", "order_number", "line_number"]
        verbose_name = _("order line")
        constraints = [
            models.UniqueConstraint(fields=["account", "order_number", "line_number"], name="orderline_once"),
            models.CheckConstraint(
                condition=Q(ordered__gte=0),
                name="orderline_ordered_positive",
                violation_error_message=_("An ordered quantity cannot be negative."),
            ),
        ]
        indexes = [
            models.Index(fields=["account", "requested_on"], name="orderline_requested"),
            models.Index(fields=["account", "ordered_on"], name="orderline_day"),
            models.Index(fields=["account", "settled_on"], name="orderline_settled"),
            models.Index(fields=["ordered_on", "id"], name="orderline_newest"),
            # What is open is little of all. How late lines came is counted from the index alone: without other columns
            # it is a fifth as large, as lines with the same days share one entry.
            models.Index(fields=["requested_on"], condition=Q(settled_on=None), name="orderline_waiting"),
            models.Index(
                fields=["requested_on", "received_on", "account"],
                condition=Q(received__gt=0, received_on__isnull=False),
                name="orderline_came",
            ),
        ]

    def __str__(self):
        return f"{self.order_number}/{self.line_number}"

    def get_absolute_url(self):
        return reverse("kpis:order-line", args=[self.pk])


class InvoiceLine(ByAccount):
    """One row is one line of an invoice or credit note of ours; credit lines are negative.

    Its key is document, product and occurrence, because real documents repeat a product.
    """

    data_class = DataClass.KPI
    account = models.ForeignKey(Account, models.PROTECT, related_name="invoice_lines", db_index=False)
    document = models.CharField(_("document"), max_length=60)
    product = models.ForeignKey(Product, models.PROTECT, related_name="+")
    occurrence = models.PositiveIntegerField(_("occurrence"), default=1)
    store = models.ForeignKey(Store, models.PROTECT, null=True, related_name="+")
    invoiced_on = models.DateField(_("invoiced"))
    quantity = quantity(_("units"))
    price = models.DecimalField(_("net price"), max_digits=18, decimal_places=4, null=True)
    value = money(_("net value"))
    currency = models.CharField(max_length=3, validators=[currency_code])
    is_credit = models.BooleanField(_("credit note"), default=False)
    batch = models.ForeignKey(ImportBatch, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        ordering = ["-invoiced_on", "document", "product", "occurrence"]
        verbose_name = _("invoice line")
        constraints = [
            models.UniqueConstraint(fields=["account", "document", "product", "occurrence"], name="invoiceline_once"),
        ]
        indexes = [models.Index(fields=["account", "invoiced_on"], name="invoiceline_day")]

    def __str__(self):
        return f"{self.document}/{self.product_id}/{self.occurrence}"


class OpenItem(ByAccount):
    """One row is one receivable: an invoice or credit note as finance books it, open or paid.

    `settled_on` is the day from which nothing of it is open; empty while something is.
    """

    data_class = DataClass.FINANCE
    account = models.ForeignKey(Account, models.PROTECT, related_name="open_items", db_index=False)
    document = models.CharField(_("document"), max_length=60)
    issued_on = models.DateField(_("issued"))
    due_on = models.DateField(_("due"))
    paid_on = models.DateField(_("paid"), null=True)
    amount = money(_("amount"))
    paid = money(_("paid amount"), default=0)
    currency = models.CharField(max_length=3, validators=[currency_code])
    batch = models.ForeignKey(ImportBatch, models.PROTECT, null=True, related_name="+", db_index=False)
    settled_on = models.GeneratedField(
        expression=Case(When(paid=F("amount"), then=Greatest("paid_on", "issued_on"))),
        output_field=models.DateField(),
        db_persist=True,
    )

    class Meta:
        ordering = ["due_on", "document"]
        verbose_name = _("open item")
        constraints = [
            models.UniqueConstraint(fields=["account", "document"], name="openitem_once"),
            models.CheckConstraint(
                condition=Q(due_on__gte=F("issued_on")),
                name="openitem_dates_in_order",
                violation_error_message=_("An item cannot be due before it is issued."),
            ),
        ]
        indexes = [
            models.Index(fields=["account", "due_on"], name="openitem_due"),
            models.Index(fields=["account", "issued_on"], name="openitem_day"),
            models.Index(fields=["account", "settled_on"], name="openitem_settled"),
        ]

    def __str__(self):
        return self.document
