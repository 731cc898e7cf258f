"""The facts behind a week of a measure."""

from django.core.exceptions import ValidationError
from django.http import Http404
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from kam.filters import chips
from kam.keyset import Keyset
from kpis import calc, filters, queries
from kpis.behind import FACTS, name_of, source_of
from kpis.models import InvoiceLine, OpenItem, OrderLine, SellThrough
from kpis.views.measure import OnMeasure

FILTERS = {
    InvoiceLine: filters.InvoicedFilter,
    SellThrough: filters.SoldFilter,
    OrderLine: filters.OrderedFilter,
    OpenItem: filters.OwedFilter,
}
TITLES = {
    InvoiceLine: gettext_lazy("Invoice lines"),
    SellThrough: gettext_lazy("Sell-through by store and product"),
    OrderLine: gettext_lazy("Order lines"),
    OpenItem: gettext_lazy("Open items"),
}


class FactList(OnMeasure, TemplateView):
    """The rows that a week's figure was computed from; `?row=` tells which line of which file brought one of them."""

    template_name = "kpis/facts.html"
    page_size = 100

    def get_context_data(self, **kwargs):
        if self.measure.code not in FACTS:
            raise Http404
        model, of_week, order = FACTS[self.measure.code]
        week = queries.asked_week(self.request) or queries.last_week()
        seen = model.objects.visible_to(self.request.user).filter(account__lineage__contains=[self.account.pk])
        seen = seen.select_related("account", "batch__by")
        rows = of_week(seen, week, calc.sunday(week))
        filterset = FILTERS[model](self.request.GET, queryset=rows, request=self.request)
        page = Keyset(order, self.page_size, unique=model is SellThrough).page(filterset.qs, self.request)
        for row in page.rows:
            row.named = name_of(row)
        return super().get_context_data(
            page=page,
            filterset=filterset,
            chips=chips(filterset),
            drop_url=f"?week={week.isoformat()}",
            source=named_source(seen, self.request),
            kind=model._meta.model_name,
            title=TITLES[model],
            week=week,
            end=calc.sunday(week),
            **kwargs,
        )


def named_source(seen, request):
    """The fact that `?row=` names, the line it was read from, and its batch if the reader sees it; else None."""
    named = request.GET.get("row")
    if not named:
        return None
    parts = named.split(".")
    try:
        fact = seen.get(pk=parts if len(parts) > 1 else named)
    except (seen.model.DoesNotExist, TypeError, ValueError, ValidationError) as error:
        raise Http404 from error
    return source_of(fact, request.user) | {"named": named}
