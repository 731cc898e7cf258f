from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import ByAccount
from kam.roles import DataClass
from plans.models.plan import Plan


class Signature(ByAccount):
    """One row is one director's signature: what exactly was signed, by whom, when, and its content hash.

    The database refuses UPDATE, DELETE and TRUNCATE; `previous_hash` chains the signatures of an account and year.
    """

    data_class = DataClass.RELATIONSHIP
    account_path = "plan__account"
    plan = models.OneToOneField(Plan, models.PROTECT, related_name="signature")
    signer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="signatures")
    signed_at = models.DateTimeField(_("signed"), db_default=Now())
    snapshot = models.JSONField()
    content_hash = models.CharField(max_length=64)
    previous_hash = models.CharField(max_length=64, blank=True)
    comment = models.TextField(_("comment"), blank=True)

    class Meta:
        ordering = ["-signed_at"]
        verbose_name = _("signature")

    def get_absolute_url(self):
        return reverse("plans:signed", args=[self.pk])

    def __str__(self):
        return f"{self.plan} {self.content_hash[:8]}"
