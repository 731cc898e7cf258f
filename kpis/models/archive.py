"""What does not lie in the database any more."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ArchivedMonth(models.Model):
    """One row is one month of a partitioned table that lies in a Parquet file instead of the database.

    `digest` is the SHA-256 of the rows as CSV in the order of their key, `sha256` that of the file. While the row is
    there, the database makes no partition for the month.
    """

    table = models.CharField(max_length=63)
    month = models.DateField()
    file = models.CharField(max_length=120)
    rows = models.BigIntegerField()
    units = models.DecimalField(max_digits=20, decimal_places=3, null=True)
    value = models.DecimalField(max_digits=20, decimal_places=2, null=True)
    columns = models.JSONField()
    digest = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    archived_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["table", "month"]
        verbose_name = _("archived month")
        constraints = [
            models.UniqueConstraint(fields=["table", "month"], name="archivedmonth_once"),
            models.CheckConstraint(condition=Q(month__day=1), name="archivedmonth_first_day"),
        ]

    def __str__(self):
        return f"{self.table} {self.month:%Y-%m}"
