from django.conf import settings
from django.db import models
from django.db.models import F, Func, IntegerField, Q, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext_lazy as _

from accounts.models.account import Account, currency_code
from accounts.models.scope import ByAccount, ByAccountQuerySet
from accounts.wording import sentence
from kam.addresses import address_of
from kam.roles import DataClass, of_read_classes


class AlertQuerySet(ByAccountQuerySet):
    def visible_to(self, user):
        """Alerts of visible accounts about classes of data that the user's role reads."""
        return super().visible_to(user).readable_by(user)

    def readable_by(self, user):
        """Only alerts about classes of data that the user's role reads; of which accounts is not asked."""
        return self.filter(of_read_classes("shown_to", user))

    def unresolved(self):
        return self.exclude(state=Alert.State.RESOLVED)

    def worst_first(self):
        """By severity, then money at stake, then age."""
        return self.order_by(*_worst_first())

    def worst_of_each_account(self, n):
        """The `n` worst alerts of every account, account by account."""
        place = Window(RowNumber(), partition_by="account", order_by=_worst_first())
        return self.annotate(place=place).filter(place__lte=n).order_by("account", "place")


def _worst_first():
    worst_to_least = ", ".join(f"'{severity}'" for severity in Alert.Severity.values)
    place = f"array_position(ARRAY[{worst_to_least}], %(expressions)s)"
    rank = Func(F("severity"), template=place, output_field=IntegerField())
    return [rank, F("at_stake").desc(nulls_last=True), F("raised_on").asc(), F("pk").asc()]


class _ShownTo:
    """The class of data an alert speaks about is the row's own, so that its audit entries carry it too."""

    def __get__(self, row, model):
        return DataClass.GENERAL if row is None else row.shown_to


class Alert(ByAccount):
    """One row is one thing that needs somebody's attention; the fingerprint keeps it from being raised twice.

    The sentence is built from `code` and `params` in the reader's language (see `accounts.wording`).
    `resolved_by` is empty when the night resolved it, because it was no longer so.
    """

    class Severity(models.TextChoices):
        CRITICAL = "critical", _("Critical")
        WARNING = "warning", _("Warning")
        NOTICE = "notice", _("Notice")

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        ACKNOWLEDGED = "acknowledged", _("Acknowledged")
        RESOLVED = "resolved", _("Resolved")

    data_class = _ShownTo()
    account = models.ForeignKey(Account, models.CASCADE, related_name="alerts", verbose_name=_("account"))
    fingerprint = models.CharField(max_length=200)
    code = models.CharField(_("kind"), max_length=60)
    params = models.JSONField(default=dict)
    severity = models.CharField(_("severity"), max_length=10, choices=Severity.choices)
    state = models.CharField(_("state"), max_length=14, choices=State.choices, default=State.OPEN)
    shown_to = models.CharField(max_length=20, choices=DataClass.choices, default=DataClass.GENERAL)
    at_stake = models.DecimalField(_("at stake"), max_digits=18, decimal_places=2, null=True)
    currency = models.CharField(_("currency"), max_length=3, validators=[currency_code], blank=True)
    act_by = models.DateField(_("act by"), null=True)
    url = models.CharField(max_length=200, blank=True)
    raised_on = models.DateField(_("raised"))
    seen_on = models.DateField(_("last seen"))
    resolved_on = models.DateField(_("resolved"), null=True)
    acknowledged_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    resolved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ["-raised_on", "-pk"]
        verbose_name = _("alert")
        constraints = [
            models.UniqueConstraint(fields=["fingerprint"], condition=~Q(state="resolved"), name="alert_open_once"),
            models.CheckConstraint(
                condition=Q(at_stake__isnull=True) | ~Q(currency=""), name="alert_money_has_currency"
            ),
            models.CheckConstraint(
                condition=Q(state="resolved", resolved_on__isnull=False)
                | (~Q(state="resolved") & Q(resolved_on__isnull=True)),
                name="alert_resolved_has_day",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "state"], name="alert_account_state"),
            models.Index(fields=["code", "state"], name="alert_code_state"),
            models.Index(  # every page counts what is open, and home adds it up
                fields=["account"],
                include=["state", "shown_to", "currency", "at_stake", "act_by"],
                condition=~Q(state="resolved"),
                name="alert_unresolved",
            ),
        ]

    def __str__(self):
        return sentence(self)

    def get_absolute_url(self):
        return address_of("accounts:detail", self.account_id)
