from accounts.showing import unit_of
from kam.filters import chips
from kam.views.base import MoveView
from kam.views.lists import ScopedList
from tradeterms import showing
from tradeterms.filters import FindingFilter
from tradeterms.models import Finding
from tradeterms.workflow import FINDING


class FindingList(ScopedList):
    """What the night found, across accounts; without a filter only what somebody has to act on."""

    model = Finding
    template_name = "tradeterms/findings.html"
    filterset_class = FindingFilter
    sorts = {
        "-stake": ("-at_stake", "act_by"),
        "stake": ("at_stake", "act_by"),
        "act": ("act_by", "-at_stake"),
        "-act": ("-act_by", "-at_stake"),
        "period": ("period_start", "term_id"),
        "-period": ("-period_start", "term_id"),
        "account": ("account__sort_name", "-at_stake"),
        "-account": ("-account__sort_name", "-at_stake"),
    }

    def get_queryset(self):
        rows = super().get_queryset().select_related("term__agreement", "account", "owner").defer("evidence")
        narrowed = any(self.request.GET.get(name) for name in ("state", "verdict", "open"))
        return rows if narrowed else rows.unsettled()

    def decorate(self, rows):
        return showing.dress(rows)

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        return context | {
            "chips": chips(context["filterset"]),
            "found": context["filterset"].qs.order_by().count(),
            "shared": unit_of(f.currency for f in context["rows"] if f.at_stake),
        }


class FindingMove(MoveView):
    model, steps = Finding, FINDING
    queryset = Finding.objects.select_related("term__agreement__account")
