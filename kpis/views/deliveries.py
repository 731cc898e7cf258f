"""Backlog and deliveries: the accounts, one account with its products, and the order lines behind them."""

from datetime import timedelta

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from accounts.models import Account
from kam.lists import Column
from kam.views.base import ScopedDetail
from kam.views.lists import InList, ScopedList
from kpis import access, calc, filters, queries
from kpis.behind import source_of
from kpis.deliveries import drawing, showing
from kpis.deliveries import queries as deliveries
from kpis.models import MeasureValue, OrderLine, Shipment
from kpis.queries import YEAR

SPANS = (4, 13, 26, 52)


class Deliveries(ScopedList):
    """Every visible account that orders; `?account=` narrows the page to one and what is below it."""

    model, title = Account, pgettext_lazy("goods", "Deliveries")
    template_name = "kpis/deliveries.html"
    filterset_class = filters.DeliveryFilter

    @cached_property
    def measures(self):
        readable = access.readable_measures(self.request.user)
        return {code: readable[code] for code in showing.CODES if code in readable}

    @property
    def default_sort(self):
        return "-past_due_backlog" if self.measures else "name"

    @cached_property
    def columns(self):
        return showing.columns_of(self.measures)

    @cached_property
    def day(self):
        return queries.last_night_day()

    @cached_property
    def last(self):
        return queries.last_week()

    @property
    def weeks(self):
        return queries.asked_number(self.request, "weeks", SPANS, 13)

    @property
    def due(self):
        return deliveries.PROMISED if self.request.GET.get("due") == deliveries.PROMISED else deliveries.REQUESTED

    def get_queryset(self):
        ordering = MeasureValue.objects.filter(account=OuterRef("pk"), measure="backlog", week__gte=self.last - YEAR)
        accounts = super().get_queryset().filter(Exists(ordering))
        if not self.measures:
            return accounts.none()
        by = self.request.GET.get("sort", "").removeprefix("-")
        by = by if by in self.measures else "past_due_backlog"
        return queries.with_figure(accounts, by, self.last, self.weeks, self.measures)

    def decorate(self, rows):
        figures = queries.figures(self.request.user, rows, list(self.measures), self.last, self.weeks)
        for account in rows:
            account.figures = {code: figures.get((account.pk, code)) for code in self.measures}
        return rows

    def row_url(self, row):
        return f"{reverse('kpis:deliveries')}?account={row.pk}&weeks={self.weeks}"

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        asked = context["filterset"]
        chosen = asked.form.cleaned_data.get("account") if asked.is_valid() else None
        return context | self._figures(chosen, context["rows"]) | {
            "account": chosen,
            "others": not chosen and len({row.currency for row in context["rows"]}) > 1,
            "weeks": self.weeks,
            "spans": SPANS,
            "due": self.due,
            "dues": ((deliveries.REQUESTED, _("Requested")), (deliveries.PROMISED, pgettext("day", "Promised"))),
            "empty": {"icon": "truck", "title": _("Orders and deliveries will appear here"),
                      "text": _("They come with the import of order lines; the night after measures them.")},
        }  # fmt: skip

    def _figures(self, account, accounts):
        """Tiles, charts and tables of everything that the reader sees, or of one account."""
        if not self.measures or not accounts:
            return {}
        user, first = self.request.user, queries.span(self.last, self.weeks)[0]
        asked = account.currency if account else queries.currency_of_most(user)
        points = self._points(account, asked, first)
        end = calc.sunday(self.last)
        found = deliveries.standing(user, account, asked, self.day, self.due, first, end)
        currency = account.currency if account else found.currency or queries.usual_currency(user)[0]
        mondays, products = calc.mondays(first, self.weeks), showing.product_rows(found.products)
        return {
            "day": self.day,
            "currency": currency,
            "kpis": showing.tiles(user, account, currency, points, self.last, self.weeks),
            "rates": showing.rates_chart(points, mondays, self.measures),
            "rate_rows": drawing.rate_rows(showing.rate_rows(points, mondays, self.measures, currency)),
            "heads": [showing.headed(measure, currency) for measure in self.measures.values()],
            "waiting": found.waiting,
            "waiting_rows": drawing.waiting_rows(found.waiting, currency),
            "waiting_chart": showing.waiting_chart(found.waiting, self.day, currency),
            "late": [(showing.LATE_WORDS[name], count) for name, count in found.late.items()],
            "late_chart": showing.lateness_chart(found.late),
            "came": sum(found.late.values()),
            "on_day": found.late["on_day"],
            "products": products,
            "product_rows": drawing.product_rows(products, account, currency),
            "as_of": end,
            "first": first,
        }

    def _points(self, account, currency, first):
        spans = (min(first, self.last - timedelta(weeks=showing.SPARKS)), self.last), (first - YEAR, self.last - YEAR)
        if account:
            return queries.of_account(self.request.user, account, showing.CODES, spans)
        return queries.portfolio(self.request.user, currency, showing.CODES, spans)


