"""The sell-through explorer: one table from accounts down to stores, weeks across."""

from django.shortcuts import render
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from kam.downloads import asked_for
from kam.filters import chips
from kam.lists import chosen, view_query
from kam.measures import all_measures
from kam.saved import views_of
from kam.views.lists import FILTER_FORM
from kpis import access, calc
from kpis.explorer import asked as ask
from kpis.explorer.asked import asked_by, has_sell_in, levels_offered
from kpis.explorer.drawing import Drawn
from kpis.explorer.export import download
from kpis.explorer.lines import sort_of
from kpis.explorer.showing import LEVEL_WORDS, SHOW_WORDS, archived_of, caption_of, chart_of, columns_of, late_of
from kpis.explorer.table import PageOfTable, Table
from kpis.filters import ExplorerFilter
from kpis.models import AccountWeek
from kpis.showing import steps

# The measures that the figures are defined by.
DEFINED = ("sell_through_units", "sell_through", "sell_through_rate", "weeks_of_supply")
RANKING = "by=account&show={}&weeks=52&column=rank&column=share&column=total&column=change"


class Explorer(TemplateView):
    """GET; the whole view stands in the address, `?format=csv` or `xlsx` downloads it."""

    template_name = "kpis/explorer.html"
    keeps_views = True

    @cached_property
    def filterset(self):
        """A product has one category: where an address names both, the product says all."""
        asked, rows = self.request.GET.copy(), AccountWeek.objects.none()
        if asked.get("product"):
            asked.pop("category", None)
        return ExplorerFilter(asked, queryset=rows, request=self.request)

    @cached_property
    def asked(self):
        form = self.filterset.form
        form.is_valid()
        return asked_by(self.request, form.cleaned_data)

    @cached_property
    def sort(self):
        return sort_of(self.request.GET.get("sort", ""))

    def get(self, request, *args, **kwargs):
        if kind := asked_for(request):
            return self.export(kind)
        if request.htmx.target == FILTER_FORM:
            return render(request, "kit/filter_form.html", {"filterset": self.filterset})
        return super().get(request, *args, **kwargs)

    def export(self, kind):
        table = Table(self.asked, self.sort)
        return download(kind, table, self._chosen(columns_of(table)))

    def _chosen(self, columns):
        return chosen(columns, self.request.GET.getlist("column"))

    def get_context_data(self, **kwargs):
        asked = self.asked
        table = PageOfTable(asked, self.sort, self.request)
        columns = columns_of(table)
        shown = self._chosen(columns)
        return super().get_context_data(
            asked=asked,
            table=table,
            drawn=Drawn(table, shown, self.request),
            chart=chart_of(table),
            caption=caption_of(table),
            reported=self._reported(table),
            archived=archived_of(table.news.archived),
            late=late_of(table),
            columns=[(column, column in shown) for column in columns[1:]],
            sort=self.sort,
            page=table.page,
            filterset=self.filterset,
            chips=chips(self.filterset),
            filters_later=True,
            exports=("csv", "xlsx"),
            saved_views=views_of(self.request),
            view_page=self.request.resolver_match.view_name,
            view_query=view_query(self.request.GET),
            title=self._title(),
            definitions=self._definitions(),
            may_import=access.may_import(self.request.user),
            **self._choices(),
            **kwargs,
        )

    def _title(self):
        parts = [self.asked.product, self.asked.category, self.asked.account]
        return next((str(part) for part in parts if part), _("Sell-through"))

    def _definitions(self):
        """What the figures mean: those of the measures of the same name."""
        known = all_measures()
        return [(known[code].label, known[code].definition) for code in DEFINED]

    def _choices(self):
        """The segments above the table: levels, measures, periods, comparisons, weeks."""
        asked = self.asked
        offered = levels_offered(asked.account, asked.product)
        return {
            **steps(asked.last, asked.newest),
            "levels": [(level, LEVEL_WORDS[level]) for level in offered],
            "shows": [(show, SHOW_WORDS[show]) for show in asked.shows],
            "spans": ask.SPANS,
            "comparisons": ((ask.YEAR_BEFORE, _("Last year")), (ask.PERIOD_BEFORE, _("Period before"))),
            "as_of": calc.sunday(asked.last),
            "ranking": RANKING.format(ask.PAID),
        }

    def _reported(self, table):
        """How many accounts reported the `last` week, and how many the fullest one; None where sums do not say."""
        asked = self.asked
        if not has_sell_in(asked.by, asked.category, asked.product):
            return None
        told = table.total.told
        return {"last": told.get(asked.last, 0), "any": max(told.values(), default=0)}
