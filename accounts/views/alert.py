from django.http import HttpResponse
from django.shortcuts import render

from accounts import access
from accounts.filters import AlertFilter
from accounts.models import Alert
from accounts.workflow import ALERT, with_moves
from kam.filters import chips
from kam.views.base import MoveView
from kam.views.lists import ScopedList


class AlertList(ScopedList):
    """All alerts that are not resolved, worst money first; resolved ones by filter."""

    model = Alert
    template_name = "accounts/alerts.html"
    filterset_class = AlertFilter
    sorts = {
        "-stake": ("-at_stake", "-raised_on"),
        "stake": ("at_stake", "-raised_on"),
        "act": ("act_by", "-at_stake"),
        "-act": ("-act_by", "-at_stake"),
        "raised": ("raised_on",),
        "-raised": ("-raised_on",),
        "account": ("account__sort_name", "-at_stake"),
        "-account": ("-account__sort_name", "-at_stake"),
    }

    def get_queryset(self):
        alerts = super().get_queryset().select_related("account")
        return alerts if self.request.GET.getlist("state") else alerts.unresolved()

    def decorate(self, rows):
        return with_moves(rows, self.request.user)

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        unresolved = Alert.objects.visible_to(self.request.user).unresolved().order_by()
        return context | {
            "chips": chips(context["filterset"]),
            "found": context["filterset"].qs.order_by().count(),
            "total": unresolved.count(),
            "may_handle": access.may_handle_alert(self.request.user),
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
