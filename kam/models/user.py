import zoneinfo
from functools import cache

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kam.models.labelled import Labelled
from kam.roles import Role
from kam.text import sort_key

time_zone_names = cache(zoneinfo.available_timezones)  # looks into six hundred files


def known_time_zone(value):
    """Validator: an IANA name, such as Europe/Berlin."""
    if value not in time_zone_names():
        raise ValidationError(_("%(value)s is not a known time zone."), params={"value": value})


class UserQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Colleagues are known to each other, and to systems that name them; who has left, to who administers."""
        if not (user.is_authenticated and user.is_active):
            return self.none()
        return self.all() if user.role in (Role.ADMIN, Role.AUDITOR) else self.filter(is_active=True)

    def with_state(self):
        """Add `known_state`, the person's `state`, to filter and sort by."""
        never_came = Q(last_login=None) | Q(last_login__lt=F("invited_at"))
        invited = When(never_came, password__startswith=UNUSABLE_PASSWORD_PREFIX, then=Value(User.State.INVITED))
        is_client = When(role=Role.API_CLIENT, then=Value(User.State.ACTIVE))
        is_gone = When(is_active=False, then=Value(User.State.DEACTIVATED))
        return self.annotate(known_state=Case(is_gone, is_client, invited, default=Value(User.State.ACTIVE)))


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):
    def create_user(self, email, password=None, **fields):
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.full_clean()
        user.save()
        return user


class User(Labelled, AbstractBaseUser):
    """One row is one person or one API client who may sign in, with exactly one role.

    `digest_hour` is the hour of their own time zone at which the daily mail goes out; empty means none.
    """

    class State(models.TextChoices):
        INVITED = "invited", _("Invited")
        ACTIVE = "active", pgettext_lazy("person", "Active")
        DEACTIVATED = "deactivated", _("Deactivated")

    administered = True
    email = models.EmailField(_("e-mail"), max_length=254)
    name = models.CharField(_("name"), max_length=120)
    sort_name = models.CharField(max_length=250, editable=False, default="")
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, default="en")
    time_zone = models.CharField(_("time zone"), max_length=50, default="UTC", validators=[known_time_zone])
    is_active = models.BooleanField(_("active"), default=True)
    digest_hour = models.PositiveSmallIntegerField(
        _("daily digest at"), null=True, blank=True, default=7, validators=[MaxValueValidator(23)]
    )
    invited_at = models.DateTimeField(_("invited"), null=True, editable=False)
    date_joined = models.DateTimeField(default=timezone.now, editable=False)
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)

    objects = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name", "role"]
    is_staff = False

    class Meta:
        ordering = ["sort_name", "pk"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_once",
                violation_error_message=_("This e-mail is already in use."),
            ),
            models.CheckConstraint(
                condition=Q(digest_hour__isnull=True) | Q(digest_hour__lte=23),
                name="user_digest_hour_of_day",
                violation_error_message=_("An hour of the day runs from 0 to 23."),
            ),
        ]

    def __str__(self):
        return self.name

    def save(self, *args, **kwargs):
        self.sort_name = sort_key(self.name)
        super().save(*args, **kwargs)

    def _get_session_auth_hash(self, secret=None):
        """A session holds while password, role and e-mail stay what they were when it began."""
        text = f"{super()._get_session_auth_hash(secret=secret)} {self.role} {self.email}"
        return salted_hmac("kam.session", text, secret=secret, algorithm="sha256").hexdigest()

    def get_full_name(self):
        return self.name

    @property
    def state(self):
        """Invited until they choose a password or come in by single sign-on; API clients need neither."""
        if not self.is_active:
            return self.State.DEACTIVATED
        never_came = self.last_login is None or (self.invited_at and self.last_login < self.invited_at)
        is_waiting = never_came and not self.has_usable_password() and self.role != Role.API_CLIENT
        return self.State.INVITED if is_waiting else self.State.ACTIVE

    @property
    def initials(self):
        return "".join(word[0] for word in self.name.split()[:2]).upper()

    def has_perm(self, perm, obj=None):
        """Django's permission tables are not used; see `<app>/access.py`."""
        return False

    def has_module_perms(self, app_label):
        return False
