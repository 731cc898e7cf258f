"""Files in watched folders that are being imported."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from kpis.models.batch import Feed, ImportBatch


class WatchedFile(models.Model):
    """One row is one file in a watched folder that was taken in and not put away yet.

    It is made in the transaction that takes the file in, so a file that is still there after a crash is known: it is
    the same as long as inode, size and time of change are. The row goes when the file has been put away.
    """

    feed = models.ForeignKey(Feed, models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(_("file"), max_length=1024)
    inode = models.DecimalField(max_digits=20, decimal_places=0)
    size = models.BigIntegerField(_("bytes"))
    changed_ns = models.BigIntegerField()
    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="+")

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["feed", "name"], name="watchedfile_once")]

    def __str__(self):
        return self.name
