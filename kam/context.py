"""What the frame of every page shows: theme, navigation by role, how the last night went."""

from typing import NamedTuple

from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kam import night
from kam.access import may_have_deputies
from kam.addresses import page_address
from kam.measures import all_measures
from kam.models import Deputy
from kam.models.deputy import places_of
from kam.models.night import READERS as NIGHT_READERS
from kam.nightly import MEASURING
from kam.reading import once
from kam.roles import LOOK_AT_PEOPLE, DataClass, may_read
from kam.sql import dicts

NAV = (
    ("home", "home", _("Home"), None),
    ("accounts:list", "building-store", _("Accounts"), DataClass.GENERAL),
    ("plans:list", "map", _("Plans"), DataClass.RELATIONSHIP),
    ("tradeterms:list", "contract", _("Terms"), DataClass.TERMS),
    ("kpis:overview", "gauge", _("KPIs"), "measures"),
    ("kpis:explorer", "chart-line", _("Sell-through"), DataClass.KPI),
    ("kpis:forecast-accuracy", "trending-up", _("Forecasts"), DataClass.KPI),
    ("kpis:stockout-list", "package", _("Stock-outs"), DataClass.KPI),
    ("kpis:deliveries", "truck", pgettext_lazy("goods", "Deliveries"), DataClass.KPI),
    ("kpis:import-list", "upload", _("Imports"), "night"),
    ("night", "moon", _("Night"), "night"),
    ("administration:people", "users", _("Administration"), "people"),
)


BESIDE = {"search": "search", "alerts": "accounts:alert-list"}


class Item(NamedTuple):
    """One entry of the navigation, as it stands on one page."""

    name: str
    url: str
    icon: str
    label: str
    current: bool


def frame(request):
    """`theme` for everybody; `nav`, the entry `at` beside it and what a page may show for people who are signed in."""
    user = getattr(request, "user", None)
    if not (user and user.is_authenticated):
        return {"theme": request.COOKIES.get("theme", "")}
    return {
        "theme": request.COOKIES.get("theme", ""),
        "nav": _nav(request, user),
        "at": next((at for at, name in BESIDE.items() if request.path == page_address(name)), ""),
        "night_state": SimpleLazyObject(last_night),
        "standing_in": standing_in(user),
        "may_have_deputies": may_have_deputies(user),
        "reads_alerts": may_read(user, DataClass.GENERAL),
    }


def _shown(user, need):
    if need == "night":
        return user.role in NIGHT_READERS
    if need == "measures":
        return any(may_read(user, m.data_class) for m in all_measures().values())
    if need == "people":
        return user.role in LOOK_AT_PEOPLE
    return need is None or may_read(user, need)


def _nav(request, user):
    """The entries for this role; of several whose address begins this page's, the longest is current."""
    items = [_item(request, *entry[:3]) for entry in NAV if _shown(user, entry[3])]
    here = max((len(item.url) for item in items if item.current), default=0)
    return tuple(item._replace(current=item.current and len(item.url) == here) for item in items)


# Pages that belong to an entry though their address does not begin like its own.
BELONGS = {
    "kpis:import-list": ("kpis:feed-list", "kpis:quality-list"),
    "kpis:deliveries": ("kpis:order-line-list",),
    "kpis:stockout-list": ("kpis:cap-list", "kpis:replenishment-list", "kpis:supply-cost", "kpis:letter-list"),
    "administration:people": ("administration:teams", "administration:audit", "administration:ask"),
}


def _item(request, name, icon, label):
    url = page_address(name)
    current = request.path == url if name == "home" else request.path.startswith(url)
    if any(request.path.startswith(page_address(other)) for other in BELONGS.get(name, ())):
        current = True
    return Item(name, url, icon, label, current)


def standing_in(user):
    """The rows by which the person stands in for others today, read when a page shows them."""
    if not places_of(user)[1:]:
        return ()
    return Deputy.objects.held_by(user).select_related("person").order_by("ends", "pk")


def last_night():
    """Date, outcome and finishing time of the most recent night, and until which day figures were `measured`.

    Asked once for the frame and all that a page shows. Each is None where there was no such night.
    """
    return once("last night", _last_night)


# Every page asks this.
LAST_NIGHT = """
SELECT date, array_agg(DISTINCT state) AS states, max(finished_at) AS finished_at,
    (SELECT max(date) FROM kam_steprun WHERE step = %(measuring)s AND state = 'done') AS measured
FROM kam_steprun WHERE date = (SELECT max(date) FROM kam_steprun) GROUP BY date
"""


def _last_night():
    found = next(iter(dicts(LAST_NIGHT, {"measuring": MEASURING})), {})
    return {
        "date": found.get("date"),
        "outcome": night.outcome_of(set(found.get("states", ()))),
        "finished_at": found.get("finished_at"),
        "measured": found.get("measured"),
    }
