"""The portfolio: accounts against measures over a period."""

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from accounts.filters import AccountFilter
from accounts.models import Account
from kam.filters import chips
from kam.roles import DataClass, may_read
from kam.views.lists import ScopedList
from kpis import access, calc, queries
from kpis.models import MeasureValue
from kpis.showing import Portfolio, steps

CODES = (
    "sell_in",
    "sell_through",
    "sell_through_rate",
    "weeks_of_supply",
    "past_due_backlog",
    "otif",
    "supply_cost",
    "overdue_share",
)
PERIODS = (1, 4, 13, 52)


class Overview(ScopedList):
    """Every visible account that is measured; period, week, filters and sort stand in the URL."""

    model = Account
    template_name = "kpis/overview.html"
    filterset_class = AccountFilter

    def dispatch(self, request, *args, **kwargs):
        self.measures = {c: m for c, m in access.readable_measures(request.user).items() if c in CODES}
        self.sorts = {"name": ("sort_name",), "-name": ("-sort_name",)}
        for code in self.measures:
            self.sorts |= {code: ("figure", "sort_name"), f"-{code}": ("-figure", "sort_name")}
        return super().dispatch(request, *args, **kwargs)

    def get_queryset(self):
        self.newest = queries.last_week()
        self.week = self._week()
        self.weeks = self._period()
        user = self.request.user
        measured = MeasureValue.objects.filter(account=OuterRef("pk"), measure__in=list(self.measures))
        accounts = super().get_queryset().filter(Exists(measured)).select_related("owner")
        by = self.request.GET.get("sort", "").removeprefix("-")
        if by in self.measures:
            accounts = queries.with_figure(accounts, by, self.week, self.weeks, access.readable_measures(user))
        return accounts

    def _week(self):
        """The Monday asked for, never one that is not over yet."""
        return min(queries.asked_week(self.request) or self.newest, self.newest)

    def _period(self):
        return queries.asked_number(self.request, "weeks", PERIODS, 4)

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        table = Portfolio(self.request.user, context["rows"], CODES, self.week, self.weeks)
        return context | {
            **steps(self.week, self.newest),
            "table": table,
            "chips": chips(context["filterset"]),
            "week": self.week,
            "as_of": calc.sunday(self.week),
            "weeks": self.weeks,
            "periods": [(n, _("1 week") if n == 1 else _("%(count)s weeks") % {"count": n}) for n in PERIODS],
            "may_import": access.may_import(self.request.user),
            "reads_targets": may_read(self.request.user, DataClass.KPI),
        }
