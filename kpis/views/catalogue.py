"""The catalogue: products, what became of each, and categories."""

from datetime import timedelta

from django.db.models import Count, F, Sum
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kam.charts import drawn
from kam.filters import number_or_name
from kam.lists import Column
from kam.roles import DataClass, may_read
from kam.templatetags import formats
from kam.views.base import ScopedCreate, ScopedDetail, ScopedUpdate
from kam.views.lists import InList, ScopedList
from kam.views.suggestions import Suggestions
from kam.views.undo import ScopedRemove
from kpis import access, calc, catalogue, filters, queries
from kpis.catalogue_forms import CategoryForm, ProductForm
from kpis.models import Category, Product, ProductWeek
from kpis.views.tabs import CATALOGUE, tabs

WEEKS, LATELY = 26, 4
PRODUCTS = (
    Column("name", gettext_lazy("Product"), lambda p: p.name, sort=("sort_name",), beside=lambda p: p.code),
    Column("code", gettext_lazy("Number"), lambda p: p.code, sort=("code",), shown=False, always=True),
    Column("brand", gettext_lazy("Brand"), lambda p: p.brand, sort=("brand", "sort_name"), desk=True),
    Column("category", gettext_lazy("Category"), lambda p: p.category and p.category.name,
           sort=("category__name", "sort_name")),
    Column("gtin", gettext_lazy("GTIN"), lambda p: p.gtin, "code", desk=True),
)  # fmt: skip
CATEGORIES = (
    Column("name", gettext_lazy("Category"), lambda c: c.name, sort=("name",), beside=lambda c: c.code),
    Column("code", gettext_lazy("Number"), lambda c: c.code, sort=("code",), shown=False, always=True),
    Column("products", gettext_lazy("Products"), lambda c: c.products_count, "figure", sort=("products_count", "name"),
           first="desc"),
)  # fmt: skip


class InCatalogue:
    """Mix-in for lists of the catalogue: the same tabs, and adding for those who keep it."""

    adding = ()

    def get_context_data(self, **kwargs):
        label, url = self.adding
        add = {"label": label, "url": reverse(url), "icon": "plus", "primary": True}
        return super().get_context_data(**kwargs) | {
            "tools": [add] if access.may_keep_catalogue(self.request.user) else [],
            "tabs": tabs(self.request, CATALOGUE),
        }


class ProductList(InCatalogue, ScopedList):
    model, title, columns, default_sort = Product, gettext_lazy("Products"), PRODUCTS, "name"
    filterset_class, find, leads = filters.ProductFilter, "q", True
    adding = (gettext_lazy("New product"), "kpis:product-create")

    def get_queryset(self):
        return super().get_queryset().select_related("category")

    def get_context_data(self, **kwargs):
        text = _("They come with the import of a product list, of facts that may create them, or one by one.")
        empty = {"icon": "package", "title": _("Products will appear here"), "text": text}
        return super().get_context_data(**kwargs) | {"empty": empty}


class ProductDetail(InList, ScopedDetail):
    """One article: week by week over all accounts the reader sees, and account by account."""

    template_name = "kpis/product.html"
    queryset = Product.objects.select_related("category")
    listed_by, list_url = ProductList, "kpis:product-list"

    def get_context_data(self, **kwargs):
        user = self.request.user
        may_see = may_read(user, DataClass.KPI)
        return super().get_context_data(
            may_edit=access.may_keep_catalogue(user),
            **(self.sold() if may_see else {}),
            **kwargs,
        )

    @cached_property
    def last(self):
        return queries.last_week()

    def sold(self):
        """The chart of the last half year, and what every account sold and has, most units first."""
        first = queries.span(self.last, WEEKS)[0]
        seen = ProductWeek.objects.visible_to(self.request.user)
        rows = seen.filter(product=self.object, week__range=(first, self.last))
        weekly = dict(rows.order_by().values_list("week").annotate(sum=Sum("units")))
        return {
            "chart": _chart(weekly, calc.mondays(first, WEEKS)),
            "weeks": sorted(weekly.items(), reverse=True),
            "accounts": self.accounts(rows),
            "as_of": calc.sunday(self.last),
            "lately": LATELY,
        }

    def accounts(self, rows):
        """Units and stock by account over the last weeks."""
        since = self.last - timedelta(weeks=LATELY - 1)
        by_account = rows.filter(week__gte=since).order_by().values("account", name=F("account__name"))
        summed = by_account.annotate(sold=Sum("units"), weeks=Count("units"))
        units = list(summed.order_by(F("sold").desc(nulls_last=True)))
        stock = dict(rows.filter(week=self.last).values_list("account", "stock"))
        for row in units:
            row["stock"] = stock.get(row["account"])
            row["cover"] = calc.rate(row["stock"], calc.rate(row["sold"], row["weeks"]))
        return units


def _chart(weekly, mondays):
    data = drawn((weekly.get(week) for week in mondays), 3)
    return {
        "x": [formats.week(week) for week in mondays],
        "series": [{"name": _("Units sold"), "role": "actual", "data": data}],
        "decimals": 0,
    }


class Keeping:
    """Mix-in: the forms of the catalogue are for those who keep it."""

    def may(self, user, row):
        return access.may_keep_catalogue(user)


class ProductCreate(Keeping, ScopedCreate):
    model, form_class, title = Product, ProductForm, gettext_lazy("New product")

    def get_cancel_url(self):
        return reverse("kpis:product-list")


class ProductUpdate(Keeping, ScopedUpdate):
    model, form_class, title = Product, ProductForm, gettext_lazy("Edit product")


class ProductNames(Suggestions):
    """What may be meant by what is typed where a product is asked for."""

    model = Product

    def found(self, rows, text):
        return rows.filter(number_or_name(text)).order_by("code", "pk")


class CategoryList(InCatalogue, ScopedList):
    """Categories with how many products each has; they lead to the products, or to the form for those who keep them."""

    model, title, columns, default_sort = Category, gettext_lazy("Categories"), CATEGORIES, "name"
    adding = (gettext_lazy("New category"), "kpis:category-create")

    def get_queryset(self):
        return super().get_queryset().annotate(products_count=Count("products"))

    def row_url(self, row):
        return f"{reverse('kpis:product-list')}?category={row.pk}"

    def get_context_data(self, **kwargs):
        text = _("They come with the import of a product list, or one by one.")
        empty = {"icon": "tag", "title": _("Categories will appear here"), "text": text}
        return super().get_context_data(**kwargs) | {"empty": empty}


class CategoryCreate(Keeping, ScopedCreate):
    model, form_class, title = Category, CategoryForm, gettext_lazy("New category")

    def get_cancel_url(self):
        return reverse("kpis:category-list")


class CategoryUpdate(Keeping, ScopedUpdate):
    model, form_class, title = Category, CategoryForm, gettext_lazy("Edit category")
    template_name = "kpis/category_form.html"


class CategoryRemove(Keeping, ScopedRemove):
    """POST: take away a category that no product has."""

    model = Category
    in_use = gettext_lazy("Products have this category; give them another one first.")

    def remove(self, row, by):
        return catalogue.remove_category(row, by=by)

    def url_after(self, row):
        return reverse("kpis:category-list")
