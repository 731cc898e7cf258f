from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from kam.roles import READS, DataClass, Role


class EntryQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The whole log is for auditors; account pages show their part through `accounts.timeline`."""
        return self.all() if user.is_active and user.role == Role.AUDITOR else self.none()

    def readable_by(self, user):
        """Only entries about classes of data that the user's role reads."""
        return self.filter(data_class__in=READS.get(user.role, ()))


class Entry(models.Model):
    """One row is one thing somebody did to one object: who, what, before, after, why and from where.

    Written in the transaction of the change itself. The database refuses UPDATE, DELETE and TRUNCATE.
    """

    class Source(models.TextChoices):
        PAGE = "page", _("Page")
        API = "api", _("API")
        JOB = "job", _("Job")

    at = models.DateTimeField(_("time"), db_default=Now(), editable=False)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    verb = models.CharField(_("verb"), max_length=40)
    model = models.CharField(_("kind"), max_length=60)
    object_id = models.CharField(max_length=80)
    label = models.CharField(_("object"), max_length=200)
    account_id = models.BigIntegerField(null=True)
    data_class = models.CharField(max_length=20, choices=DataClass.choices, default=DataClass.GENERAL)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    reason = models.TextField(_("reason"), blank=True)
    source = models.CharField(_("source"), max_length=10, choices=Source.choices)

    objects = EntryQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit log")
        indexes = [
            models.Index(fields=["model", "object_id", "-at"], name="entry_object"),
            models.Index(fields=["account_id", "-at"], name="entry_account"),
        ]

    def __str__(self):
        return f"{self.verb} {self.label}"
