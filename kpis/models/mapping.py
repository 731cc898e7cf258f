from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from kam.models import Versioned
from kpis.models.batch import Feed


class ColumnMappingQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Those of visible feeds."""
        return self.filter(feed__in=Feed.objects.visible_to(user).order_by().values("pk"))


class ColumnMapping(Versioned):
    """One row is how the files of one feed are read, as somebody said it on a page: the TOML of a mapping.

    `columns` are the headers of the file it was made for; a file with others is asked for again. `sample` holds its
    first rows, so that the mapping can be changed without a file.
    """

    feed = models.OneToOneField(Feed, models.CASCADE, related_name="column_mapping", verbose_name=_("feed"))
    text = models.TextField(_("mapping"))
    columns = models.JSONField(_("columns"), default=list, blank=True)
    sample = models.JSONField(default=dict, blank=True, editable=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects = ColumnMappingQuerySet.as_manager()

    class Meta:
        verbose_name = _("mapping of columns")
        verbose_name_plural = _("mappings of columns")

    def __str__(self):
        return str(self.feed)
