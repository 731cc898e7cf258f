"""What the search finds of the KPI floor: products by number, name and GTIN."""

from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from kam.search import Hit, group, named
from kpis.models import Product


def find(user, words):
    """The group of products that `user` sees."""
    chosen = named(words) | (Q(gtin=words[0]) if len(words) == 1 else Q(pk__in=[]))
    products = Product.objects.visible_to(user).filter(chosen).order_by("sort_name", "pk")
    every = f"{reverse('kpis:product-list')}?{urlencode({'q': ' '.join(words)})}"
    yield group(_("Products"), "package", products, _hit, every)


def _hit(product):
    return Hit(product.name, product.code, product.get_absolute_url())
