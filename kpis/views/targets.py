"""Targets: what accounts shall reach; all of them, and setting one."""

from django.http import Http404
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kam.lists import Column
from kam.measures import all_measures
from kam.templatetags import formats, kam_ui
from kam.views.base import ScopedUpdate
from kam.views.lists import ScopedList
from kam.views.undo import ScopedRemove
from kpis import access, filters, services, showing
from kpis.forms import TargetForm
from kpis.models import Target
from kpis.queries import Figure
from kpis.views.measure import OnMeasure


def _measure(target):
    found = all_measures().get(target.measure)
    return str(found.label) if found else target.measure


def _unit(target):
    found = all_measures().get(target.measure)
    return str(showing.unit_word(found, target.account.currency)) if found else ""


def _figure(target):
    """The figure in the unit in which the measure is shown."""
    found = all_measures().get(target.measure)
    return showing.scaled(Figure(found, target.value, 1)) if found else target.value


def _cell(target):
    found = all_measures().get(target.measure)
    return formats.number(_figure(target), showing.places(found) if found else 2)


def _edit(target):
    url = reverse("kpis:target", args=[target.account_id, target.measure, target.year])
    label = _("Edit the target of %(account)s") % {"account": target.account}
    return format_html('<a class="k-tool" href="{}" aria-label="{}">{}</a>', url, label, kam_ui.icon("edit"))


COLUMNS = (
    Column("account", gettext_lazy("Account"), lambda t: t.account.name, beside=lambda t: t.account.code,
           sort=("account__sort_name", "measure", "-year")),
    Column("code", gettext_lazy("Number"), lambda t: t.account.code, shown=False, desk=True, always=True),
    Column("measure", gettext_lazy("Measure"), _measure, sort=("measure", "-year", "account__sort_name")),
    Column("year", gettext_lazy("Year"), lambda t: t.year, cell=lambda t: str(t.year),
           sort=("year", "account__sort_name", "measure"), first="desc"),
    Column("value", gettext_lazy("Target"), _figure, "figure", cell=_cell),
    Column("unit", gettext_lazy("Unit"), _unit, desk=True),
)  # fmt: skip
EDIT = Column("edit", "", _edit, cell=_edit, exported=False)


class TargetList(ScopedList):
    """The targets of the accounts one sees; each leads to its measure."""

    model, title, default_sort = Target, gettext_lazy("Targets"), "account"
    filterset_class = filters.TargetFilter

    @property
    def columns(self):
        return (*COLUMNS, EDIT) if access.may_set_target(self.request.user) else COLUMNS

    def get_queryset(self):
        return super().get_queryset().select_related("account")

    def row_url(self, row):
        return reverse("kpis:measure", args=[row.account_id, row.measure])

    def get_context_data(self, **kwargs):
        text = _("Open a measure of an account and set what it shall reach this year; pages then compare with it.")
        empty = {"icon": "target", "title": _("Targets will appear here"), "text": text}
        return super().get_context_data(**kwargs) | {"empty": empty}


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


class TargetRemove(ScopedRemove):
    """POST: take a target away."""

    model = Target

    def may(self, user, row):
        return access.may_set_target(user, row)

    def remove(self, row, by):
        return services.remove_target(row, by=by)

    def url_after(self, row):
        return reverse("kpis:measure", args=[row.account_id, row.measure])
