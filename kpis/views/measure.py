"""One measure of one account: week by week, against its target, down to the facts behind it."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db.models import F, Q
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from accounts.models import Account
from kam.filters import chips
from kam.keyset import Keyset
from kam.templatetags import formats
from kam.views.base import ScopedUpdate
from kpis import access, calc, filters, queries, showing
from kpis.forms import TargetForm
from kpis.imports.trace import line_of
from kpis.models import ImportBatch, InvoiceLine, OpenItem, OrderLine, SellThrough, Target
from kpis.queries import YEAR, Figure
from kpis.shortage.queries import shortages

SPANS = (13, 26, 52, 104)


# Measures of which less can be reached where supply is short.
SOLD_ON = ("sell_through", "sell_through_units")


def short_of(account, last):
    """What an account does not get until the year ends, as sums; None where nothing is short.

    It stands beside the target, which it does not change.
    """
    first = last + timedelta(weeks=1)
    found = shortages(account, first, calc.first_monday(last.isocalendar().year + 1) - timedelta(weeks=1))
    if not found:
        return None
    values = [short.value for short in found if short.value is not None]
    return {"missing": sum(s.missing for s in found), "value": sum(values) if values else None, "products": found}


class OnMeasure:
    """Mix-in: the visible account and the readable measure of the address; anything else is 404."""

    @cached_property
    def account(self):
        return get_object_or_404(Account.objects.visible_to(self.request.user), pk=self.kwargs["pk"])

    @cached_property
    def measure(self):
        found = access.readable_measures(self.request.user).get(self.kwargs["code"])
        if found is None:
            raise Http404
        return found

    def get_context_data(self, **kwargs):
        return super().get_context_data(account=self.account, measure=self.measure, **kwargs)


class MeasurePage(OnMeasure, TemplateView):
    template_name = "kpis/measure.html"

    def get_context_data(self, **kwargs):
        account, measure, user = self.account, self.measure, self.request.user
        last = calc.last_complete_week(queries.last_night_day())
        weeks = self._span()
        first = queries.span(last, weeks)[0]
        since = min(first, calc.first_monday(last.isocalendar().year)) - YEAR
        points = queries.series(user, account, [measure.code], since, last)[measure.code]
        target = queries.targets(user, account, [measure.code], last.isocalendar().year).get(measure.code)
        flow_year = measure.kind == "amount" and not measure.snapshot
        rows = [self._row(points, first + timedelta(weeks=n)) for n in range(weeks)]
        return super().get_context_data(
            kpis=[showing.tile(measure, account.currency, points, last, url="", target=target, this_year=flow_year)],
            chart=chart(measure, account, rows, None if flow_year else target),
            rows=rows[::-1],
            unit=showing.unit_word(measure, account.currency),
            full_unit=account.currency if measure.unit in queries.MONEY else showing.header_unit(measure, ""),
            weeks=weeks,
            spans=SPANS,
            siblings=[m for m in access.readable_measures(user).values() if m.feeds],
            has_facts=measure.code in FACTS,
            target=target,
            year=last.isocalendar().year,
            may_set_target=access.may_set_target(user, account),
            short=short_of(account, last) if measure.code in SOLD_ON else None,
            **kwargs,
        )

    def _span(self):
        text = self.request.GET.get("span", "26")
        return int(text) if text in map(str, SPANS) else 26

    def _row(self, points, week):
        now, before = points.get(week, Figure(self.measure)), points.get(week - YEAR, Figure(self.measure))
        return {
            "week": week,
            "figure": now,
            "text": formats.number(now.shown, self.measure.decimals),
            "shown": showing.scaled(now),
            "last_year": formats.number(before.shown, self.measure.decimals),
            "last_year_shown": showing.scaled(before),
            "change": showing.change(now, before),
            "change_unit": showing.change_unit(self.measure),
        }


def chart(measure, account, rows, target):
    """Options of the kit's chart: this year, last year, the target as a line."""
    lines = []
    if target is not None:
        wanted = showing.scaled(Figure(measure, target.value, 1))
        lines = [{"at": float(wanted), "name": _("Target")}]
    role = "volume" if measure.kind == "amount" and not measure.snapshot else "actual"
    return {
        "x": [formats.week(row["week"]) for row in rows],
        "unit": showing.unit_word(measure, account.currency),
        "decimals": showing.places(measure),
        "lines": lines,
        "series": [
            {"name": str(measure.label), "role": role, "data": [_float(row["shown"]) for row in rows]},
            {"name": _("Last year"), "role": "last_year", "data": [_float(row["last_year_shown"]) for row in rows]},
        ],
    }


