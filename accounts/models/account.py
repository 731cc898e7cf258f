from django.apps import apps
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Value
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models.reach import reach_of
from accounts.models.scope import ByAccount
from accounts.models.team import Team
from kam.addresses import address_of
from kam.expressions import CountOf, SumOf
from kam.models import Entry, Tree, Versioned
from kam.roles import DataClass
from kam.text import sort_key
from kam.words import Words, named

country_code = RegexValidator(r"^[A-Z]{2}\Z", _("Use the two capital letters of the country, such as DE."))
currency_code = RegexValidator(r"^[A-Z]{3}\Z", _("Use the three capital letters of the currency, such as EUR."))


class AccountQuerySet(models.QuerySet):
    def visible_to(self, user):
        """THE access rule: which accounts a person sees. No owner and no member means nobody.

        Auditors see every account; account managers and field staff see the accounts they are a member of
        and what is below them; leaders, analysts, finance and API clients see the scope of their teams.
        Today's deputies also see what those see in whose place they stand, by the same rules of those persons' roles.
        """
        return self.filter(reach_of(user).accounts())

    def active(self):
        return self.filter(state=Account.State.ACTIVE)

    def found_by(self, text):
        """Accounts of which every word of `text` begins the number or a word of the name.

        Found first and then put in order: the database would rather walk through all in their order until it has a
        page, and looks at nearly everything where those that fit stand far behind. So it is asked for what every
        account fulfils and it believes of few: that a number is itself and nothing.
        """
        return self.filter(named(text.split()), pk=F("pk") + 0)

    def with_signal(self, user):
        """Add what the alerts that `user` reads say: `alerts_open`, `worst` (a severity), `at_stake`.

        `at_stake` counts only money in the account's own currency; amounts in others are not added up.
        """
        alerts = _alerts_read_by(user)
        return self.annotate(
            alerts_open=CountOf(alerts),
            worst=_worst(alerts),
            at_stake=SumOf(alerts.filter(currency=OuterRef("currency")), "at_stake"),
        )

    def with_worst(self, user):
        """Add of these only `worst`."""
        return self.annotate(worst=_worst(_alerts_read_by(user)))

    def with_last_change(self, user):
        """Add `changed_at`: the last entry of the audit log about the account that `user` may read."""
        entries = Entry.objects.filter(account_id=OuterRef("pk")).readable_by(user).order_by("-at")
        return self.annotate(changed_at=Subquery(entries.values("at")[:1]))


def _alerts_read_by(user):
    """The unresolved alerts that `user` reads of the account around the query."""
    return apps.get_model("accounts", "Alert").objects.unresolved().readable_by(user).filter(account=OuterRef("pk"))


def _worst(alerts):
    return Subquery(alerts.worst_first().values("severity")[:1])


class Account(Tree, Versioned):
    """One row is one customer or seller, at any level: group, banner or regional head office."""

    class Kind(models.TextChoices):
        GROUP = "group", _("Group")
        RETAILER = "retailer", _("Retailer")
        WHOLESALER = "wholesaler", _("Wholesaler")
        DISTRIBUTOR = "distributor", _("Distributor")
        WEBSHOP = "webshop", _("Webshop")
        SELLER = "seller", _("Marketplace seller")
        UNASSIGNED = "unassigned", _("Unassigned import lines")

    class Direction(models.TextChoices):
        SELL_TO = "sell_to", _("We sell to them")
        SELL_WITH = "sell_with", _("They sell with us")

    class Tier(models.TextChoices):
        A = "A", "A"
        B = "B", "B"
        C = "C", "C"

    class State(models.TextChoices):
        PROSPECT = "prospect", _("Prospect")
        ACTIVE = "active", _("Active")
        CLOSED = "closed", _("Closed")

    code = models.CharField(_("number"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=160)
    sort_name = models.CharField(max_length=250, editable=False, default="")
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices, default=Kind.RETAILER)
    direction = models.CharField(_("direction"), max_length=10, choices=Direction.choices, default=Direction.SELL_TO)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.ACTIVE)
    tier = models.CharField(_("tier"), max_length=1, choices=Tier.choices, blank=True)
    country = models.CharField(_("country"), max_length=2, validators=[country_code])
    currency = models.CharField(_("currency"), max_length=3, validators=[currency_code])
    languages = ArrayField(models.CharField(max_length=10), verbose_name=_("languages"), default=list, blank=True)
    team = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, related_name="accounts", verbose_name=_("team")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="owned_accounts",
        verbose_name=_("account manager"),
    )

    data_class = DataClass.GENERAL
    objects = AccountQuerySet.as_manager()

    class Meta(Tree.Meta):
        ordering = ["sort_name", "pk"]
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        indexes = [
            *Tree.Meta.indexes,
            models.Index(fields=["sort_name", "id"], name="account_sort"),
            GinIndex(Words("name", "code"), name="account_words"),
            models.Index(fields=["currency", "id"], name="account_currency"),  # which one most of them trade in
            models.Index(fields=["id"], condition=Q(state="prospect"), name="account_prospect"),  # few, always counted
        ]

    def __str__(self):
        return self.name

    def save(self, *args, **kwargs):
        self.sort_name = sort_key(self.name)
        super().save(*args, **kwargs)

    def get_absolute_url(self):
        return address_of("accounts:detail", self.pk)

    @property
    def owning_account(self):
        return self


