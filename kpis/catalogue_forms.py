"""Forms of the catalogue."""

from kam.forms import ScopedForm
from kpis import catalogue
from kpis.models import Category, Product


class ProductForm(ScopedForm):
    """An article we sell."""

    class Meta:
        model = Product
        fields = ["code", "name", "gtin", "brand", "category", "case_size"]

    def create(self, **values):
        return catalogue.create_product(**values)

    def change(self, **values):
        return catalogue.change_product(self.instance, **values)


class CategoryForm(ScopedForm):
    """A category of products."""

    class Meta:
        model = Category
        fields = ["code", "name"]

    def create(self, **values):
        return catalogue.create_category(**values)

    def change(self, **values):
        return catalogue.change_category(self.instance, **values)
