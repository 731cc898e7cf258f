from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from kam.models import Versioned
from kam.models.user import known_time_zone
from kam.roles import READS, DataClass, Role

IMPORTERS = frozenset({Role.ANALYST, Role.ADMIN, Role.API_CLIENT, Role.ACCOUNT_MANAGER, Role.TEAM_LEAD, Role.DIRECTOR})


class Kind(models.TextChoices):
    """What the rows of a file are."""

    ACCOUNTS = "accounts", _("Accounts")
    STORES = "stores", _("Stores")
    PRODUCTS = "products", _("Products")
    SELL_THROUGH = "sell_through", _("Sell-through")
    ORDERS = "orders", _("Orders")
    INVOICES = "invoices", _("Invoices")
    OPEN_ITEMS = "open_items", _("Open items")
    STOCK = "stock", _("Stock")
    SHIPMENTS = "shipments", _("Shipments")
    SERVICE = "service", _("Service")
    PRICES = "prices", _("Prices to shoppers")
    ACCOUNT_FORECAST = "account_forecast", _("Forecast of the account")
    MARGINS = "margins", _("Margins of the account on us")
    RATES = "rates", _("Exchange rates")


# What a file of a kind tells; the others hold master data.
TELLS = {
    Kind.SELL_THROUGH: DataClass.KPI,
    Kind.ORDERS: DataClass.KPI,
    Kind.INVOICES: DataClass.KPI,
    Kind.OPEN_ITEMS: DataClass.FINANCE,
    Kind.STOCK: DataClass.KPI,
    Kind.SHIPMENTS: DataClass.KPI,
    Kind.SERVICE: DataClass.KPI,
    Kind.PRICES: DataClass.KPI,
    Kind.ACCOUNT_FORECAST: DataClass.KPI,
    Kind.MARGINS: DataClass.KPI,
}


class FeedQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Feeds of visible accounts; feeds of the whole house for those who import."""
        if not user.is_active:
            return self.none()
        house = Q(account=None) if user.role in IMPORTERS | {Role.AUDITOR} else Q(pk=None)
        return self.filter(house | Q(account__in=Account.objects.visible_to(user).order_by().values("pk")))


class Feed(Versioned):
    """One row is one file we expect again and again: from whom, what, by when, and how much.

    Without an account it is a feed of our own systems for all accounts. The file of a week is due on `weekday` of the
    next one, plus `grace_days`, at `hour` by the clocks of `time_zone`. `expected_stores` says which stores must be in
    it, `completeness` which share of them at least, in percent; `tolerance` by how many percent a week may be below
    what is usual. `kpis.feeds` judges.
    """

    class Expected(models.TextChoices):
        USUAL = "usual", _("Those that usually report")
        ALL = "all", _("All stores of the account")
        ANY = "any", _("Any; not judged")

    code = models.SlugField(_("code"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    account = models.ForeignKey(
        Account, models.CASCADE, null=True, blank=True, related_name="feeds", verbose_name=_("account")
    )
    mapping = models.CharField(_("mapping"), max_length=80, default="default")
    weekday = models.PositiveSmallIntegerField(
        _("due on weekday"), null=True, blank=True, validators=[MaxValueValidator(6)]
    )
    grace_days = models.PositiveSmallIntegerField(_("days of grace"), default=0)
    hour = models.PositiveSmallIntegerField(
        _("due at"), default=24, db_default=24, validators=[MinValueValidator(1), MaxValueValidator(24)]
    )
    time_zone = models.CharField(
        _("time zone"), max_length=50, default="UTC", db_default="UTC", validators=[known_time_zone]
    )
    expected_stores = models.CharField(
        _("stores that must report"), max_length=8, choices=Expected.choices, default=Expected.USUAL, db_default="usual"
    )
    completeness = models.PositiveSmallIntegerField(
        _("complete from"), default=95, db_default=95, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    tolerance = models.PositiveSmallIntegerField(
        _("tolerance"), null=True, blank=True, validators=[MaxValueValidator(100)]
    )
    keeps_good_rows = models.BooleanField(
        _("store good rows even where others are bad"), default=False, db_default=False
    )

    objects = FeedQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        verbose_name = _("feed")

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("kpis:feed", args=[self.pk])


class ImportBatchQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own batches, and those of feeds of visible accounts, if the role reads what such files tell.

        A file of the whole house is about every account: only who sees all of them sees its counts and bad rows.
        """
        if not user.is_active:
            return self.none()
        if user.role == Role.AUDITOR:
            return self.all()
        visible = Account.objects.visible_to(user).order_by().values("pk")
        of_account = Q(feed__account__in=visible)
        of_house = Q(feed__isnull=False, feed__account=None) & ~Exists(Account.objects.exclude(pk__in=visible))
        reads = READS.get(user.role, ())
        kinds = [kind for kind in Kind if TELLS.get(kind, DataClass.GENERAL) in reads]
        return self.filter(Q(by=user) | Q(kind__in=kinds) & (of_account | of_house))

    def stored(self):
        return self.filter(state=ImportBatch.State.APPLIED)


