"""What the frame of every page shows of accounts: how many alerts are open, how much in the inbox is unread."""

from functools import cache, partial

from django.utils.functional import SimpleLazyObject

from accounts.compiled import for_reader
from accounts.models import Alert, Notification
from kam.lists import Counts

MOST = 100


def frame(request):
    """`alert_count` and `inbox_count` for people who are signed in, counted only when a page shows them.

    Both are counted up to MOST, beyond which a page says no figure.
    """
    user = getattr(request, "user", None)
    if not (user and user.is_authenticated):
        return {}
    counts = lazy_counts(user)
    return {
        "alert_count": SimpleLazyObject(lambda: counts()[0]),
        "inbox_count": SimpleLazyObject(lambda: counts()[1]),
    }


def lazy_counts(user):
    """(open alerts, unread notifications), asked once by the first who needs one of them."""
    return cache(lambda: _counts(user))


@partial(for_reader, reads=partial(Counts, most=MOST))
def _counts(user):
    is_open = Alert.objects.visible_to(user).filter(state=Alert.State.OPEN)
    return is_open, Notification.objects.visible_to(user).unread()
