"""How long somebody stays signed in: at most 12 hours, and an hour without a request; and how that ends sooner.

The row of a session ends at the earlier of both, so that what has ended is not found when the cookie is read.
Requests move the idle end on by one UPDATE a minute, which never touches the session's data.
"""

from datetime import datetime, timedelta

from allauth.account.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from kam.compiled import compiled

MOVES_AFTER = timedelta(minutes=1)
FIXED_END = "ends"


class SessionStore(db.SessionStore):
    """Django's sessions in the database, which also end when nothing happens for SESSION_IDLE."""

    stored_end = None

    def end(self):
        """When this session ends if nothing more happens."""
        idle = timezone.now() + settings.SESSION_IDLE
        fixed = self.get(FIXED_END)
        return min(datetime.fromisoformat(fixed), idle) if fixed else idle

    def create_model_instance(self, data):
        row = super().create_model_instance(data)
        row.expire_date = self.stored_end = self.end()
        return row

    def keep_alive(self):
        """Move the idle end on when it lags by a minute; True when it did."""
        end = self.end()
        if self.stored_end is None or end - self.stored_end < MOVES_AFTER:
            return False
        self.stored_end = end
        return bool(Session.objects.filter(pk=self.session_key).update(expire_date=end))

    def _get_session_from_db(self):
        found = _living(key=self.session_key, now=timezone.now())
        if not found:
            self._session_key = self.stored_end = None
            return None
        self.stored_end = found[0].expire_date
        return found[0]


@compiled
def _living(*, key, now):
    """The session of a key that has not ended: every request asks."""
    return Session.objects.filter(session_key=key, expire_date__gt=now)


def alive(get_response):
    """Middleware: a request of somebody signed in keeps their session, and says where they were last seen."""

    def middleware(request):
        if request.user.is_authenticated and request.session.keep_alive():
            seen = {"last_seen_at": timezone.now(), "ip": get_adapter().get_client_ip(request)}
            UserSession.objects.filter(session_key=request.session.session_key).update(**seen)
        return get_response(request)

    return middleware


def sessions_of(user):
    """The devices on which `user` is signed in now, last seen first."""
    living = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    return UserSession.objects.filter(user=user, session_key__in=living).order_by("-last_seen_at", "-pk")


def end_sessions(user, *, keep=None):
    """Sign `user` out on every device at once, but for the session whose key is `keep`."""
    end_these(UserSession.objects.filter(user=user).exclude(session_key=keep))


def end_these(sessions):
    """End these UserSessions; whoever holds their cookies is a stranger at the next request."""
    Session.objects.filter(session_key__in=list(sessions.values_list("session_key", flat=True))).delete()
    sessions.delete()


def ends_after_twelve_hours(request, user, **kwargs):
    """On signing in: the session ends at a fixed time, however busy it is."""
    end = timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE)
    request.session[FIXED_END] = end.isoformat()


def deactivated_are_out(instance, **kwargs):
    """On saving a person: who is not active is signed in nowhere, and will not be when active again."""
    if not instance.is_active:
        end_sessions(instance)
