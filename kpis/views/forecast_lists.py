"""Lists about forecasts: events, figures set by hand, notices to logistics."""

from django.contrib import messages
from django.db.models import Count, OuterRef, Subquery
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kam.lists import Column, status
from kam.roles import DataClass, may_read
from kam.templatetags import formats, kam_ui
from kam.views.base import ScopedAct, ScopedCreate, ScopedDetail, ScopedUpdate
from kam.views.lists import ScopedList
from kam.views.undo import ScopedRemove
from kpis import access
from kpis.forecast import services
from kpis.forecast.filters import EventFilter, NoticeFilter, OverrideFilter
from kpis.forecast.forms import EventForm
from kpis.forecast.showing import effect_of
from kpis.models import ForecastEvent, ForecastNotice, ForecastOverride, ForecastWeek
from kpis.views.tabs import FORECASTS, tabs

EVENTS = (
    Column("name", gettext_lazy("Event"), lambda e: e.name, sort=("name",)),
    Column("account", gettext_lazy("Account"), lambda e: e.account.name, sort=("account__sort_name", "-starts")),
    Column("code", gettext_lazy("Number"), lambda e: e.account.code, "code", shown=False, always=True),
    Column("product", gettext_lazy("Product"), lambda e: e.product.name if e.product else _("All products"), desk=True),
    Column("kind", gettext_lazy("Kind"), lambda e: e.get_kind_display(), sort=("kind", "-starts"), desk=True),
    Column("starts", gettext_lazy("From"), lambda e: e.starts, "day", sort=("starts", "name"), first="desc"),
    Column("ends", gettext_lazy("To"), lambda e: e.ends, "day", desk=True),
    Column("effect", gettext_lazy("Effect"), effect_of, cell=effect_of),
)


class EventList(ScopedList):
    """What is known to come and history does not tell."""

    model, title, columns, default_sort = ForecastEvent, gettext_lazy("Events"), EVENTS, "-starts"
    filterset_class = EventFilter

    def get_queryset(self):
        return super().get_queryset().select_related("account", "product")

    def row_url(self, row):
        user = self.request.user
        edit = access.may_forecast(user, row)
        return reverse("kpis:event-update", args=[row.pk]) if edit else row.get_absolute_url()

    def get_context_data(self, **kwargs):
        new = {"label": _("New event"), "url": reverse("kpis:event-create"), "icon": "plus", "primary": True}
        text = _("A promotion, a holiday, a listing or its end: what moves sales and is not in their history.")
        return super().get_context_data(**kwargs) | {
            "tools": [new] if access.may_forecast(self.request.user) else [],
            "tabs": tabs(self.request, FORECASTS),
            "empty": {"icon": "calendar-event", "title": _("Events will appear here"), "text": text},
        }


class Forecasting:
    """Mix-in: what history does not tell is said by those who forecast."""

    def may(self, user, row):
        return access.may_forecast(user, row)


class EventCreate(Forecasting, ScopedCreate):
    model, form_class, title = ForecastEvent, EventForm, gettext_lazy("New event")

    def get_initial(self):
        """The numbers of account and product that a link names."""
        return super().get_initial() | {name: self.request.GET.get(name, "") for name in ("account", "product")}

    def get_cancel_url(self):
        return reverse("kpis:event-list")


class EventUpdate(Forecasting, ScopedUpdate):
    model, form_class, title = ForecastEvent, EventForm, gettext_lazy("Edit event")
    template_name = "kpis/event_form.html"


class EventRemove(Forecasting, ScopedRemove):
    """POST: take an event away."""

    model = ForecastEvent

    def remove(self, row, by):
        return services.remove_event(row, by=by)

    def url_after(self, row):
        return row.get_absolute_url()


def _remove(override):
    url = reverse("kpis:override-remove", args=[override.pk])
    label = _("Take the figure of %(row)s away") % {"row": override}
    button = '<button class="k-tool" type="submit" form="remove" formaction="{}" aria-label="{}">{}</button>'
    return format_html(button, url, label, kam_ui.icon("x"))


OVERRIDES = (
    Column("product", gettext_lazy("Product"), lambda o: o.product.name, beside=lambda o: o.product.code,
           sort=("product__sort_name", "-week")),
    Column("product_code", gettext_lazy("Product number"), lambda o: o.product.code, "code", shown=False, always=True),
    Column("account", gettext_lazy("Account"), lambda o: o.account.name, sort=("account__sort_name", "-week"),
           desk=True),
    Column("account_code", gettext_lazy("Account number"), lambda o: o.account.code, "code", shown=False, always=True),
    Column("week", gettext_lazy("Week"), lambda o: o.week, cell=lambda o: formats.week(o.week), sort=("week", "pk"),
           first="desc"),
    Column("units", gettext_lazy("Set by hand"), lambda o: o.units, "figure"),
    Column("planned", gettext_lazy("Machine"), lambda o: o.planned, "figure", desk=True),
    Column("author", gettext_lazy("By"), lambda o: o.author.name, sort=("author__name", "-week"), desk=True),
    Column("reason", gettext_lazy("Reason"), lambda o: o.reason, desk=True),
    Column("changed", gettext_lazy("Changed"), lambda o: o.updated_at, "moment", sort=("updated_at",), first="desc",
           desk=True),
)  # fmt: skip
REMOVE = Column("remove", "", _remove, cell=_remove, exported=False)


