"""The forecast of one account: products by week, one product with its history, and setting figures by hand."""

from datetime import timedelta
from decimal import Decimal

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.generic import TemplateView

from accounts.models import Account
from kam.downloads import asked_for, table_response
from kam.errors import Conflict, Stale
from kam.keyset import Page
from kam.lists import header, lines
from kam.roles import DataClass, may_read
from kam.views.base import refuse
from kpis import access, calc
from kpis.forecast import queries, showing
from kpis.forecast.typed import Typed, number_of
from kpis.models import ForecastSeries, Product
from kpis.queries import YEAR, asked_number

SPANS = (4, 8, 13, 26)
PAST = 26


class OnForecast:
    """Mix-in: the visible account of the address, for whoever reads figures; anything else is 404.

    `?weeks=` says how many weeks are shown, else `usual`.
    """

    usual = 8

    @cached_property
    def account(self):
        if not may_read(self.request.user, DataClass.KPI):
            raise Http404
        return get_object_or_404(Account.objects.visible_to(self.request.user), pk=self.kwargs["pk"])

    @cached_property
    def first(self):
        return queries.first_week()

    @cached_property
    def weeks(self):
        return calc.mondays(self.first, asked_number(self.request, "weeks", SPANS, self.usual))

    def events(self, product=None):
        found = queries.events_of(self.account, self.weeks[0], self.weeks[-1], product)
        for event in found:
            event.effect = showing.effect_of(event)
        return found

    def past(self):
        """Mondays of the half year before the forecast begins."""
        return calc.mondays(self.first - timedelta(weeks=PAST), PAST)

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            account=self.account,
            weeks=self.weeks,
            spans=SPANS,
            may_forecast=access.may_forecast(self.request.user, self.account),
            **kwargs,
        )


class ForecastPage(OnForecast, TemplateView):
    """Products by week; `?q=` says which products, `?format=csv` or `xlsx` downloads all of them."""

    template_name = "kpis/forecast.html"

    def get(self, request, *args, **kwargs):
        if kind := asked_for(request):
            return self.export(kind)
        return super().get(request, *args, **kwargs)

    def products(self):
        text = self.request.GET.get("q", "").replace("\0", "").strip()[:100]
        return queries.products_of(self.account, self.weeks, text)

    def export(self, kind):
        rows = queries.lines_of(self.account, list(self.products()), self.weeks)
        columns = list(showing.grid_columns(self.weeks))
        title = _("Forecast of %(account)s") % {"account": self.account}
        return table_response(kind, f"forecast-{self.account.code}", title, header(columns), lines(columns, rows))

    def get_context_data(self, **kwargs):
        page, past = self.page(), self.past()
        sold, expected = queries.curve(self.account, past[0] - YEAR, self.weeks)
        totals = [getattr(expected.get(week), "agreed", None) for week in self.weeks]
        return super().get_context_data(
            page=page,
            lines=queries.lines_of(self.account, page.rows, self.weeks),
            as_of=next((calc.sunday(product.as_of) for product in page.rows if product.as_of), None),
            totals=totals,
            total=sum(filter(None, totals), Decimal(0)) if expected else None,
            chart=showing.chart_of(past, self.weeks, sold, expected),
            events=self.events(),
            found_text=self.request.GET.get("q", ""),
            exports=("csv", "xlsx"),
            **kwargs,
        )

    def page(self):
        """A page of products; they come by their size, which no cursor could name."""
        text = self.request.GET.get("page", "1")
        number = int(text) if text.isascii() and text.isdecimal() and 0 < len(text) < 5 else 1
        start = (max(number, 1) - 1) * queries.PRODUCTS
        found = list(self.products()[start : start + queries.PRODUCTS + 1])
        return Page(
            found[: queries.PRODUCTS],
            self._page_url(number + 1) if len(found) > queries.PRODUCTS else "",
            self._page_url(number - 1) if number > 1 else "",
        )

    def _page_url(self, number):
        params = self.request.GET.copy()
        params["page"] = str(number)
        return f"?{params.urlencode()}"


