from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from kam.models import Versioned
from kam.roles import Role
from kam.text import sort_key
from kam.words import Words


class CatalogueQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The catalogue is common knowledge of the house; people without any account data do not need it."""
        seers = set(Role) - {Role.FUNCTION}
        return self.all() if user.is_active and user.role in seers else self.none()


class Category(Versioned):
    """One row is one product category."""

    code = models.CharField(_("number"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)

    objects = CatalogueQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        verbose_name = _("category")
        verbose_name_plural = _("categories")

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("kpis:category-update", args=[self.pk])


class Product(Versioned):
    """One row is one article we sell."""

    code = models.CharField(_("number"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=200)
    sort_name = models.CharField(max_length=250, editable=False, default="")
    gtin = models.CharField(_("GTIN"), max_length=14, blank=True)
    brand = models.CharField(_("brand"), max_length=80, blank=True)
    case_size = models.PositiveIntegerField(_("units per case"), null=True, blank=True)
    category = models.ForeignKey(
        Category, models.PROTECT, null=True, blank=True, related_name="products", verbose_name=_("category")
    )

    objects = CatalogueQuerySet.as_manager()

    class Meta:
        ordering = ["sort_name", "pk"]
        verbose_name = _("product")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(case_size__isnull=True) | models.Q(case_size__gte=1),
                name="product_case_holds_some",
                violation_error_message=_("A case holds one unit or more."),
            )
        ]
        indexes = [GinIndex(Words("name", "code"), name="product_words")]

    def __str__(self):
        return f"{self.code} {self.name}"

    def get_absolute_url(self):
        return reverse("kpis:product", args=[self.pk])

    def save(self, *args, **kwargs):
        self.sort_name = sort_key(self.name)
        super().save(*args, **kwargs)
