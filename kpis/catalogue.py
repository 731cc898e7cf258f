"""Writes of the catalogue: products and their categories. `by` is a user, or None for the system."""

from functools import partial

from django.db import transaction

from kam import services
from kam.tasks import ring
from kpis import rollups
from kpis.models import Category, Product
from kpis.tasks import sum_at_once

MAY = "kpis.access.may_keep_catalogue"


def create_product(*, by, **fields):
    """Add an article. Raises ValidationError, such as for a number that is taken."""
    return services.create(Product(**fields), by=by)


@transaction.atomic
def change_product(product, *, by, version, **fields):
    """Change an article that nobody else changed since `version`. Raises Stale and ValidationError."""
    before = Product.objects.values_list("category", flat=True).get(pk=product.pk)
    changed = services.change(product, by=by, version=version, fields=fields)
    if changed.category_id != before:
        rollups.products_moved([changed.pk])
        transaction.on_commit(partial(ring, sum_at_once))
    return changed


def create_category(*, by, **fields):
    """Add a category. Raises ValidationError."""
    return services.create(Category(**fields), by=by)


def change_category(category, *, by, version, **fields):
    """Change a category that nobody else changed since `version`. Raises Stale and ValidationError."""
    return services.change(category, by=by, version=version, fields=fields)


def remove_category(category, *, by):
    """Take away a category that no product has; returns the Removal. Raises ProtectedError."""
    return services.remove(category, by=by, undo_if=MAY)
