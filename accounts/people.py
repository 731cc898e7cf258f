"""Whom somebody may look at in the administration, and what is shown of them there."""

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, Q

from accounts.models import Team
from kam.models import User
from kam.roles import LEADERS, Role

SEES_ALL = frozenset({Role.ADMIN, Role.AUDITOR})
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def people_of(user):
    """Everybody for administrators and auditors, the people of their teams for leaders, and oneself."""
    if not user.is_active:
        return User.objects.none()
    if user.role in SEES_ALL:
        return User.objects.all()
    return User.objects.filter(Q(pk=user.pk) | Q(pk__in=led_by(user).values("pk")))


def led_by(user):
    """The people in a leader's own teams and those below; the teams of those they stand in for do not count."""
    if user.role not in LEADERS:
        return User.objects.none()
    teams = Team.objects.filter(lineage__overlap=list(user.team_memberships.values_list("team", flat=True)))
    return User.objects.filter(team_memberships__team__in=teams).order_by().distinct()


def with_second_factor(people):
    """Add `has_factor`: an authenticator app or a passkey."""
    factors = Authenticator.objects.filter(user=OuterRef("pk"), type__in=FACTORS)
    return people.annotate(has_factor=Exists(factors))