def _left(line):
    """Units that are neither shipped nor cancelled."""
    return calc.open_units(line.ordered, line.shipped or line.received, line.cancelled, None, line.ordered_on)


def _late(line):
    """Days from the requested day to the day of receipt, below 0 where it came early; None while it is not there."""
    known = line.received_on and line.requested_on
    return (line.received_on - line.requested_on).days if known else None


LINE_COLUMNS = (
    Column("line", gettext_lazy("Order line"), str, sort=("order_number", "line_number")),
    Column("account", gettext_lazy("Account"), lambda line: line.account.name,
           sort=("account__sort_name", "-requested_on"), desk=True),
    Column("product", gettext_lazy("Product"), lambda line: line.product.name, desk=True),
    Column("product_code", gettext_lazy("Product number"), lambda line: line.product.code, "code", shown=False,
           desk=True, always=True),
    Column("ordered_on", gettext_lazy("Ordered"), lambda line: line.ordered_on, "day", sort=("ordered_on",),
           first="desc", desk=True),
    Column("requested", gettext_lazy("Requested"), lambda line: line.requested_on, "weekday", sort=("requested_on",),
           first="desc"),
    Column("promised", pgettext_lazy("day", "Promised"), lambda line: line.promised_on, "weekday", desk=True),
    Column("shipped_on", gettext_lazy("Shipped"), lambda line: line.shipped_on, "day", desk=True, shown=False),
    Column("received_on", gettext_lazy("Received"), lambda line: line.received_on, "weekday", desk=True),
    Column("late", gettext_lazy("Days late"), _late, "figure", desk=True),
    Column("ordered", gettext_lazy("Units ordered"), lambda line: line.ordered, "figure"),
    Column("confirmed", gettext_lazy("Units confirmed"), lambda line: line.confirmed, "figure", desk=True),
    Column("shipped", gettext_lazy("Units shipped"), lambda line: line.shipped, "figure", desk=True),
    Column("received", gettext_lazy("Units received"), lambda line: line.received, "figure", desk=True),
    Column("left", gettext_lazy("Units open"), _left, "figure"),
    Column("price", gettext_lazy("Net price"), lambda line: line.price, "figure", decimals=2, desk=True, shown=False),
    Column("currency", gettext_lazy("Currency"), lambda line: line.currency, shown=False, desk=True),
)  # fmt: skip


class OrderLineList(ScopedList):
    """Order lines, from order to receipt; each leads to its shipments and the line of the file that brought it."""

    model, title, columns, default_sort = OrderLine, gettext_lazy("Order lines"), LINE_COLUMNS, "-ordered_on"
    filterset_class, leads = filters.OrderLineListFilter, True

    def get_queryset(self):
        return super().get_queryset().select_related("account", "product")

    def get_context_data(self, **kwargs):
        text = _("They come with the import of orders, and are confirmed, shipped and received by later files.")
        empty = {"icon": "truck", "title": _("Order lines will appear here"), "text": text}
        tabs = [self.tab(_("All"), "")]
        tabs += [self.tab(label, f"state={state}") for state, label in filters.OfState.STATES]
        return super().get_context_data(**kwargs) | {"empty": empty, "tabs": tabs}


class OrderLineDetail(InList, ScopedDetail):
    """One order line: what was asked for, what came when, with which shipments, and where we know it from."""

    template_name = "kpis/order_line.html"
    queryset = OrderLine.objects.select_related("account", "product", "store", "batch__by")
    listed_by, list_url = OrderLineList, "kpis:order-line-list"

    def get_context_data(self, **kwargs):
        line = self.object
        # Whoever sees the line sees what its account was sent: one rule, one class of data.
        shipments = Shipment.objects.filter(account=line.account_id, order_number=line.order_number)
        return super().get_context_data(
            left=_left(line),
            late=_late(line),
            shipments=shipments.order_by("shipped_on", "number"),
            source=source_of(line, self.request.user) if line.batch_id else None,
            **kwargs,
        )
