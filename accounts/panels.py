"""What the accounts floor shows on the account page and the home page."""

from django.db.models import Count
from django.utils.translation import gettext as _

from accounts.compiled import for_reader
from accounts.models import Account, Alert, Store
from accounts.timeline import entries_of_account, tell
from accounts.workflow import with_moves
from kam.context import last_night
from kam.models.night import READERS as NIGHT_READERS
from kam.panels import panel
from kam.roles import DataClass, may_read

SHOWN = 8
OUTCOMES = {
    "done": ("good", lambda: _("Done")),
    "running": ("running", lambda: _("Running")),
    "partial": ("warning", lambda: _("Partial")),
}


@panel("account", "accounts/panels/alerts.html", order=10)
def alerts(request, account):
    """The unresolved alerts, the worst first."""
    found = _worst(request.user, account=account.pk)
    for alert in found:
        alert.account = account
    return {"alerts": with_moves(found, request.user), "total": account.alerts_open}


@for_reader
def _worst(user, *, account):
    return Alert.objects.visible_to(user).filter(account=account).unresolved().worst_first()[:SHOWN]


@panel("account", "accounts/panels/people.html", order=70, later=True)
def people(request, account):
    """The people at the account; only for those who read about relationships."""
    if not may_read(request.user, DataClass.RELATIONSHIP):
        return None
    contacts = account.contacts.visible_to(request.user).select_related("our_owner")[:SHOWN]
    return {"contacts": contacts, "total": account.contacts_count}


@panel("account", "accounts/panels/timeline.html", order=90, later=True)
def timeline(request, account):
    """The latest of what happened."""
    return {"events": tell(entries_of_account(account, request.user)[:SHOWN])}


@panel("account", "accounts/panels/below.html", order=60, column="side", later=True)
def below(request, account):
    """The accounts directly below this one that the reader sees."""
    children = Account.objects.visible_to(request.user).filter(parent=account).with_worst(request.user)
    return {"children": children} if children else None


@panel("account", "accounts/panels/stores.html", order=70, column="side", later=True)
def stores(request, account):
    """How many stores of each kind; nothing for an account without."""
    if not account.stores_count:
        return None
    kinds = account.stores.visible_to(request.user).order_by("kind").values_list("kind").annotate(n=Count("pk"))
    return {"kinds": [(Store.Kind(kind).label, n) for kind, n in kinds]}


@panel("home", "accounts/panels/last_night.html", order=80, column="side")
def night(request):
    """How the last night went; only for those who may see the night."""
    if request.user.role not in NIGHT_READERS:
        return None
    state = last_night()
    level, word = OUTCOMES.get(state["outcome"], ("neutral", lambda: _("Not yet")))
    return {"state": state, "level": level, "word": word()}
