from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, ByAccount, ByAccountQuerySet
from kam.measures import all_measures
from kam.models import Versioned
from kam.roles import DataClass


class PlanQuerySet(ByAccountQuerySet):
    def current(self):
        """The latest revision of each account and year."""
        newer = Plan.objects.filter(
            account=models.OuterRef("account"),
            year=models.OuterRef("year"),
            revision__gt=models.OuterRef("revision"),
        )
        return self.filter(~models.Exists(newer))


class Plan(ByAccount, Versioned):
    """One row is one revision of what we want with an account in a year.

    Its state moves only through `plans.workflow`: draft → submitted → returned or signed.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SUBMITTED = "submitted", _("Submitted")
        RETURNED = "returned", _("Returned")
        SIGNED = "signed", _("Signed")
        SUPERSEDED = "superseded", _("Superseded")

    EDITABLE = (State.DRAFT, State.RETURNED)

    data_class = DataClass.RELATIONSHIP
    account = models.ForeignKey(Account, models.PROTECT, related_name="plans", verbose_name=_("account"))
    year = models.PositiveSmallIntegerField(_("year"), validators=[MinValueValidator(2000), MaxValueValidator(2100)])
    revision = models.PositiveSmallIntegerField(_("revision"), default=1)
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.DRAFT, editable=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="plans",
        verbose_name=_("author"),
        editable=False,
    )
    where_we_stand = models.TextField(_("where we stand"), blank=True, max_length=5000)
    what_they_want = models.TextField(_("what they want"), blank=True, max_length=5000)
    white_space = models.TextField(_("white space"), blank=True, max_length=5000)
    submitted_at = models.DateTimeField(_("submitted"), null=True, editable=False)
    comment = models.TextField(_("comment"), blank=True, editable=False)

    objects = PlanQuerySet.as_manager()

    class Meta:
        ordering = ["-year", "account", "-revision"]
        verbose_name = _("plan")
        verbose_name_plural = _("plans")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "year", "revision"],
                name="plan_revision_once",
                violation_error_message=_("This revision of the plan exists already."),
            ),
            models.UniqueConstraint(
                fields=["account", "year"],
                condition=Q(state="signed"),
                name="plan_one_signed",
                violation_error_message=_("Another revision of this plan is signed."),
            ),
        ]
        indexes = [models.Index(fields=["state", "account"], name="plan_state")]

    def __str__(self):
        return _("Plan %(year)s v%(revision)s") % {"year": self.year, "revision": self.revision}

    @property
    def is_editable(self):
        return self.state in self.EDITABLE


class Goal(ByAccount, Versioned):
    """One row is one goal of a plan."""

    data_class = DataClass.RELATIONSHIP
    account_path = "plan__account"
    plan = models.ForeignKey(Plan, models.CASCADE, related_name="goals", verbose_name=_("plan"))
    position = models.PositiveSmallIntegerField(_("position"), default=1)
    title = models.CharField(_("goal"), max_length=200)

    class Meta:
        ordering = ["plan", "position", "pk"]
        verbose_name = _("goal")

    def __str__(self):
        return self.title


class Initiative(ByAccount, Versioned):
    """One row is one piece of work that serves a goal: who does it and by when."""

    data_class = DataClass.RELATIONSHIP
    account_path = "goal__plan__account"
    goal = models.ForeignKey(Goal, models.CASCADE, related_name="initiatives", verbose_name=_("goal"))
    position = models.PositiveSmallIntegerField(_("position"), default=1)
    title = models.CharField(_("initiative"), max_length=200)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("owner"),
    )
    due_on = models.DateField(_("due"), null=True, blank=True)
    budget = models.DecimalField(
        _("budget"),
        max_digits=18,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )

    class Meta:
        ordering = ["goal", "position", "pk"]
        verbose_name = _("initiative")

    def __str__(self):
        return self.title


class PlanMeasure(ByAccount, Versioned):
    """One row is how a goal is measured: a measure of the KPI floor, its start, its target and its weight.

    `actual` and `as_of` are filled by the night; nobody types them.
    """

    data_class = DataClass.RELATIONSHIP
    account_path = "goal__plan__account"
    goal = models.ForeignKey(Goal, models.CASCADE, related_name="measures", verbose_name=_("goal"))
    measure = models.CharField(_("measure"), max_length=40)
    base = models.DecimalField(_("base"), max_digits=18, decimal_places=4, null=True, blank=True)
    target = models.DecimalField(_("target"), max_digits=18, decimal_places=4)
    weight = models.DecimalField(
        _("weight, %"),
        max_digits=5,
        decimal_places=2,
        default=0,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    actual = models.DecimalField(max_digits=18, decimal_places=4, null=True, editable=False)
    as_of = models.DateField(null=True, editable=False)

    class Meta:
        ordering = ["goal", "pk"]
        verbose_name = _("plan measure")
        constraints = [
            models.UniqueConstraint(
                fields=["goal", "measure"],
                name="planmeasure_once",
                violation_error_message=_("The goal has this measure already."),
            ),
            models.CheckConstraint(condition=Q(weight__range=(0, 100)), name="planmeasure_weight_in_range"),
        ]

    def __str__(self):
        return self.measure

    def clean(self):
        super().clean()
        if self.measure not in all_measures():
            raise ValidationError({"measure": _("There is no measure “%(code)s”.") % {"code": self.measure}})
