from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kam.models.versioned import Versioned


class SavedViewQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own, and what colleagues share; a view holds no data, only an address."""
        return self.filter(Q(user=user.pk) | Q(shared=True)) if user.is_active else self.none()


class SavedView(Versioned):
    """One row is one list as somebody wants to find it again: filters, sort and columns, as the address has them."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views")
    page = models.CharField(max_length=80)
    name = models.CharField(_("name"), max_length=60)
    query = models.TextField(blank=True, max_length=4000)
    shared = models.BooleanField(_("shared with everybody"), default=False)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = _("saved view")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "page", "name"],
                name="savedview_name_once",
                violation_error_message=_("You have a view of this name already."),
            ),
        ]

    def __str__(self):
        return self.name
