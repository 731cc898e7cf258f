"""Whom somebody may look at in the administration, and what is shown of them there."""

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, Q

from accounts.models import Team
from kam import factors
from kam.models import Deputy, User
from kam.roles import LEADERS, Role

SEES_ALL = frozenset({Role.ADMIN, Role.AUDITOR})


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


def deputies_of(user):
    """Who stands in for whom, as far as `user` may look: their own on both sides, and those of `people_of` them."""
    return Deputy.objects.filter(Q(deputy=user) | Q(person__in=people_of(user).values("pk"))).select_related("person")


def with_second_factor(people):
    """Add `has_factor`: an authenticator app or a passkey."""
    own = Authenticator.objects.filter(user=OuterRef("pk"), type__in=factors.KINDS)
    return people.annotate(has_factor=Exists(own))
