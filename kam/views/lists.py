"""The base of every list, and the way from one of its rows to the next."""

from copy import copy
from itertools import chain
from urllib.parse import urlencode

from django.http import QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import SimpleLazyObject, cached_property
from django.views.generic import TemplateView

from kam.downloads import KINDS, asked_for, table_response
from kam.filters import chips
from kam.keyset import Keyset
from kam.lists import NEEDED_BY_PAGES, Table, chosen, counted, header, in_chunks, lines, of_export, sorts_of, view_query
from kam.saved import views_of
from kam.views.base import Scoped

FILTER_FORM = "filter-form"  # the element that asks for it when it is opened


class ScopedList(Scoped, TemplateView):
    """A filtered, sorted, keyset-paginated list whose whole state stands in the URL.

    The form of its filters is drawn when somebody opens it, and only the form.

    `columns` (kam.lists.Column) say what it shows; `?column=` chooses among them, `?sort=` orders, `?format=csv` or
    `xlsx` sends exactly this view. A page that draws its own rows gives `sorts` instead: names in `?sort=` with tuples
    of ordering expressions; the primary key is appended. `decorate(rows)` may add what one page of rows shows, in one
    query per kind of thing.
    """

    template_name = "kit/list_page.html"
    title = ""
    find = ""
    columns = ()
    default_sort = ""
    filterset_class = None
    sorts = {"default": ("pk",)}
    page_size = 50
    export_chunk = 500
    exports = KINDS
    # Without it the page draws its own rows, and the columns say what an export holds.
    chooses_columns = True
    # Its address with filters, sort and columns may be kept under a name.
    keeps_views = True
    # Whether the pages of its rows know the list they were opened from (`InList`).
    leads = False

    def get(self, request, *args, **kwargs):
        if self.columns and (kind := asked_for(request)):
            return self.export(kind)
        if self.filterset_class and request.htmx.target == FILTER_FORM:
            return render(request, "kit/filter_form.html", {"filterset": self.filtered()[0]})
        return super().get(request, *args, **kwargs)

    def filtered(self):
        """(filter set or None, the rows that fit it)."""
        rows = SimpleLazyObject(self.get_queryset)
        if not self.filterset_class:
            return None, rows
        filterset = SimpleLazyObject(
            lambda: self.filterset_class(self.request.GET, queryset=rows, request=self.request)
        )
        return filterset, filterset.qs if self.narrows else rows

    @cached_property
    def narrows(self):
        """Whether the address says anything that may leave rows out; without it no filter has to be made."""
        return not set(self.request.GET) <= {"sort", "column", *NEEDED_BY_PAGES}

    def keyset(self):
        """The order that `?sort=` asks for."""
        sorts = sorts_of(self.columns, self.default_sort) if self.columns else self.sorts
        self.sort = self.request.GET.get("sort", "")
        if self.sort not in sorts:
            self.sort = next(iter(sorts))
        return Keyset(sorts[self.sort], self.page_size)

    def get_context_data(self, **kwargs):
        filterset, rows = self.filtered()
        page = self.page(rows)
        context = super().get_context_data(
            page=page,
            rows=self.decorate(page.rows),
            filterset=filterset,
            filters_later=filterset is not None,
            sort=self.sort,
            **kwargs,
        )
        return context | (self.shown(context, rows) if self.columns else {})

    def page(self, rows):
        """The page of the rows that the address names."""
        return self.keyset().page(rows, self.request)

    def shown(self, context, rows):
        """What `kit/list_page.html` needs beside the rows."""
        columns = chosen(self.columns, self.request.GET.getlist("column"))
        return {
            "title": self.title,
            "find": self.find,
            "find_text": self.request.GET.get(self.find, "") if self.find else "",
            "chips": chips(context["filterset"]) if self.filterset_class and self.narrows else [],
            "table": Table(columns, context["rows"], self.title, self.row_url),
            "columns": [(c, c in columns) for c in self.columns[1:]] if self.chooses_columns else [],
            "found": self.found(context["page"], rows),
            "total": None,
            "tabs": [],
            "tools": [],
            "empty": {},
            "exports": self.exports,
            "saved_views": views_of(self.request),
            "view_page": self.request.resolver_match.view_name if self.keeps_views else "",
            "view_query": view_query(self.request.GET),
        }

    def found(self, page, rows):
        """How many rows fit, of which this is a page."""
        return counted(rows)[0] if page.next_url or page.previous_url else len(page.rows)

    def tab(self, label, query, count=None):
        """One ready-made view; it is current when the filters of the address are just its own."""
        params = self.request.GET.copy()
        for name in ("sort", "column", *NEEDED_BY_PAGES):
            params.pop(name, None)
        return {"label": label, "url": f"?{query}", "count": count, "current": params.urlencode() == query}

    def row_url(self, row):
        """Where a row leads; with `leads`, to its page within this list."""
        url = row.get_absolute_url()
        return f"{url}?{self.led_from}" if self.leads else url

    @cached_property
    def led_from(self):
        """This view, as the pages of its rows are told of it."""
        return urlencode({"in": view_query(self.request.GET)})

    def export(self, kind):
        """All rows of this view in their order, under the columns that are shown."""
        columns = of_export(self.columns, self.request.GET.getlist("column"))
        rows = self.keyset().whole(self.filtered()[1])
        read = in_chunks(rows.iterator(chunk_size=self.export_chunk), self.export_chunk)
        dressed = chain.from_iterable(map(self.decorate, read))
        stem = self.request.resolver_match.view_name.replace(":", "-").removesuffix("-list")
        return table_response(kind, stem, str(self.title), header(columns), lines(columns, dressed))

    def decorate(self, rows):
        """Add to the rows of one page what they show beside their own columns."""
        return rows


class InList:
    """Mix-in for the page of one row: previous and next within the list it was opened from, named by `?in=`.

    `listed_by` is that list's view, which must have `leads`, `list_url` the name of its route; `row()` is what this
    page is about.
    """

    listed_by = None
    list_url = ""

    def row(self):
        return self.object

    @cached_property
    def the_list(self):
        """The list as its reader left it, None when the page was not opened from it."""
        query = self.request.GET.get("in")
        if query is None:
            return None
        view, request = self.listed_by(), copy(self.request)
        request.GET = QueryDict(query)
        view.setup(request)
        return view

    def get_context_data(self, **kwargs):
        return super().get_context_data(neighbours=self.neighbours(), **kwargs)

    def neighbours(self):
        """Addresses `previous`, `next` and `all`, empty where there is none; None outside of a list."""
        if self.the_list is None:
            return None
        query, url = self.request.GET["in"], reverse(self.list_url)
        before, after = self._beside()
        return {
            "previous": self.the_list.row_url(before) if before else "",
            "next": self.the_list.row_url(after) if after else "",
            "all": f"{url}?{query}" if query else url,
        }

    def _beside(self):
        """The rows before and after this one, None where the list ends or does not hold this row any more."""
        rows, order = self.the_list.filtered()[1], self.the_list.keyset()
        here = rows.filter(pk=self.row().pk).first()
        if here is None:
            return None, None
        place = Keyset(order.fields, 1)
        found = [place.slice(rows, place.cursor(here), backwards=backwards) for backwards in (True, False)]
        return [rows[0] if rows else None for rows in found]
