from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.account import Account
from accounts.models.reach import reach_of
from kam.roles import DataClass, of_read_classes


class NotificationQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own, about accounts and classes of data that one still sees."""
        if not user.is_active:
            return self.none()
        seen = reach_of(user).hanging_off("account") & of_read_classes("shown_to", user)
        about = Q(account=None) | seen if seen else seen  # who sees every account and class needs no condition
        return self.filter(about, user=user.pk)

    def unread(self):
        return self.filter(read_at=None)


class Notification(models.Model):
    """One row tells one person one thing once; `key` keeps it from being told twice.

    The sentence is built from `code` and `params` in the reader's language (see `accounts.wording`).
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications")
    account = models.ForeignKey(Account, models.CASCADE, null=True, related_name="+", verbose_name=_("account"))
    shown_to = models.CharField(max_length=20, choices=DataClass.choices, default=DataClass.GENERAL)
    key = models.CharField(max_length=200)
    code = models.CharField(_("kind"), max_length=60)
    params = models.JSONField(default=dict)
    url = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(_("time"), default=timezone.now)
    read_at = models.DateTimeField(_("read"), null=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("notification")
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="notification_once")]
        indexes = [
            models.Index(fields=["user", "-at"], name="notification_inbox"),
            models.Index(fields=["user"], condition=Q(read_at=None), name="notification_unread"),
        ]

    def __str__(self):
        return f"{self.code} {self.key}"
