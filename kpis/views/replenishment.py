"""Replenishment: what accounts should order, how urgently, and everything that was reckoned with."""

from django.db.models import Case, IntegerField, Value, When
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from kam.lists import Column, linked, status
from kam.templatetags import formats, kam_ui
from kam.views.lists import ScopedList
from kpis.models import Replenishment
from kpis.replenishment.filters import ReplenishmentFilter
from kpis.views.tabs import SUPPLY, links

Urgency = Replenishment.Urgency
LEVELS = {
    Urgency.NOW: ("bad", ""),
    Urgency.COMING: ("bad", "truck"),
    Urgency.SOON: ("warning", ""),
    Urgency.ENOUGH: ("good", ""),
    Urgency.UNKNOWN: ("neutral", ""),
}
RANK = Case(*(When(urgency=urgency, then=Value(at)) for at, urgency in enumerate(LEVELS)), output_field=IntegerField())


def urgency_of(row):
    """What to do for an account or store, or what is missing to say it."""
    if row.missing:
        return _("%(what)s missing") % {"what": Replenishment.Missing(row.missing).label}
    return Urgency(row.urgency).label


def _advised(row):
    """Units; grey with a clock where news of the account is overdue."""
    text = format_html("<b>{}</b>", formats.number(row.advised))
    if not row.late:
        return text
    return format_html('<span class="k-late">{} {}</span>', text, kam_ui.icon("clock", "k-icon-s", _("late")))


def _cases(row):
    """How many cases of which size are advised; a dash where nothing is, or cases are not known."""
    if row.case_size == 1 or not row.advised:
        return ""
    return f"{formats.number(row.advised / row.case_size)} × {formats.number(row.case_size)}"


def _figure(name, label, **more):
    return Column(name, label, lambda row: getattr(row, name), "figure", desk=True, **more)


COLUMNS = (
    Column("product", gettext_lazy("Product"), lambda r: r.product.name, sort=("product__sort_name", "pk"),
           beside=lambda r: r.product.code),
    Column("code", gettext_lazy("Number"), lambda r: r.product.code, "code", shown=False, always=True),
    Column("account", gettext_lazy("Account"), lambda r: r.account.name,
           cell=linked(lambda r: r.account.name, lambda r: r.account.get_absolute_url()),
           sort=("account__sort_name", "pk"), desk=True),
    Column("urgency", gettext_lazy("Urgency"), urgency_of, sort=("rank", "cover", "pk"),
           cell=status(lambda r: LEVELS[r.urgency], urgency_of)),
    Column("advised", pgettext_lazy("units", "Order now"), lambda r: r.advised, "figure", sort=("advised", "pk"),
           first="desc", cell=_advised),
    Column("cases", gettext_lazy("Cases"), _cases, desk=True,
           cell=lambda r: format_html('<span class="k-nowrap">{}</span>', _cases(r) or formats.DASH)),
    _figure("on_hand", gettext_lazy("On hand"), sort=("on_hand", "pk")),
    _figure("on_order", gettext_lazy("On order"), sort=("on_order", "pk")),
    _figure("cover", gettext_lazy("Weeks of supply"), decimals=1, sort=("cover", "pk")),
    _figure("weekly", gettext_lazy("Units a week"), decimals=1),
    Column("basis", gettext_lazy("Sales by"), lambda r: r.get_basis_display(), desk=True),
    _figure("reorder_point", gettext_lazy("Reorder point")),
    _figure("up_to", gettext_lazy("Order up to")),
    _figure("safety_stock", gettext_lazy("Safety stock"), shown=False),
    _figure("deviation", gettext_lazy("Deviation"), shown=False, decimals=1),
    _figure("lead_days", gettext_lazy("Lead time, days"), shown=False, decimals=1),
    _figure("review_days", gettext_lazy("Days between orders"), shown=False, decimals=1),
    Column("service", gettext_lazy("Service level, %"), lambda r: r.service_level * 100, "percent", shown=False,
           desk=True),
    _figure("case_size", gettext_lazy("Units per case"), shown=False),
    Column("as_of", gettext_lazy("As of"), lambda r: r.week, "day", shown=False, always=True, desk=True),
    Column("late", gettext_lazy("Late"), lambda r: _("late") if r.late else "", shown=False, always=True, desk=True),
)  # fmt: skip


class ReplenishmentList(ScopedList):
    """What each account should order of each product, the most urgent first."""

    model, title, columns, default_sort = Replenishment, gettext_lazy("Replenishment"), COLUMNS, "urgency"
    filterset_class, template_name, leads = ReplenishmentFilter, "kpis/replenishment.html", True

    def get_queryset(self):
        return super().get_queryset().select_related("account", "product").annotate(rank=RANK)

    def get_context_data(self, **kwargs):
        text = _("The night reckons it from sales, stock and orders of accounts; none has reported all three.")
        return super().get_context_data(**kwargs) | {
            "tabs": [
                self.tab(pgettext_lazy("replenishment", "All"), ""),
                self.tab(Urgency.NOW.label, "urgency=now"),
                self.tab(Urgency.COMING.label, "urgency=coming"),
                self.tab(Urgency.SOON.label, "urgency=soon"),
                self.tab(Urgency.UNKNOWN.label, "urgency=unknown"),
            ],
            "tools": links(self.request, SUPPLY),
            "empty": {"icon": "truck", "title": _("Advice will appear here"), "text": text},
        }
