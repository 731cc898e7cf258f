"""What the kernel throws away after its time. Every function takes the time it is now, and says how many went."""

from datetime import timedelta
from importlib import import_module

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session

from kam.models import Delivery, Removal

REMOVALS_KEPT, DELIVERIES_KEPT = timedelta(days=7), timedelta(days=30)


def sessions(now) -> int:
    """Sessions that are over, and what is remembered of their browsers."""
    over = Session.objects.filter(expire_date__lt=now).count()
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()
    return over


def removals(now) -> int:
    """What was deleted and can be brought back no more."""
    return Removal.objects.filter(at__lt=now - REMOVALS_KEPT).delete()[0]


def deliveries(now) -> int:
    """Events that webhooks got, or will never get."""
    return Delivery.objects.filter(finished_at__lt=now - DELIVERIES_KEPT).delete()[0]
