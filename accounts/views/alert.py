from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.filters import AlertFilter
from accounts.models import Alert
from accounts.wording import sentence
from accounts.workflow import ALERT, with_moves
from kam.lists import Column
from kam.views.base import MoveView
from kam.views.lists import ScopedList

COLUMNS = (
    Column("severity", gettext_lazy("Severity"), lambda a: a.get_severity_display()),
    Column("account", gettext_lazy("Account"), lambda a: a.account.name, sort=("account__sort_name", "-at_stake")),
    Column("code", gettext_lazy("Number"), lambda a: a.account.code),
    Column("finding", gettext_lazy("Finding"), sentence),
    Column("stake", gettext_lazy("At stake"), lambda a: a.at_stake, "money", sort=("at_stake", "-raised_on"),
           currency=lambda a: a.currency),
    Column("act", gettext_lazy("Act by"), lambda a: a.act_by, "day", sort=("act_by", "-at_stake")),
    Column("raised", gettext_lazy("Since"), lambda a: a.raised_on, "day", sort=("raised_on",)),
    Column("state", gettext_lazy("State"), lambda a: a.get_state_display()),
)  # fmt: skip


class AlertList(ScopedList):
    """All alerts that are not resolved, worst money first; resolved ones by filter."""

    model, title, columns, default_sort = Alert, gettext_lazy("Alerts"), COLUMNS, "-stake"
    template_name = "accounts/alerts.html"
    filterset_class = AlertFilter
    chooses_columns = False

    def get_queryset(self):
        alerts = super().get_queryset().select_related("account")
        return alerts if self.request.GET.getlist("state") else alerts.unresolved()

    def decorate(self, rows):
        return with_moves(rows, self.request.user)

    def get_context_data(self, **kwargs):
        text = _(
            "What the night finds on your accounts will appear here, with the money at stake and the day to act by."
        )
        return super().get_context_data(**kwargs) | {
            "unresolved": Alert.objects.visible_to(self.request.user).unresolved().order_by().count(),
            "empty": {"icon": "circle-check", "title": _("Nothing needs attention"), "text": text},
        }


class AlertMove(MoveView):
    """Acknowledge or resolve; a fragment request gets the alert's row back, a form the page it came from."""

    model, steps = Alert, ALERT

    def get_queryset(self):
        return super().get_queryset().select_related("account")

    def back(self):
        if not self.request.htmx:
            return super().back()
        return HttpResponse(headers={"HX-Refresh": "true"})

    def post(self, request, pk, name, **kwargs):
        answer = super().post(request, pk, name, **kwargs)
        if not request.htmx or answer.status_code >= 400:
            return answer
        (alert,) = with_moves([self.get_queryset().get(pk=pk)], request.user)
        return render(
            request,
            "accounts/_alert_row.html",
            {"alert": alert, "moved": True, "with_account": request.GET.get("in") != "account"},
        )
