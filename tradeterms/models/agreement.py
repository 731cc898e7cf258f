from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, ByAccount, ByAccountQuerySet
from accounts.models.account import currency_code
from kam.models import Versioned
from kam.roles import DataClass


class AgreementQuerySet(ByAccountQuerySet):
    def found_by(self, text):
        """Agreements whose number begins with a text, or whose title or account contains it."""
        by_name = Q(title__icontains=text) | Q(account__name__icontains=text)
        return self.filter(Q(number__istartswith=text) | by_name)

    def latest(self):
        """Of each number the revision that counts: in force, else the newest."""
        other = Agreement.objects.filter(number=models.OuterRef("number")).order_by()
        better = other.filter(state=Agreement.State.IN_FORCE) | other.filter(revision__gt=models.OuterRef("revision"))
        in_force = Q(state=Agreement.State.IN_FORCE)
        return self.filter(in_force | ~models.Exists(better))

    def with_stakes(self):
        """Adds `terms_count`, `open_findings` and the money `at_stake` in them."""
        finding = Agreement._meta.apps.get_model("tradeterms", "Finding")
        unsettled = finding.objects.unsettled().filter(term__agreement=models.OuterRef("pk")).order_by()
        by_agreement = unsettled.values("term__agreement")
        terms = Term.objects.filter(agreement=models.OuterRef("pk")).order_by().values("agreement")
        return self.annotate(
            terms_count=Coalesce(models.Subquery(terms.annotate(n=models.Count("pk")).values("n")), 0),
            open_findings=Coalesce(models.Subquery(by_agreement.annotate(n=models.Count("pk")).values("n")), 0),
            at_stake=models.Subquery(by_agreement.annotate(sum=models.Sum("at_stake")).values("sum")),
        )

    def in_force(self, day):
        """Agreements that bind on a day, whether the year has since ended or not."""
        return self.filter(state__in=[Agreement.State.IN_FORCE, Agreement.State.ENDED], starts__lte=day, ends__gte=day)


class Agreement(ByAccount, Versioned):
    """One row is one revision of what we and an account agreed for a period."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        IN_FORCE = "in_force", _("In force")
        SUPERSEDED = "superseded", _("Superseded")
        ENDED = "ended", _("Ended")

    data_class = DataClass.TERMS
    account = models.ForeignKey(Account, models.PROTECT, related_name="agreements", verbose_name=_("account"))
    number = models.CharField(_("number"), max_length=40)
    revision = models.PositiveSmallIntegerField(_("revision"), default=1)
    title = models.CharField(_("title"), max_length=160)
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.DRAFT, editable=False)
    starts = models.DateField(_("starts"))
    ends = models.DateField(_("ends"))
    currency = models.CharField(_("currency"), max_length=3, validators=[currency_code])
    signed_by_us = models.DateField(_("signed by us"), null=True, blank=True)
    signed_by_them = models.DateField(_("signed by them"), null=True, blank=True)

    objects = AgreementQuerySet.as_manager()

    class Meta:
        ordering = ["-starts", "number", "-revision"]
        verbose_name = _("agreement")
        constraints = [
            models.UniqueConstraint(
                fields=["number", "revision"],
                name="agreement_revision_once",
                violation_error_message=_("This revision of the agreement exists already."),
            ),
            models.UniqueConstraint(
                fields=["number"],
                condition=Q(state="in_force"),
                name="agreement_one_in_force",
                violation_error_message=_("Another revision of this agreement is in force."),
            ),
            models.CheckConstraint(
                condition=Q(starts__lt=F("ends")),
                name="agreement_dates_in_order",
                violation_error_message=_("An agreement must end after it starts."),
            ),
        ]

    def __str__(self):
        return f"{self.number} v{self.revision}"

    def get_absolute_url(self):
        return reverse("tradeterms:detail", args=[self.pk])

    @property
    def is_editable(self):
        return self.state == self.State.DRAFT


class Term(ByAccount, Versioned):
    """One row is one clause that can be evaluated: its kind names the rule, `params` are the rule's typed values.

    The parameters of each kind are described in `tradeterms.kinds`.
    """

    class Kind(models.TextChoices):
        VOLUME_REBATE = "volume_rebate", _("Volume rebate")
        MINIMUM_PURCHASE = "minimum_purchase", _("Minimum purchase")
        PAYMENT_TERM = "payment_term", _("Payment term")
        DATA_REPORTING = "data_reporting", _("Data reporting")
        DELIVERY_OTIF = "delivery_otif", _("Delivery OTIF")

    class Side(models.TextChoices):
        THEY_OWE = "they_owe", _("They owe us")
        WE_OWE = "we_owe", _("We owe them")

    data_class = DataClass.TERMS
    account_path = "agreement__account"
    agreement = models.ForeignKey(Agreement, models.CASCADE, related_name="terms", verbose_name=_("agreement"))
    clause = models.CharField(_("clause"), max_length=12)
    kind = models.CharField(_("kind"), max_length=24, choices=Kind.choices)
    side = models.CharField(_("side"), max_length=10, choices=Side.choices)
    params = models.JSONField(_("parameters"), default=dict)

    class Meta:
        ordering = ["agreement", "side", "clause", "pk"]
        verbose_name = _("term")
        constraints = [
            models.UniqueConstraint(
                fields=["agreement", "clause"],
                name="term_clause_once",
                violation_error_message=_("The agreement has a clause with this number already."),
            ),
        ]

    def __str__(self):
        return f"{self.agreement} §{self.clause}"
