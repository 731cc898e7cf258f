from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, ByAccount, ByAccountQuerySet
from kam.models import Versioned
from kam.roles import DataClass
from tradeterms.calc import digest, fixed
from tradeterms.models.agreement import Term


class FindingQuerySet(ByAccountQuerySet):
    def unsettled(self):
        """Neither met nor closed: somebody still has to act."""
        return self.exclude(verdict=Finding.Verdict.MET).filter(state__in=Finding.OPEN_STATES)


class Finding(ByAccount, Versioned):
    """One row is what the night found for one term in one of its periods: expected against observed.

    The night rewrites the figures of a period while its facts change; people move the state.
    `evidence` holds the worst rows behind the figures, `evidence_hash` is the seal over figures and rows.
    """

    class Verdict(models.TextChoices):
        MET = "met", _("Met")
        AT_RISK = "at_risk", _("At risk")
        BREACHED = "breached", _("Breached")
        OPPORTUNITY = "opportunity", _("Tier ahead")
        NOT_MEASURABLE = "not_measurable", _("Not measurable")

    class State(models.TextChoices):
        NEW = "new", _("New")
        WITH_CUSTOMER = "with_customer", _("With customer")
        DISPUTED = "disputed", _("Disputed")
        ACCEPTED = "accepted", _("Accepted")
        WAIVED = "waived", _("Waived")
        CLOSED = "closed", _("Closed")

    OPEN_STATES = (State.NEW, State.WITH_CUSTOMER, State.DISPUTED)

    data_class = DataClass.TERMS
    term = models.ForeignKey(Term, models.PROTECT, related_name="findings", verbose_name=_("term"))
    account = models.ForeignKey(Account, models.PROTECT, related_name="findings", verbose_name=_("account"))
    rule_version = models.PositiveSmallIntegerField(_("rule version"), default=1)
    period_start = models.DateField(_("from"))
    period_end = models.DateField(_("to"))
    verdict = models.CharField(_("verdict"), max_length=16, choices=Verdict.choices)
    state = models.CharField(_("state"), max_length=14, choices=State.choices, default=State.NEW, editable=False)
    expected = models.DecimalField(_("expected"), max_digits=20, decimal_places=4, null=True)
    observed = models.DecimalField(_("observed"), max_digits=20, decimal_places=4, null=True)
    unit = models.CharField(_("unit"), max_length=12)
    at_stake = models.DecimalField(_("at stake"), max_digits=18, decimal_places=2, null=True)
    currency = models.CharField(_("currency"), max_length=3)
    figures = models.JSONField(default=dict)
    evidence = models.JSONField(default=list)
    evidence_hash = models.CharField(max_length=64, blank=True)
    act_by = models.DateField(_("act by"), null=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("owner")
    )
    as_of = models.DateField(_("as of"))

    objects = FindingQuerySet.as_manager()

    class Meta:
        ordering = ["-period_start", "term", "pk"]
        verbose_name = _("finding")
        constraints = [
            models.UniqueConstraint(fields=["term", "period_start"], name="finding_once"),
            models.CheckConstraint(condition=Q(period_start__lte=F("period_end")), name="finding_period_in_order"),
        ]
        indexes = [models.Index(fields=["account", "verdict", "state"], name="finding_open")]

    def __str__(self):
        return f"F-{self.pk}"

    def get_absolute_url(self):
        return reverse("tradeterms:finding", args=[self.pk])

    @property
    def is_unsettled(self):
        """Neither met nor closed: somebody still has to act."""
        return self.verdict != self.Verdict.MET and self.state in self.OPEN_STATES

    def content(self):
        """What the seal covers, as JSON: everything the night computed, and nothing that people or time change."""
        return {
            "rule_version": self.rule_version,
            "period": [self.period_start.isoformat(), self.period_end.isoformat()],
            "verdict": self.verdict,
            "expected": fixed(self.expected, 4),
            "observed": fixed(self.observed, 4),
            "unit": self.unit,
            "at_stake": fixed(self.at_stake, 2),
            "currency": self.currency,
            "figures": self.figures,
            "evidence": self.evidence,
        }

    def seal(self):
        """SHA-256 of the content; equal to `evidence_hash` unless somebody changed the stored row."""
        return digest(self.content())
