"""What the search finds of the KPI floor: its pages by title, products by number, name and GTIN."""

from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy

from kam.roles import DataClass, may_read
from kam.search import Group, Hit, group
from kam.words import named
from kpis.models import Product

PAGES = (
    ("kpis:explorer", _lazy("Sell-through")),
    ("kpis:deliveries", pgettext_lazy("goods", "Deliveries")),
    ("kpis:order-line-list", _lazy("Order lines")),
)


def find(user, words):
    """The groups of pages about figures and of products that `user` sees."""
    yield Group(_("Pages"), "chart-line", _pages(user, words))
    chosen = named(words) | (Q(gtin=words[0]) if len(words) == 1 else Q(pk__in=[]))
    products = Product.objects.visible_to(user).filter(chosen).order_by("sort_name", "pk")
    every = f"{reverse('kpis:product-list')}?{urlencode({'q': ' '.join(words)})}"
    yield group(_("Products"), "package", products, _hit, every)


def _pages(user, words):
    """Pages of which every word begins a word of the title."""
    if not may_read(user, DataClass.KPI):
        return []
    hits = [Hit(str(title), "", reverse(route)) for route, title in PAGES]
    return [hit for hit in hits if all(f" {word.lower()}" in f" {hit.title.lower()}" for word in words)]


def _hit(product):
    return Hit(product.name, product.code, product.get_absolute_url())
