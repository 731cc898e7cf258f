import secrets

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _

SCOPES = tuple(
    f"{noun}:{verb}"
    for noun in ("accounts", "kpis", "tradeterms", "plans", "imports", "night", "admin", "webhooks")
    for verb in ("read", "write")
)
PREFIX = "kam"


def known_scopes(values):
    """Validator: every scope is one of SCOPES."""
    unknown = sorted(set(values) - set(SCOPES))
    if unknown:
        raise ValidationError(
            _("Unknown scope %(unknown)s. Known: %(known)s."),
            params={"unknown": ", ".join(unknown), "known": ", ".join(SCOPES)},
        )


def digest(secret):
    """What is stored of a secret: HMAC-SHA-256 with the pepper, in hex."""
    return salted_hmac("kam.token", secret, secret=settings.TOKEN_PEPPER, algorithm="sha256").hexdigest()


class ApiTokenQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(user=user)

    def valid(self):
        return self.filter(expires_at__gt=timezone.now(), revoked_at=None, user__is_active=True)

    def find(self, text):
        """The valid token for `kam_<public>.<secret>`, or None. Compares digests in constant time."""
        if not text.isascii() or not text.isprintable():
            return None
        head, _dot, secret = text.partition(".")
        token = self.valid().select_related("user").filter(public=head.removeprefix(f"{PREFIX}_")).first()
        return token if token and constant_time_compare(token.digest, digest(secret)) else None


class ApiToken(models.Model):
    """One row is one key to the REST API: what it may do and until when; the secret itself is not stored."""

    administered = True
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="tokens")
    name = models.CharField(_("name"), max_length=80)
    public = models.CharField(max_length=16, unique=True, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    scopes = ArrayField(models.CharField(max_length=40), validators=[known_scopes])
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("expires"))
    revoked_at = models.DateTimeField(null=True, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__lte=F("created_at") + settings.API_TOKEN_MAX_AGE),
                name="token_expires_within_a_year",
                violation_error_message=_("A token lives for at most 365 days."),
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def has_expired(self):
        return self.expires_at <= timezone.now()

    def set_secret(self):
        """Give the token a fresh secret and return the full text, which cannot be shown again."""
        secret = secrets.token_urlsafe(32)
        self.public, self.digest = secrets.token_hex(8), digest(secret)
        return f"{PREFIX}_{self.public}.{secret}"
