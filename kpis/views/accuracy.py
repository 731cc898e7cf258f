"""How right forecasts were: by account, author, product or weeks ahead, beside the baseline and beside last year."""

from dataclasses import dataclass
from functools import partial

from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.generic import TemplateView

from accounts.models import Account
from kam.downloads import KINDS, asked_for, table_response
from kam.filters import chips
from kam.lists import Column, Table, header, lines
from kam.models import User
from kam.templatetags import formats
from kpis.forecast import queries
from kpis.forecast.filters import AccuracyFilter
from kpis.models import Product
from kpis.models.forecast import LAGS
from kpis.queries import asked_number

ACCOUNT, AUTHOR, LAG, PRODUCT = "account", "author", "lag", "product"
WORDS = {
    ACCOUNT: gettext_lazy("Accounts"),
    AUTHOR: gettext_lazy("Authors"),
    LAG: gettext_lazy("Weeks ahead"),
    PRODUCT: gettext_lazy("Products"),
}
MOST = 500


@dataclass(frozen=True)
class Row:
    """One line of the page: what it is about, its sums, and where it leads."""

    name: str
    code: str
    accuracy: queries.Accuracy
    weeks: int
    url: str = ""


def _percent(name, row, *, sign=False):
    value = getattr(row.accuracy, name)
    return formats.DASH if value is None else formats.number(value * 100, 1, sign=sign)


def _rate(name, label, **options):
    """A column of a rate in percent; exports hold the same figure."""
    sign = name in ("bias", "added", "added_to_naive")

    def value(row):
        found = getattr(row.accuracy, name)
        return None if found is None else round(found * 100, 1)

    return Column(name, label, value, "percent", cell=partial(_percent, name, sign=sign), decimals=1, **options)


FIGURES = (
    Column("actual", gettext_lazy("Units sold"), lambda row: row.accuracy.actual, "figure", desk=True),
    _rate("agreed", gettext_lazy("WAPE, %")),
    _rate("baseline", gettext_lazy("WAPE of the baseline, %"), desk=True),
    _rate("naive", gettext_lazy("WAPE of last year, %"), desk=True),
    _rate("bias", gettext_lazy("Bias, %")),
    _rate("added", gettext_lazy("Added to the baseline, pp")),
    _rate("added_to_naive", gettext_lazy("Added to last year, pp"), desk=True),
    Column("weeks", pgettext_lazy("number of", "Weeks"), lambda row: row.weeks, "count", desk=True),
)


class ForecastAccuracy(TemplateView):
    """The last 13 complete weeks; `?lag=` says how many weeks ahead, `?by=` what the rows are, `?account=` of whom."""

    template_name = "kpis/forecast_accuracy.html"

    def get(self, request, *args, **kwargs):
        if kind := asked_for(request):
            columns = self.columns()
            title = _("Forecast accuracy")
            return table_response(kind, "forecast-accuracy", title, header(columns), lines(columns, self.rows()))
        return super().get(request, *args, **kwargs)

    @cached_property
    def filterset(self):
        return AccuracyFilter(self.request.GET, queryset=self.scores(), request=self.request)

    @cached_property
    def account(self):
        form = self.filterset.form
        return form.cleaned_data.get("account") if form.is_valid() else None

    @cached_property
    def lag(self):
        return asked_number(self.request, "lag", LAGS, LAGS[2])

    @cached_property
    def by(self):
        named = self.request.GET.get("by", ACCOUNT)
        offered = WORDS if self.account else [ACCOUNT, AUTHOR, LAG]
        return named if named in offered else ACCOUNT

    def scores(self):
        return queries.scores(self.request.user, None if self.by_lag else self.lag)

    @property
    def by_lag(self):
        return self.request.GET.get("by") == LAG

    def columns(self):
        lead = Column("name", WORDS[self.by], lambda row: row.name, beside=lambda row: row.code)
        code = Column("code", gettext_lazy("Number"), lambda row: row.code, "code", shown=False, always=True)
        figures = FIGURES if self.by != PRODUCT else FIGURES[:-1]
        return [lead, code, *figures]

    @property
    def ours(self):
        return queries.ours(self.filterset.qs)

    def rows(self):
        if self.by == PRODUCT:
            return self._products()
        if self.by == AUTHOR:
            found = list(queries.scored(self.filterset.qs, AUTHOR, "by_account")[:MOST])
        else:
            found = list(queries.scored(self.ours, self.by)[:MOST])
        if self.by == LAG:
            found.sort(key=lambda row: row["lag"])
        known = {ACCOUNT: Account, AUTHOR: User}.get(self.by)
        named = known.objects.in_bulk({row[self.by] for row in found} - {None}) if known else {}
        return [self._row(row, named.get(row[self.by])) for row in found]

    def _row(self, row, about):
        if self.by == LAG:
            name, code, url = _ahead(row["lag"]), "", ""
        elif row.get("by_account"):
            name, code, url = self._itself(), "", ""
        elif about is None:
            name, code, url = _("Nobody: as the machine says"), "", ""
        else:
            name, code = about.name, getattr(about, "code", "")
            url = f"?account={about.pk}&by=product&lag={self.lag}" if self.by == ACCOUNT else ""
        return Row(name, code, queries.accuracy(row), row["weeks"], url)

    def _itself(self):
        """The account as the author of a forecast."""
        return _("The account itself") if self.account else _("The accounts themselves")

    def _products(self):
        found = queries.scored_products(self.account, self.lag)[:MOST]
        known = Product.objects.in_bulk([pk for pk, _sums in found])
        return [
            Row(known[pk].name, known[pk].code, queries.accuracy(sums), 0,
                reverse("kpis:forecast-product", args=[self.account.pk, known[pk].code]))
            for pk, sums in found
        ]  # fmt: skip

    def get_context_data(self, **kwargs):
        rows = self.rows()
        columns = [column for column in self.columns() if column.shown]
        return super().get_context_data(
            rows=rows,
            table=Table(columns, rows, _("Forecast accuracy"), lambda row: row.url),
            whole=queries.accuracy(queries.whole(self.ours)) if rows else None,
            filterset=self.filterset,
            chips=chips(self.filterset),
            account=self.account,
            levels=[(name, WORDS[name]) for name in WORDS if name != PRODUCT or self.account],
            by=self.by,
            lags=[(lag, _ahead(lag)) for lag in LAGS],
            lag=self.lag,
            scored=queries.SCORED,
            exports=KINDS,
            **kwargs,
        )


def _ahead(lag):
    return ngettext("%(n)s week ahead", "%(n)s weeks ahead", lag) % {"n": lag}
