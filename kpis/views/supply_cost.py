"""What bringing one unit to each account costs, compared among one's accounts, and by product group of one."""

from django.db.models import DecimalField, Value
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.filters import AccountFilter
from accounts.models import Account
from kam.lists import Column
from kam.templatetags import formats, kam_ui
from kam.views.lists import ScopedList
from kpis import access, calc, queries
from kpis.supply_cost.queries import Cost, by_account, by_group
from kpis.views.tabs import SUPPLY, links

PERIODS = (4, 13, 52)
# Percent by which the cost of a unit changes without a reason to look at.
MOVES_ANYWAY = 2


def _each(part, label, **more):
    return Column(part, label, lambda a: a.cost.each(part), "figure", decimals=2, desk=True,
                  cell=lambda a: formats.money(a.cost.each(part) or None, a.currency), **more)  # fmt: skip


def drawn_change(cost):
    """By how much one unit costs more than in the period before; judged where it is more than prices move anyway."""
    is_much = cost.change is not None and abs(cost.change) > MOVES_ANYWAY
    return kam_ui.delta(cost.change, "%", good="down" if is_much else "none")


COLUMNS = (
    Column("name", gettext_lazy("Account"), lambda a: a.name, sort=("sort_name", "pk"), beside=lambda a: a.code),
    Column("code", gettext_lazy("Number"), lambda a: a.code, "code", shown=False, always=True),
    Column("cost", gettext_lazy("Per unit"), lambda a: a.cost.each(), "figure", sort=("figure", "sort_name"),
           first="desc", decimals=2, cell=lambda a: formats.money(a.cost.each(), a.currency)),
    Column("currency", gettext_lazy("Currency"), lambda a: a.currency, shown=False, always=True, desk=True),
    Column("change", gettext_lazy("Change"), lambda a: a.cost.change, "percent", decimals=1,
           cell=lambda a: drawn_change(a.cost)),
    _each("freight", gettext_lazy("Freight")),
    _each("expedite", gettext_lazy("Express")),
    _each("handling", gettext_lazy("Handling")),
    _each("penalties", gettext_lazy("Penalties")),
    _each("returns", gettext_lazy("Returns")),
    Column("units", gettext_lazy("Units"), lambda a: a.cost.units, "figure", desk=True),
    Column("total", gettext_lazy("Cost"), lambda a: a.cost.total, "money", currency=lambda a: a.currency, decimals=1,
           desk=True),
)  # fmt: skip


class SupplyCostList(ScopedList):
    """Accounts with shipments of known cost; `?weeks=` is the period, `?groups=` the account to split."""

    model, title, columns, default_sort = Account, gettext_lazy("Supply cost"), COLUMNS, "-cost"
    filterset_class, template_name = AccountFilter, "kpis/supply_cost.html"

    def get_queryset(self):
        self.last = queries.last_week()
        self.weeks = queries.asked_number(self.request, "weeks", PERIODS, 13)
        measures = access.readable_measures(self.request.user)
        rows = super().get_queryset()
        if "supply_cost" not in measures:
            return rows.annotate(figure=Value(None, output_field=DecimalField())).none()
        return queries.with_known_figure(rows, "supply_cost", self.last, self.weeks, measures)

    def decorate(self, rows):
        costs = by_account([row.pk for row in rows], self.last, self.weeks)
        for row in rows:
            row.cost = costs.get(row.pk, Cost())
        return rows

    def row_url(self, row):
        params = self.request.GET.copy()
        params["groups"] = row.pk
        return f"?{params.urlencode()}#groups"

    def get_context_data(self, **kwargs):
        text = _("The night sums it up from shipments of which freight or another cost is known.")
        context = super().get_context_data(**kwargs)
        return context | {
            "tools": links(self.request, SUPPLY),
            "weeks": self.weeks,
            "periods": [(n, _("%(count)s weeks") % {"count": n}) for n in PERIODS],
            "as_of": calc.sunday(self.last),
            "split": self.split(context["rows"]),
            "empty": {"icon": "coin", "title": _("Supply cost will appear here"), "text": text},
        }

    def split(self, rows):
        """The product groups of the account that `?groups=` names, the dearest first; None for one that is not seen."""
        named = self.request.GET.get("groups", "")
        if not named.isdecimal() or len(named) > 18:
            return None
        known = next((row for row in rows if row.pk == int(named)), None)
        account = known or self.get_queryset().filter(pk=named).first()
        if account is None:
            return None
        costs = by_group(account.pk, self.last, self.weeks)
        rows = sorted(costs.items(), key=lambda pair: pair[1].each() or 0, reverse=True)
        return {
            "account": account,
            "url": reverse("kpis:measure", args=[account.pk, "supply_cost"]),
            "rows": [_group(name, cost) for name, cost in rows],
        }


def _group(name, cost):
    return {"name": name or _("without a group"), "cost": cost, "each": cost.each(), "change": drawn_change(cost)}
