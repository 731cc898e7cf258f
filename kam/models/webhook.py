import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kam.models.entry import Entry
from kam.models.versioned import Versioned


class WebhookQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Everybody sees their own."""
        return self.filter(user=user) if user.is_active else self.none()


class Webhook(Versioned):
    """One row is one address that is told what happens, within what its owner sees.

    `events` are patterns of `<app>.<model>:<verb>`, each part may be `*`. `txid` and `entry` are the place in the
    audit log up to which deliveries have been made. `sealed_secret` is the signing key, encrypted.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="webhooks", verbose_name=_("person")
    )
    name = models.CharField(_("name"), max_length=80)
    url = models.URLField(_("address"), max_length=500)
    events = ArrayField(models.CharField(max_length=100), verbose_name=_("events"))
    sealed_secret = models.TextField(editable=False)
    is_active = models.BooleanField(_("active"), default=True)
    txid = models.BigIntegerField(default=0, editable=False)
    entry = models.BigIntegerField(default=0, editable=False)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0, editable=False)
    paused_until = models.DateTimeField(null=True, editable=False)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = _("webhook")
        constraints = [
            models.CheckConstraint(
                condition=Q(events__len__gt=0),
                name="webhook_names_events",
                violation_error_message=_("Choose at least one event."),
            ),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("me-webhook", args=[self.pk])

    @property
    def is_paused(self):
        """True while the receiver is left alone, because it failed several times in a row."""
        return self.paused_until is not None and self.paused_until > timezone.now()


class DeliveryQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(webhook__user=user) if user.is_active else self.none()


class Delivery(models.Model):
    """One row is one event on its way to one webhook; its id stays the same however often it is tried."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("Sent")
        DEAD = "dead", _("Given up")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries")
    entry = models.ForeignKey(Entry, models.PROTECT, related_name="+")
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=0)
    run_after = models.DateTimeField(default=timezone.now)
    status = models.PositiveSmallIntegerField(_("answer"), null=True)
    error = models.CharField(_("error"), max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "pk"]
        verbose_name = _("delivery")
        constraints = [models.UniqueConstraint(fields=["webhook", "entry"], name="delivery_once")]
        indexes = [
            models.Index(fields=["run_after"], condition=Q(state="waiting"), name="delivery_waiting"),
            models.Index(fields=["webhook", "-created_at"], name="delivery_history"),
        ]

    def __str__(self):
        return str(self.pk)
