from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import wording
from accounts.models import Account, ByAccount, ByAccountQuerySet
from kam.measures import all_measures
from kam.models import Deputy, Versioned
from kam.roles import DataClass, Role
from kpis.calc import year_share
from plans import calc


def written_for(user):
    """The condition that a plan was written by `user`, or by somebody in whose place they stand today."""
    away = Deputy.objects.held_by(user).order_by().values("person")
    return Q(author=user) | Q(author__in=away)


class PlanQuerySet(ByAccountQuerySet):
    def current(self):
        """The latest revision of each account and year."""
        newer = Plan.objects.filter(
            account=models.OuterRef("account"),
            year=models.OuterRef("year"),
            revision__gt=models.OuterRef("revision"),
        )
        return self.filter(~models.Exists(newer))

    def with_parts(self):
        """With goals, initiatives, their owners and measures: five queries for any number of rows."""
        return self.select_related("account", "author").prefetch_related("goals__initiatives__owner", "goals__measures")

    def not_written_for(self, user):
        """Without those of which `user` cannot be the second pair of eyes."""
        return self.exclude(written_for(user))

    def to_sign(self, user):
        """What a director may sign, oldest first; nothing for everybody else."""
        waiting = self.visible_to(user).filter(state=Plan.State.SUBMITTED).not_written_for(user)
        return waiting.order_by("submitted_at", "pk") if user.role == Role.DIRECTOR else self.none()

    def waiting_for(self, user):
        """What cannot go on without this person: to be signed by them, or returned to them."""
        returned = Q(state=Plan.State.RETURNED, author=user)
        to_sign = Q(state=Plan.State.SUBMITTED) & ~written_for(user) if user.role == Role.DIRECTOR else Q(pk__in=[])
        return self.visible_to(user).filter(returned | to_sign)


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

    def get_absolute_url(self):
        return reverse("plans:detail", args=[self.pk])

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

    def get_absolute_url(self):
        return f"{self.plan.get_absolute_url()}#goal-{self.pk}"


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

    def get_absolute_url(self):
        return self.goal.get_absolute_url()


class PlanMeasure(ByAccount, Versioned):
    """One row is how a goal is measured: a measure of the KPI floor, its start, its target and its weight.

    `actual`, `as_of`, `through` and `season` are filled by the night; nobody types them. `through` is the Monday of the
    last week that counts, `season` the share of last year's amount that had come by the same ISO week, if known.
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
    through = models.DateField(null=True, editable=False)
    season = models.DecimalField(max_digits=7, decimal_places=6, null=True, editable=False)

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
        return str(self.described.label) if self.described else self.measure

    def get_absolute_url(self):
        return self.goal.get_absolute_url()

    @property
    def described(self):
        """What the KPI floor says about the measure: label, unit, direction. None when it no longer knows it."""
        return all_measures().get(self.measure)

    @property
    def is_rate(self):
        return self.described is not None and self.described.unit == "percent"

    @property
    def way(self):
        """Which way is welcome: "up", "down" or "" when neither is."""
        return calc.direction(self.described.good if self.described else "up", self.base, self.target)

    @property
    def sums(self):
        """Whether its weeks add up to the year."""
        return self.described is not None and self.described.kind == "amount" and not self.described.snapshot

    @property
    def expected(self):
        """Where the measure should stand after the last week that counts; the target itself before there is one.

        What sums up follows last year's curve where there is one; all else goes week by week.
        """
        if self.through is None:
            return self.target
        share = year_share(self.through) if self.season is None else self.season
        return calc.expected(self.target, self.base, share, sums=self.sums)

    @property
    def standing(self):
        """One word of `plans.calc`: open, reached, on_track or behind."""
        return calc.standing(self.actual, self.target, self.expected, self.way, rate=self.is_rate)

    def as_param(self, value):
        """A value of this measure as a parameter of a sentence, in its unit."""
        unit = self.described.unit if self.described else ""
        if unit in ("money", "each"):
            return wording.money(value, self.goal.plan.account.currency)
        if unit == "percent":
            return wording.percent(value)
        return wording.number(value, self.described.decimals if self.described else 1)

    def clean(self):
        super().clean()
        if self.measure not in all_measures():
            raise ValidationError({"measure": _("There is no measure “%(code)s”.") % {"code": self.measure}})
