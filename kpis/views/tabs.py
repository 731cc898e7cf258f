"""Lists that stand side by side, as tabs of each other."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

FILES = ((_("Files"), "kpis:import-list"), (_("Feeds"), "kpis:feed-list"))
CATALOGUE = ((_("Products"), "kpis:product-list"), (_("Categories"), "kpis:category-list"))


def tabs(request, lists):
    """One tab for each (label, name of its route) of `lists`; that of the page itself is current."""
    here = request.resolver_match.view_name
    return [{"label": label, "url": reverse(at), "count": None, "current": at == here} for label, at in lists]