class OverrideList(ScopedList):
    """Figures set by hand, with what the machine says and why it was not believed."""

    model, title, default_sort = ForecastOverride, gettext_lazy("Set by hand"), "-week"
    filterset_class, template_name = OverrideFilter, "kpis/override_list.html"

    @property
    def columns(self):
        return (*OVERRIDES, REMOVE) if access.may_forecast(self.request.user) else OVERRIDES

    def get_queryset(self):
        here = {name: OuterRef(name) for name in ("account", "product", "week")}
        planned = ForecastWeek.objects.filter(**here).values("planned")[:1]
        rows = super().get_queryset().select_related("account", "product", "author")
        return rows.annotate(planned=Subquery(planned))

    def row_url(self, row):
        return reverse("kpis:forecast-product", args=[row.account_id, row.product.code])

    def get_context_data(self, **kwargs):
        text = _("Open the forecast of an account and set figures where you know better than its history.")
        return super().get_context_data(**kwargs) | {
            "tabs": tabs(self.request, FORECASTS),
            "empty": {"icon": "edit", "title": _("Figures set by hand will appear here"), "text": text},
        }


class OverrideRemove(Forecasting, ScopedRemove):
    """POST: let the machine's figure count again."""

    model = ForecastOverride

    def remove(self, row, by):
        return services.remove_override(row, by=by)

    def url_after(self, row):
        return reverse("kpis:override-list")


def _standing(notice):
    return _("Acknowledged") if notice.acknowledged_at else _("Open")


NOTICES = (
    Column("account", gettext_lazy("Account"), lambda n: n.account.name, sort=("account__sort_name", "-pk"),
           beside=lambda n: n.account.code),
    Column("code", gettext_lazy("Number"), lambda n: n.account.code, "code", shown=False, always=True),
    Column("made", gettext_lazy("Made"), lambda n: n.created_at, "moment", sort=("pk",), first="desc"),
    Column("lines", gettext_lazy("Figures changed"), lambda n: n.lines_count, "count"),
    Column("cause", gettext_lazy("Cause"), lambda n: n.cause or _("New figures of the account"), desk=True),
    Column("by", gettext_lazy("By"), lambda n: n.by and n.by.name, desk=True),
    Column("state", gettext_lazy("State"), _standing, cell=status(
        lambda n: "good" if n.acknowledged_at else "open", _standing)),
)  # fmt: skip


class NoticeList(ScopedList):
    """What logistics was told of changed forecasts."""

    model, title, columns, default_sort = ForecastNotice, gettext_lazy("Change notices"), NOTICES, "-made"
    filterset_class = NoticeFilter

    def get_queryset(self):
        rows = super().get_queryset().select_related("account", "by")
        return rows.annotate(lines_count=Count("lines"))

    def get_context_data(self, **kwargs):
        text = _("When the agreed forecast of the next weeks changes by much, logistics is told here, once.")
        lists = FORECASTS if may_read(self.request.user, DataClass.KPI) else ()
        return super().get_context_data(**kwargs) | {
            "tabs": tabs(self.request, lists),
            "empty": {"icon": "truck", "title": _("Change notices will appear here"), "text": text},
        }


class NoticeDetail(ScopedDetail):
    """One notice: units before and after by product and week, with the interval of the baseline."""

    template_name = "kpis/forecast_notice.html"
    queryset = ForecastNotice.objects.select_related("account", "team", "by", "acknowledged_by")

    def get_context_data(self, **kwargs):
        notice = self.object
        here = {"account": notice.account_id, "product": OuterRef("product"), "week": OuterRef("week")}
        now = ForecastWeek.objects.filter(**here)
        lines = notice.lines.select_related("product").order_by("product__sort_name", "product", "week")
        lines = list(lines.annotate(low=Subquery(now.values("low")[:1]), high=Subquery(now.values("high")[:1])))
        for line in lines:
            line.change = line.after - line.before
        before, after = sum(line.before for line in lines), sum(line.after for line in lines)
        return super().get_context_data(
            lines=lines,
            before=before,
            after=after,
            change=after - before,
            reads_figures=may_read(self.request.user, DataClass.KPI),
            may_acknowledge=access.may_acknowledge_change(self.request.user, notice) and not notice.acknowledged_at,
            **kwargs,
        )


class NoticeAcknowledged(ScopedAct):
    """POST: logistics says that it knows."""

    model = ForecastNotice

    def may(self, user, row):
        return access.may_acknowledge_change(user, row)

    def act(self, row, by):
        services.acknowledge(row, by=by)
        messages.success(self.request, _("Acknowledged."))
