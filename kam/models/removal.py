import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class RemovalQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Whoever removed something may bring it back."""
        return self.filter(by=user) if user.is_active else self.none()


class Removal(models.Model):
    """One row is one thing somebody deleted, with all that went with it, so that it can be brought back.

    `rows` are the deleted rows as Django serialises them, in the order in which they can be inserted; `cleared` are
    references of other rows that were emptied: model, column, and value by id. `undo_if` names the predicate
    `may(user, row)` that must hold once the row is back.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    label = models.CharField(_("object"), max_length=200)
    model = models.CharField(max_length=60)
    object_id = models.CharField(max_length=80)
    undo_if = models.CharField(max_length=120)
    rows = models.JSONField()
    cleared = models.JSONField(default=list)
    restored_at = models.DateTimeField(null=True)

    objects = RemovalQuerySet.as_manager()

    class Meta:
        ordering = ["-at"]
        indexes = [models.Index(fields=["at"], name="removal_age")]

    def __str__(self):
        return self.label