class ForecastProduct(OnForecast, TemplateView):
    """One product of an account: history, every kind of figure week by week, and what the baseline stands on."""

    template_name = "kpis/forecast_product.html"
    usual = 13

    @cached_property
    def series(self):
        """What the baseline comes from, None for a product without history here."""
        rows = ForecastSeries.objects.filter(account=self.account, product__code=self.kwargs["code"])
        return rows.select_related("product").first()

    @cached_property
    def product(self):
        return self.series.product if self.series else get_object_or_404(Product, code=self.kwargs["code"])

    def cells(self):
        return queries.cells_with_theirs(self.account, self.product, self.weeks)

    def get(self, request, *args, **kwargs):
        if kind := asked_for(request):
            columns = showing.PRODUCT_COLUMNS
            stem = f"forecast-{self.account.code}-{self.product.code}"
            rows = lines(columns, self.cells())
            return table_response(kind, stem, str(self.product), header(columns), rows)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        cells, past = self.cells(), self.past()
        theirs = {cell.week: cell.theirs for cell in cells if cell.theirs}
        rows = {cell.week: cell.row for cell in cells if cell.row}
        sold = queries.sold(self.account, past[0] - YEAR, self.weeks[-1], self.product)
        return super().get_context_data(
            product=self.product,
            cells=cells,
            series=self.series,
            as_of=self.series and calc.sunday(self.series.as_of),
            notes=showing.notes_of(self.series),
            better=_better(self.series),
            chart=showing.chart_of(past, self.weeks, sold, rows, theirs, interval=True),
            told_on=max((row.made_on for row in theirs.values()), default=None),
            events=self.events(self.product),
            exports=("csv", "xlsx"),
            **kwargs,
        )


def _better(series):
    """By how much the chosen method was nearer than last year in the back-test, as a fraction of what was sold."""
    if series is None or series.error is None or series.naive_error is None:
        return None
    return series.naive_error - series.error


class ForecastEdit(OnForecast, TemplateView):
    """Set many figures by hand, with one reason; an empty cell gives the figure back to the machine."""

    template_name = "kpis/forecast_edit.html"
    http_method_names = ["get", "post", "head", "options"]
    typed, problem = Typed({}), ""

    def dispatch(self, request, *args, **kwargs):
        if not access.may_forecast(request.user, self.account):
            return refuse(request)
        return super().dispatch(request, *args, **kwargs)

    def products(self):
        """The products that the address names, else the largest of the account."""
        named = [pk for text in self.request.GET.getlist("product")[: queries.PRODUCTS] if (pk := number_of(text))]
        return list(Product.objects.filter(pk__in=named).order_by("sort_name", "pk")) or list(
            queries.products_of(self.account, self.weeks)[: queries.PRODUCTS]
        )

    def get_context_data(self, **kwargs):
        products = self.products()
        cells = queries.cells_of(self.account, products, self.weeks)
        return super().get_context_data(
            lines=[(product, [self.typed.field_of(product, cells[product.pk, week]) for week in self.weeks])
                   for product in products],
            reason=self.typed.reason,
            problem=self.problem,
            **kwargs,
        )  # fmt: skip

    def post(self, request, *args, **kwargs):
        self.typed = Typed(request.POST)
        try:
            count = self.typed.save(self.account, by=request.user)
        except ValidationError as error:
            return self.again(" ".join(error.messages), 422)
        except (Stale, Conflict) as refusal:
            return self.again(refusal.message, 409)
        messages.success(request, ngettext("%(n)s figure is set.", "%(n)s figures are set.", count) % {"n": count})
        return HttpResponseRedirect(f"{reverse('kpis:forecast', args=[self.account.pk])}?weeks={len(self.weeks)}")

    def again(self, problem, status):
        """The same page with what was typed, and what is wrong."""
        self.problem = problem
        return self.render_to_response(self.get_context_data(), status=status)
