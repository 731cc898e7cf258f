from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Mail(models.Model):
    """One row is one message to one person, sent at most once: `key` says what it is about and for when.

    It is marked `sending` and committed before the server is asked, so that a crash loses a message rather than
    sending two. Subject and text are made at sending time from `kind` and `params`, in the reader's language.
    While it is `sending`, `run_after` says until when an answer can still come; after that nobody knows what became
    of it.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Sending")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")
        SKIPPED = "skipped", _("Nothing to say")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="mails")
    kind = models.CharField(_("kind"), max_length=40)
    key = models.CharField(max_length=120)
    params = models.JSONField(default=dict)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=0)
    run_after = models.DateTimeField(default=timezone.now)
    error = models.CharField(_("error"), max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("message")
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="mail_once")]
        indexes = [models.Index(fields=["run_after"], condition=Q(state__in=["waiting", "sending"]), name="mail_open")]

    def __str__(self):
        return f"{self.kind} {self.key}"
