"""What the frame of every page shows of accounts: how many alerts are open, how much in the inbox is unread."""

from django.utils.functional import SimpleLazyObject

from accounts.models import Alert, Notification

MOST = 100


def frame(request):
    """`alert_count` and `inbox_count` for people who are signed in, counted only when a page shows them.

    Both are counted up to MOST, beyond which a page says no figure.
    """
    user = getattr(request, "user", None)
    if not (user and user.is_authenticated):
        return {}
    alerts = Alert.objects.visible_to(user).filter(state=Alert.State.OPEN)
    inbox = Notification.objects.visible_to(user).unread().order_by()
    return {
        "alert_count": SimpleLazyObject(alerts.order_by()[:MOST].count),
        "inbox_count": SimpleLazyObject(inbox[:MOST].count),
    }
