"""Which moves the state of an alert allows."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import may_handle_alert
from accounts.models import Alert
from kam.workflow import Step, moves

State = Alert.State


def _acknowledge(alert, by, note):
    alert.acknowledged_by = by


def _resolve(alert, by, note):
    alert.resolved_by = by
    alert.resolved_on = timezone.now().date()


ALERT = {
    "acknowledge": Step(
        (State.OPEN,),
        State.ACKNOWLEDGED,
        may_handle_alert,
        _("Acknowledge"),
        effect=_acknowledge,
        icon="check",
    ),
    "resolve": Step(
        (State.OPEN, State.ACKNOWLEDGED),
        State.RESOLVED,
        may_handle_alert,
        _("Resolve"),
        effect=_resolve,
        needs_note=True,
        icon="circle-check",
    ),
}


def with_moves(alerts, user):
    """The alerts as a list, each with the moves that its row `offered`."""
    found = list(alerts)
    for alert in found:
        alert.offered = moves(alert, ALERT, user)
    return found
