from django.db import models
from django.utils.translation import gettext_lazy as _

from kam.models.labelled import Labelled


class Versioned(Labelled):
    """A row people edit: `version` counts its saves, so that a stale form or If-Match is noticed."""

    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        abstract = True