class Membership(ByAccount):
    """One row says that a person looks after an account, and so after everything below it."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="memberships", verbose_name=_("account"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships", verbose_name=_("person")
    )
    function = models.CharField(_("function"), max_length=80, blank=True)

    class Meta:
        ordering = ["account", "user"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "user"],
                name="membership_once",
                violation_error_message=_("This person looks after the account already."),
            ),
        ]

    def __str__(self):
        return f"{self.user} – {self.account}"

    def get_absolute_url(self):
        return reverse("accounts:contacts", args=[self.account_id])


class Store(ByAccount, Versioned):
    """One row is one place of an account that sells or keeps our products."""

    class Kind(models.TextChoices):
        OUTLET = "outlet", _("Outlet")
        WAREHOUSE = "warehouse", _("Warehouse")
        WEBSHOP = "webshop", _("Webshop")

    account = models.ForeignKey(Account, models.PROTECT, related_name="stores", verbose_name=_("account"))
    code = models.CharField(_("number"), max_length=40)
    name = models.CharField(_("name"), max_length=160)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices, default=Kind.OUTLET)
    city = models.CharField(_("city"), max_length=80, blank=True)
    country = models.CharField(_("country"), max_length=2, validators=[country_code], blank=True)

    class Meta:
        ordering = ["account", "code"]
        verbose_name = _("store")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "code"],
                name="store_code_once",
                violation_error_message=_("The account has a store with this number already."),
            ),
        ]
        indexes = [GinIndex(Words("name", "code"), name="store_words")]

    def __str__(self):
        return f"{self.code} {self.name}"

    def get_absolute_url(self):
        return reverse("accounts:stores", args=[self.account_id])


class Contact(ByAccount, Versioned):
    """One row is one person at the account, with their part in buying and their attitude towards us."""

    class BuyingRole(models.TextChoices):
        DECIDES = "decides", _("Decides")
        INFLUENCES = "influences", _("Influences")
        USES = "uses", _("Uses")
        GATEKEEPER = "gatekeeper", _("Gatekeeper")

    data_class = DataClass.RELATIONSHIP
    account = models.ForeignKey(Account, models.CASCADE, related_name="contacts", verbose_name=_("account"))
    name = models.CharField(_("name"), max_length=120)
    title = models.CharField(_("position"), max_length=120, blank=True)
    buying_role = models.CharField(_("role in buying"), max_length=12, choices=BuyingRole.choices)
    attitude = models.SmallIntegerField(
        _("attitude"), default=0, validators=[MinValueValidator(-2), MaxValueValidator(2)]
    )
    power = models.PositiveSmallIntegerField(
        _("power"), default=3, validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    reports_to = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, verbose_name=_("reports to"))
    our_owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("our relationship owner"),
    )

    class Meta:
        ordering = ["-power", "name", "pk"]
        verbose_name = _("contact")
        constraints = [
            models.CheckConstraint(
                condition=Q(attitude__range=(-2, 2)),
                name="contact_attitude_in_range",
                violation_error_message=_("Attitude runs from −2 to +2."),
            ),
            models.CheckConstraint(
                condition=Q(power__range=(1, 5)),
                name="contact_power_in_range",
                violation_error_message=_("Power runs from 1 to 5."),
            ),
        ]
        indexes = [GinIndex(Words("name", Value("")), name="contact_words")]

    def __str__(self):
        return self.name

    def clean(self):
        super().clean()
        if self.reports_to is None:
            return
        if self.reports_to.account_id != self.account_id:
            raise ValidationError({"reports_to": _("Both people must work at the same account.")})
        if self.pk and self.pk in self._line_of_command():
            raise ValidationError({"reports_to": _("Nobody reports to themselves, not by detours either.")})

    def get_absolute_url(self):
        return reverse("accounts:contacts", args=[self.account_id])

    def _line_of_command(self):
        """Ids of everybody this person would report to."""
        above = dict(Contact.objects.filter(account=self.account_id).values_list("pk", "reports_to"))
        found, at = [], self.reports_to_id
        while at is not None and at not in found:
            found.append(at)
            at = above.get(at)
        return found
