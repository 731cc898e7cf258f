from kam.forms import ScopedForm
from kpis import catalogue
from kpis.models import Category, Product


class CatalogueForm(ScopedForm):
    """A row of the catalogue, saved by the services that a subclass names."""

    create = change = None

    def save_with(self, by):
        data = {k: v for k, v in self.cleaned_data.items() if k != "version"}
        if self.instance.pk is None:
            return type(self).create(by=by, **data)
        return type(self).change(self.instance, by=by, version=self.seen_version(), **data)


class ProductForm(CatalogueForm):
    """An article we sell."""

    create, change = staticmethod(catalogue.create_product), staticmethod(catalogue.change_product)

    class Meta:
        model = Product
        fields = ["code", "name", "gtin", "brand", "category"]


class CategoryForm(CatalogueForm):
    """A category of products."""

    create, change = staticmethod(catalogue.create_category), staticmethod(catalogue.change_category)

    class Meta:
        model = Category
        fields = ["code", "name"]
