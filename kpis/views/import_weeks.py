"""What a file did to each account and week."""

from django.db.models import F
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kam.lists import Column, linked
from kam.templatetags import formats
from kam.views.lists import ScopedList
from kpis.models import BatchWeek, ImportBatch

SHOWN_ON_PAGE = 10


def _whose(row):
    return row.account.name if row.account else _("New accounts")


def _page_of_whose(row):
    return row.account.get_absolute_url() if row.account else ""


def _signed(name, decimals=0):
    """A `cell` that draws by how much a figure moved, with its sign; nothing where it stayed."""
    return lambda row: formats.number(value, decimals, sign=True) if (value := getattr(row, name)) else formats.DASH


def _week(row):
    """The week in one line, also on a phone."""
    return format_html('<span class="k-nowrap">{}</span>', formats.week(row.week))


COLUMNS = (
    Column("week", gettext_lazy("Week"), lambda w: w.week, cell=_week,
           sort=("week", "account__sort_name"), first="desc"),
    Column("account", gettext_lazy("Account"), _whose, cell=linked(_whose, _page_of_whose),
           sort=("account__sort_name", "-week")),
    Column("code", gettext_lazy("Number"), lambda w: w.account and w.account.code, "code", shown=False, always=True),
    Column("rows", gettext_lazy("Rows"), lambda w: w.rows, "figure", desk=True),
    Column("new", gettext_lazy("New"), lambda w: w.new, "count"),
    Column("changed", gettext_lazy("Changed"), lambda w: w.changed, "count"),
    Column("unchanged", gettext_lazy("Unchanged"), lambda w: max(w.rows - w.new - w.changed, 0), "count", desk=True),
    Column("stores", gettext_lazy("Stores"), lambda w: w.stores, "count", desk=True),
    Column("units", gettext_lazy("Units"), lambda w: w.units, "figure", desk=True),
    Column("units_moved", gettext_lazy("Units more than before"), lambda w: w.units_moved, "figure",
           cell=_signed("units_moved")),
    Column("value", gettext_lazy("Value"), lambda w: w.value, "figure", decimals=2, desk=True),
    Column("value_moved", gettext_lazy("Value more than before"), lambda w: w.value_moved, "figure", decimals=2,
           cell=_signed("value_moved", 2), desk=True),
)  # fmt: skip


class ImportWeeks(ScopedList):
    """Row by row, what one file said of an account's week, and by how much that moved what is stored."""

    model, columns, default_sort = BatchWeek, COLUMNS, "-week"
    template_name = "kpis/import_weeks.html"
    keeps_views = False

    @cached_property
    def batch(self):
        batches = ImportBatch.objects.visible_to(self.request.user)
        return get_object_or_404(batches, pk=self.kwargs["pk"])

    @property
    def title(self):
        return _("What “%(file)s” changes") % {"file": self.batch.file_name}

    def get_queryset(self):
        return super().get_queryset().filter(batch=self.batch).select_related("account")

    def row_url(self, row):
        return ""

    def get_context_data(self, **kwargs):
        text = _("Only files of facts have weeks, and only once they were checked or imported.")
        empty = {"icon": "calendar", "title": _("The weeks of the file will appear here"), "text": text}
        return super().get_context_data(**kwargs) | {"batch": self.batch, "empty": empty}


def weeks_of(batch, user):
    """(the latest weeks of a batch that moved most, how many there are) for its page."""
    found = BatchWeek.objects.visible_to(user).filter(batch=batch).select_related("account")
    latest = found.order_by("-week", F("units_moved").desc(nulls_last=True), "pk")[: SHOWN_ON_PAGE + 1]
    rows = list(latest)
    return rows[:SHOWN_ON_PAGE], found.count() if len(rows) > SHOWN_ON_PAGE else len(rows)
