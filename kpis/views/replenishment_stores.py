"""The advice of one product at one account: what it was reckoned with, and what each store needs."""

from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from kam.downloads import KINDS, asked_for, table_response
from kam.lists import Column, Table, header, lines, status
from kam.views.base import ScopedDetail
from kam.views.lists import InList
from kpis import calc
from kpis.models import Replenishment
from kpis.replenishment import stores
from kpis.views.replenishment import LEVELS, ReplenishmentList, urgency_of

MOST = 500


def _standing(need):
    """What to do for a store, what is missing to say it, or that it is a warehouse."""
    return _("Warehouse") if need.is_warehouse else urgency_of(need)


def _level(need):
    return ("neutral", "package") if need.is_warehouse else LEVELS[need.urgency]


def _figure(name, label, **more):
    return Column(name, label, lambda need: getattr(need, name), "figure", **{"desk": True} | more)


COLUMNS = (
    Column("store", gettext_lazy("Store"), lambda need: need.name, beside=lambda need: need.code),
    Column("store_code", gettext_lazy("Store number"), lambda need: need.code, "code", shown=False, always=True),
    Column("city", gettext_lazy("City"), lambda need: need.city, desk=True, shown=False),
    Column("urgency", gettext_lazy("Urgency"), _standing, cell=status(_level, _standing)),
    _figure("advised", pgettext_lazy("units", "Order now"), desk=False),
    _figure("on_hand", gettext_lazy("On hand")),
    _figure("on_order", gettext_lazy("On order")),
    _figure("cover", gettext_lazy("Weeks of supply"), decimals=1),
    _figure("weekly", gettext_lazy("Units a week"), decimals=1),
    _figure("reorder_point", gettext_lazy("Reorder point"), shown=False),
    _figure("up_to", gettext_lazy("Order up to")),
    _figure("safety_stock", gettext_lazy("Safety stock"), shown=False),
    _figure("case_size", gettext_lazy("Units per case"), shown=False),
)
OF_PRODUCT = (
    Column("product", gettext_lazy("Product"), lambda row: row.product.name),
    Column("code", gettext_lazy("Number"), lambda row: row.product.code, "code"),
    Column("gtin", gettext_lazy("GTIN"), lambda row: row.product.gtin, "code"),
)


class ReplenishmentDetail(InList, ScopedDetail):
    """One row of advice by store; `?format=csv` or `xlsx` hands it out, with `?of=account` that of all its products."""

    template_name = "kpis/replenishment_stores.html"
    queryset = Replenishment.objects.select_related("account", "product")
    listed_by, list_url = ReplenishmentList, "kpis:replenishment-list"

    @cached_property
    def needs(self):
        return stores.needs([self.object])

    def get(self, request, *args, **kwargs):
        if kind := asked_for(request):
            self.object = self.get_object()
            return self.export(kind)
        return super().get(request, *args, **kwargs)

    def export(self, kind):
        """For the buyer: product and store on each line."""
        whole = self.request.GET.get("of") == "account"
        advice = self.get_queryset().filter(account=self.object.account_id) if whole else [self.object]
        found = ((row, need) for row, need in stores.needs_of_all(advice) if not need.is_warehouse)
        names = [*header(OF_PRODUCT), *header(COLUMNS), _("As of"), _("Late")]
        return table_response(kind, "kpis-replenishment-stores", _("Replenishment by store"), names, map(_line, found))

    def get_context_data(self, **kwargs):
        row = self.object
        shown = [column for column in COLUMNS if column.shown]
        return super().get_context_data(
            table=Table(shown, self.needs[:MOST], _("Stores")),
            found=len(self.needs),
            most=MOST,
            balance=stores.balance(self.needs),
            level=LEVELS[row.urgency],
            standing=urgency_of(row),
            service=row.service_level * 100,
            as_of=calc.sunday(row.week),
            exports=KINDS,
            **kwargs,
        )


def _line(pair):
    """One line of an export."""
    row, need = pair
    [of_product], [of_store] = lines(OF_PRODUCT, [row]), lines(COLUMNS, [need])
    return [*of_product, *of_store, row.week, _("late") if row.late else ""]
