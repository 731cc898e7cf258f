from django.db import models
from django.db.models import Q
from django.utils import timezone


class IdempotentRequest(models.Model):
    """One row is one Idempotency-Key a caller has sent: the request it stood for, and the answer to give again.

    `fingerprint` is an HMAC over method, path and body in hex, so that no password can be guessed from it. Without an
    answer the request is under way until `lease_until`; after that its worker is taken for dead and the key may be
    tried again.
    """

    caller = models.CharField(max_length=40)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    lease_until = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["caller", "key"], name="idempotentrequest_once"),
            models.CheckConstraint(condition=~Q(key=""), name="idempotentrequest_has_key"),
        ]
        indexes = [models.Index(fields=["created_at"], name="idempotentrequest_age")]

    def __str__(self):
        return f"{self.caller} {self.key}"