def _float(value):
    return None if value is None else round(float(value), 4)


def _of_invoices(rows, week, end):
    return rows.filter(invoiced_on__range=(week, end)).select_related("product")


def _sold(rows, week, end):
    return rows.filter(week=week).select_related("product", "store")


def _requested(rows, week, end):
    return rows.filter(requested_on__range=(week, end)).select_related("product")


def _ordered(rows, week, end):
    return rows.filter(ordered_on__range=(week, end)).select_related("product")


def _open_orders(rows, week, end):
    """Lines with something left to ship at the end of the week."""
    left = Q(shipped_on__gt=end) | Q(shipped=None) | Q(shipped__lt=F("ordered"))
    return rows.filter(left, ordered_on__lte=end).select_related("product")


def _past_due(rows, week, end):
    return _open_orders(rows, week, end).filter(requested_on__lt=end)


def _open_items(rows, week, end):
    return rows.filter(Q(paid_on__gt=end) | ~Q(amount=F("paid")), issued_on__lte=end)


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
INVOICES = (InvoiceLine, _of_invoices, ("invoiced_on", "pk"))
SOLD = (SellThrough, _sold, ("store_id", "product_id"))
DELIVERED = (OrderLine, _requested, ("requested_on", "pk"))

# The facts behind a week of a measure: model, which rows of the week, their order.
FACTS = {
    "sell_in": INVOICES,
    "sell_in_units": INVOICES,
    "sell_through": SOLD,
    "sell_through_units": SOLD,
    "sell_through_rate": SOLD,
    "weeks_of_supply": SOLD,
    "backlog": (OrderLine, _open_orders, ("requested_on", "pk")),
    "past_due_backlog": (OrderLine, _past_due, ("requested_on", "pk")),
    "otif": DELIVERED,
    "on_time": DELIVERED,
    "in_full": DELIVERED,
    "fill_rate": DELIVERED,
    "confirmation_rate": DELIVERED,
    "book_to_bill": (OrderLine, _ordered, ("ordered_on", "pk")),
    "overdue_share": (OpenItem, _open_items, ("due_on", "pk")),
}


def name_of(fact):
    """How an address names a fact: by its id, or what stands in for one."""
    return ".".join(map(str, fact.pk)) if isinstance(fact.pk, tuple) else str(fact.pk)


def source_of(seen, request):
    """The fact that `?row=` names, the line it was read from, and its batch if the reader sees it; else None."""
    named = request.GET.get("row")
    if not named:
        return None
    parts = named.split(".")
    try:
        fact = seen.get(pk=parts if len(parts) > 1 else named)
    except (seen.model.DoesNotExist, TypeError, ValueError, ValidationError) as error:
        raise Http404 from error
    return source_of_fact(fact, request.user) | {"named": named}


def source_of_fact(fact, user):
    """The line that a fact was read from, and its batch if the reader sees it."""
    visible = ImportBatch.objects.visible_to(user).filter(pk=fact.batch_id).exists()
    return {"fact": fact, "batch": fact.batch, "line": line_of(fact), "sees_batch": visible}


class FactList(OnMeasure, TemplateView):
    """The rows that a week's figure was computed from; `?row=` tells which line of which file brought one of them."""

    template_name = "kpis/facts.html"
    page_size = 100

    def get_context_data(self, **kwargs):
        if self.measure.code not in FACTS:
            raise Http404
        model, of_week, order = FACTS[self.measure.code]
        week = queries.asked_week(self.request) or calc.last_complete_week(queries.last_night_day())
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
            source=source_of(seen, self.request),
            kind=model._meta.model_name,
            title=TITLES[model],
            week=week,
            end=calc.sunday(week),
            **kwargs,
        )


class TargetEdit(OnMeasure, ScopedUpdate):
    """Set or change what the account shall reach in a year."""

    model, form_class = Target, TargetForm

    @property
    def named(self):
        return {"account": self.account, "measure": self.measure.code, "year": self.kwargs["year"]}

    def get_object(self):
        if not 2000 <= self.kwargs["year"] <= 2100:
            raise Http404
        return self.get_queryset().filter(**self.named).first()

    def may(self, user, row):
        return access.may_set_target(user, row) and bool(self.account)

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"named": self.named}

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        named = {"measure": self.measure.label, "year": self.kwargs["year"], "account": self.account}
        title = _("Target for %(measure)s %(year)s, %(account)s") % named
        return context | {"title": title, "object_name": f"{self.account} · {self.measure.label}"}

    def get_cancel_url(self):
        return reverse("kpis:measure", args=[self.account.pk, self.measure.code])

    def get_success_url(self):
        return self.get_cancel_url()
