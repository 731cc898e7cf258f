"""Lists that stand side by side, as tabs of each other."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

FILES = ((_("Files"), "kpis:import-list"), (_("Feeds"), "kpis:feed-list"), (_("Data quality"), "kpis:quality-list"))
SUPPLY = (
    (_("Short supply"), "kpis:cap-list", "truck"),
    (_("Stock-outs"), "kpis:stockout-list", "package"),
    (_("Replenishment"), "kpis:replenishment-list", "truck"),
    (_("Supply cost"), "kpis:supply-cost", "coin"),
    (_("Letters"), "kpis:letter-list", "mail"),
)
FORECASTS = (
    (_("Accuracy"), "kpis:forecast-accuracy"),
    (_("Events"), "kpis:event-list"),
    (_("Set by hand"), "kpis:override-list"),
    (_("Change notices"), "kpis:forecast-notice-list"),
)
CATALOGUE = ((_("Products"), "kpis:product-list"), (_("Categories"), "kpis:category-list"))


def tabs(request, lists):
    """One tab for each (label, name of its route) of `lists`; that of the page itself is current."""
    here = request.resolver_match.view_name
    return [{"label": label, "url": reverse(at), "count": None, "current": at == here} for label, at in lists]


def links(request, lists):
    """The other pages of (label, name of its route, icon) `lists` as buttons, but for the page itself."""
    here = request.resolver_match.view_name
    return [{"label": label, "url": reverse(at), "icon": icon} for label, at, icon in lists if at != here]