class ImportBatch(models.Model):
    """One row is one file somebody gave us: what it was, what became of it, and how many rows.

    `content` (SHA-256 of bytes, kind, mapping) is unique per feed among applied batches: the same file is a no-op.
    `sha256` is of the bytes alone, as other tools compute it. `by_form` says that a person maps the columns on a page
    where no mapping fits. While a file is read, `phase`, `rows_read` and `rows_total` (line breaks, until it is read)
    say how far it is.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        READING = "reading", _("Reading")
        MAPPING = "mapping", _("Columns to be mapped")
        APPLIED = "applied", _("Applied")
        REJECTED = "rejected", _("Rejected")
        UNUSABLE = "unusable", _("Unusable")
        DUPLICATE = "duplicate", _("Already imported")
        CHECKED = "checked", _("Checked only")
        CANCELLED = "cancelled", _("Cancelled")
        UNDONE = "undone", _("Undone")

    # Not read to their end yet.
    OPEN = (State.WAITING, State.READING)

    class Phase(models.TextChoices):
        """What is being done to a file that is read."""

        LOOKING = "looking", _("Looking at the columns")
        OPENING = "opening", _("Opening the file")
        CHECKING = "checking", _("Checking the rows")
        COMPARING = "comparing", _("Comparing with what is stored")

    feed = models.ForeignKey(Feed, models.PROTECT, null=True, blank=True, related_name="batches", db_index=False)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    mapping = models.CharField(_("mapping"), max_length=80, default="default")
    file_name = models.CharField(_("file"), max_length=255)
    stored_name = models.CharField(max_length=120, editable=False)
    size = models.BigIntegerField(_("bytes"), default=0)
    content = models.CharField(max_length=64, editable=False)
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True, default="", db_default="", editable=False)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    dry_run = models.BooleanField(_("check only"), default=False)
    duplicate_of = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="repeats")
    rows = models.BigIntegerField(_("rows"), default=0)
    accepted = models.BigIntegerField(_("accepted"), default=0)
    rejected = models.BigIntegerField(_("rejected"), default=0)
    ignored = models.JSONField(_("ignored"), default=dict)
    created = models.JSONField(_("created"), default=dict)
    changes = models.JSONField(_("changes"), default=dict)
    warnings = models.JSONField(_("warnings"), default=list)
    units = models.DecimalField(_("units"), max_digits=20, decimal_places=3, null=True)
    value = models.DecimalField(_("value"), max_digits=20, decimal_places=2, null=True)
    problem = models.JSONField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    by_form = models.BooleanField(default=False, db_default=False, editable=False)
    corrects = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="corrections", verbose_name=_("corrects")
    )
    phase = models.CharField(_("phase"), max_length=10, choices=Phase.choices, blank=True, default="", db_default="")
    rows_read = models.BigIntegerField(_("rows read"), default=0, db_default=0)
    rows_total = models.BigIntegerField(_("rows in the file"), null=True)
    version = models.PositiveIntegerField(_("version"), default=1, db_default=1, editable=False)
    received_at = models.DateTimeField(_("received"), auto_now_add=True)
    lease_until = models.DateTimeField(null=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(_("finished"), null=True)

    objects = ImportBatchQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        indexes = [models.Index(fields=["feed", "received_at"], name="batch_received")]
        constraints = [
            models.UniqueConstraint(
                fields=["feed", "kind", "content"],
                condition=Q(state="applied"),
                name="batch_applied_once",
                nulls_distinct=False,
                violation_error_message=_("This file has been imported already."),
            ),
            models.CheckConstraint(
                condition=Q(rows__gte=0, accepted__gte=0, rejected__gte=0), name="batch_counts_positive"
            ),
        ]

    def __str__(self):
        return self.file_name

    def get_absolute_url(self):
        return reverse("kpis:import-detail", args=[self.pk])


class OfBatchQuerySet(models.QuerySet):
    def visible_to(self, user):
        """What visible batches did."""
        return self.filter(batch__in=ImportBatch.objects.visible_to(user).order_by().values("pk"))


class ImportError(models.Model):
    """One row is one bad cell of one file: line, column, value and reason, as code and parameters."""

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="errors")
    line = models.BigIntegerField(_("line"))
    column = models.CharField(_("column"), max_length=200, blank=True)
    value = models.TextField(_("value"), blank=True)
    code = models.CharField(_("reason"), max_length=60)
    params = models.JSONField(default=dict)

    objects = OfBatchQuerySet.as_manager()

    class Meta:
        ordering = ["batch", "line", "pk"]

    def __str__(self):
        return f"{self.line} {self.column} {self.code}"


class BatchWeekQuerySet(OfBatchQuerySet):
    def visible_to(self, user):
        """What visible batches did to visible accounts, and to those that were not there yet."""
        seen = Q(account__in=Account.objects.visible_to(user).order_by().values("pk")) | Q(account=None)
        return super().visible_to(user).filter(seen)


class BatchWeek(models.Model):
    """One row is what one file said about one account and ISO week, and what that changed.

    `units` and `value` are the file's own sums, `units_moved` and `value_moved` by how much what is stored moved. A
    week that only lost rows, because the file dates them elsewhere, has no rows of its own. What a check says of
    accounts that the import would create has no account. `store_ids` are the stores that the file told of.
    """

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="weeks", db_index=False)
    account = models.ForeignKey(
        Account, models.CASCADE, null=True, related_name="+", db_index=False, verbose_name=_("account")
    )
    week = models.DateField(_("week"))
    rows = models.IntegerField(_("rows"), default=0)
    new = models.IntegerField(_("new"), default=0)
    changed = models.IntegerField(_("changed"), default=0)
    stores = models.IntegerField(_("stores"), null=True)
    store_ids = ArrayField(models.BigIntegerField(), null=True, editable=False)
    units = models.DecimalField(_("units"), max_digits=20, decimal_places=3, null=True)
    value = models.DecimalField(_("value"), max_digits=20, decimal_places=2, null=True)
    units_moved = models.DecimalField(_("units more than before"), max_digits=20, decimal_places=3, null=True)
    value_moved = models.DecimalField(_("value more than before"), max_digits=20, decimal_places=2, null=True)

    objects = BatchWeekQuerySet.as_manager()

    class Meta:
        ordering = ["batch", "week", "account"]
        verbose_name = _("week of an import")
        constraints = [models.UniqueConstraint(fields=["batch", "account", "week"], name="batchweek_once")]
        indexes = [models.Index(fields=["account", "week", "batch"], name="batchweek_account")]

    def __str__(self):
        return f"{self.batch_id} {self.account_id} {self.week}"


class Restatement(models.Model):
    """One row is a stored fact as it was known before a batch restated it.

    `before` is the whole row of the kind's table; `before_batch` brought it. So what was known when can be told, and
    the batch can be undone. Like the facts, the table leaves it to those who fill it that batches and account exist:
    to check would take as long as to write.
    """

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="restatements", db_constraint=False)
    before_batch = models.ForeignKey(ImportBatch, models.CASCADE, null=True, related_name="+", db_constraint=False)
    account = models.ForeignKey(Account, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    week = models.DateField(_("week"))
    before = models.JSONField()

    objects = OfBatchQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("restatement")
        indexes = [models.Index(fields=["account", "week"], name="restatement_account")]

    def __str__(self):
        return f"{self.batch_id} {self.account_id} {self.week}"
