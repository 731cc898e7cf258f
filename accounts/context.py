"""What the frame of every page shows of accounts: how many alerts are open."""

from django.utils.functional import SimpleLazyObject

from accounts.models import Alert


def frame(request):
    """`alert_count` for people who are signed in, counted only when a page shows it."""
    user = getattr(request, "user", None)
    if not (user and user.is_authenticated):
        return {}
    alerts = Alert.objects.visible_to(user).filter(state=Alert.State.OPEN)
    return {"alert_count": SimpleLazyObject(alerts.count)}
