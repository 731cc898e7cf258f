from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from kam.roles import Role

MAX_ATTEMPTS = 3
READERS = frozenset({Role.ADMIN, Role.ANALYST, Role.TEAM_LEAD, Role.DIRECTOR, Role.AUDITOR, Role.ACCOUNT_MANAGER})


class StepRunQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The night's bookkeeping holds no account data; everyone but outsiders may read it."""
        return self.all() if user.is_active and user.role in READERS else self.none()

    def claimable(self):
        """Waiting, or running under a lease that has run out."""
        return self.filter(
            Q(state=StepRun.State.WAITING) | Q(state=StepRun.State.RUNNING, lease_until__lt=Now()),
            attempt__lt=MAX_ATTEMPTS,
        )


class StepRun(models.Model):
    """One row is one shard of one step of one night: lock, record and status page at once."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        SKIPPED = "skipped", _("Skipped")

    date = models.DateField(_("business date"))
    step = models.CharField(_("step"), max_length=60)
    shard = models.PositiveSmallIntegerField(_("shard"), default=0)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=0)
    lease_until = models.DateTimeField(null=True)
    started_at = models.DateTimeField(_("started"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)
    rows = models.BigIntegerField(_("rows"), default=0)
    notes = models.JSONField(default=list)
    error = models.TextField(_("error"), blank=True)

    objects = StepRunQuerySet.as_manager()

    class Meta:
        ordering = ["-date", "pk"]
        verbose_name = _("night step")
        constraints = [
            models.UniqueConstraint(fields=["date", "step", "shard"], name="steprun_once"),
            models.CheckConstraint(
                condition=~Q(state="running") | Q(lease_until__isnull=False),
                name="steprun_running_has_lease",
                violation_error_message=_("A running shard needs a lease."),
            ),
            models.CheckConstraint(
                condition=Q(started_at__isnull=True)
                | Q(finished_at__isnull=True)
                | Q(finished_at__gte=F("started_at")),
                name="steprun_times_in_order",
            ),
        ]
        indexes = [models.Index(fields=["state", "lease_until"], name="steprun_open")]

    def __str__(self):
        return f"{self.date} {self.step} {self.shard}"

    def error_for(self, user):
        """What went wrong: whole for administrators and auditors, who run things and see everything; for others the
        kind of error only, because a message may quote rows they do not see."""
        return self.error if user.role in (Role.ADMIN, Role.AUDITOR) else self.error.partition(":")[0]

    @property
    def seconds(self):
        """Wall-clock seconds of the last attempt, None while it has not finished."""
        if self.started_at and self.finished_at:
            return (self.finished_at - self.started_at).total_seconds()
        return None
