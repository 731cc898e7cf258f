"""Supply that is short: limits, who gets how much, and what was promised."""

from django.contrib import messages
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kam.lists import Column, status
from kam.templatetags import formats
from kam.views.base import ScopedAct, ScopedCreate, ScopedDetail, ScopedUpdate
from kam.views.lists import ScopedList
from kam.views.undo import ScopedRemove
from kpis import access
from kpis.forecast.queries import first_week
from kpis.models import SupplyCap, SupplyCommitment
from kpis.shortage import queries, services
from kpis.shortage.filters import CapFilter
from kpis.shortage.forms import CapForm, CommitmentForm


def _weeks(cap):
    return formats.weeks(cap.starts, cap.ends)


def _standing(cap):
    """(level, word): over, enough for what is wanted, or short."""
    if cap.ends < cap.today:
        return "neutral", _("Over")
    return ("warning", _("Short")) if cap.given < cap.asked else ("good", _("Enough"))


COLUMNS = (
    Column("product", gettext_lazy("Product"), lambda c: c.product.name, beside=lambda c: c.product.code,
           sort=("product__sort_name", "-starts")),
    Column("code", gettext_lazy("Number"), lambda c: c.product.code, "code", shown=False, always=True),
    Column("state", gettext_lazy("State"), lambda c: _standing(c)[1],
           cell=status(lambda c: _standing(c)[0], lambda c: _standing(c)[1])),
    Column("weeks", gettext_lazy("Weeks"), _weeks, sort=("starts", "pk"), first="desc"),
    Column("units", gettext_lazy("Units there are"), lambda c: c.units, "figure", sort=("units", "pk"), first="desc"),
    Column("asked", gettext_lazy("Wanted by your accounts"), lambda c: c.asked, "figure", desk=True),
    Column("given", gettext_lazy("Their share"), lambda c: c.given, "figure", desk=True),
    Column("reason", gettext_lazy("Reason"), lambda c: c.reason, desk=True),
)  # fmt: skip


class CapList(ScopedList):
    """What is short, until when and why; sums are those of the accounts one sees."""

    model, title, columns, default_sort = SupplyCap, gettext_lazy("Short supply"), COLUMNS, "-weeks"
    filterset_class = CapFilter

    def get_queryset(self):
        return queries.with_sums(self.request.user, super().get_queryset().select_related("product"))

    def decorate(self, rows):
        today = first_week()
        for cap in rows:
            cap.today = today
        return rows

    def get_context_data(self, **kwargs):
        new = {"label": _("New limit"), "url": reverse("kpis:cap-create"), "icon": "plus", "primary": True}
        text = _("Where less can be supplied than is wanted, a limit shares it out fairly by what is forecast.")
        return super().get_context_data(**kwargs) | {
            "tools": [new] if access.may_limit_supply(self.request.user) else [],
            "empty": {"icon": "package", "title": _("Nothing is short"), "text": text},
        }


class CapDetail(ScopedDetail):
    """One limit: shares of the accounts one sees, and how they come about."""

    template_name = "kpis/cap.html"
    queryset = SupplyCap.objects.select_related("product")

    def get_context_data(self, **kwargs):
        cap, user = self.object, self.request.user
        promises = SupplyCommitment.objects.visible_to(user).filter(cap=cap)
        promised = {row.account_id: row for row in promises.select_related("account")}
        rows = [row | {"promise": promised.get(row["account"]), "missing": row["asked"] - row["given"]}
                for row in queries.by_account(user, cap)]  # fmt: skip
        asked, given = (sum(row[name] for row in rows) for name in ("asked", "given"))
        wanting = {row["account"] for row in rows}
        return super().get_context_data(
            rows=rows,
            asked=asked,
            given=given,
            missing=asked - given,
            unclaimed=[row for pk, row in promised.items() if pk not in wanting],
            weeks=_weeks(cap),
            may_limit=access.may_limit_supply(user, cap),
            **kwargs,
        )


class Limiting:
    """Mix-in: what is short and who was promised some of it is said by those who keep supply."""

    def may(self, user, row):
        return access.may_limit_supply(user, row)


class CapCreate(Limiting, ScopedCreate):
    model, form_class, title = SupplyCap, CapForm, gettext_lazy("New limit")

    def get_initial(self):
        return super().get_initial() | {"product": self.request.GET.get("product", "")}

    def get_cancel_url(self):
        return reverse("kpis:cap-list")


class CapUpdate(Limiting, ScopedUpdate):
    model, form_class, title = SupplyCap, CapForm, gettext_lazy("Edit limit")
    template_name = "kpis/cap_form.html"


class CapRemove(Limiting, ScopedRemove):
    """POST: there is enough again."""

    model = SupplyCap

    def remove(self, row, by):
        return services.remove_cap(row, by=by)

    def url_after(self, row):
        return reverse("kpis:cap-list")


class CommitmentCreate(Limiting, ScopedCreate):
    """Promise an account some of what is short; the address names the limit."""

    model, form_class, title = SupplyCommitment, CommitmentForm, gettext_lazy("New promise")

    def get_object(self):
        self.cap = get_object_or_404(SupplyCap.objects.visible_to(self.request.user), pk=self.kwargs["pk"])

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"cap": self.cap}

    def get_cancel_url(self):
        return self.cap.get_absolute_url()


class CommitmentUpdate(Limiting, ScopedUpdate):
    model, form_class, title = SupplyCommitment, CommitmentForm, gettext_lazy("Edit promise")
    template_name = "kpis/commitment_form.html"


class CommitmentRemove(Limiting, ScopedAct):
    """POST: take a promise back."""

    model = SupplyCommitment

    def act(self, row, by):
        services.remove_commitment(row, by=by)
        messages.success(self.request, _("The promise is taken back."))
