"""The list of findings, and their moves."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kam.lists import Column, shared_unit
from kam.views.base import MoveView
from kam.views.lists import ScopedList
from tradeterms import showing
from tradeterms.filters import FindingFilter
from tradeterms.models import Finding
from tradeterms.workflow import FINDING

COLUMNS = (
    Column("verdict", gettext_lazy("Verdict"), lambda f: f.sign.word),
    Column("account", gettext_lazy("Account"), lambda f: f.account.name, sort=("account__sort_name", "-at_stake")),
    Column("code", gettext_lazy("Number"), lambda f: f.account.code),
    Column("agreement", gettext_lazy("Agreement"), lambda f: f.term.agreement.number),
    Column("clause", gettext_lazy("Clause"), lambda f: f.term.clause),
    Column("period", gettext_lazy("Period from"), lambda f: f.period_start, "day", sort=("period_start", "term_id")),
    Column("until", gettext_lazy("Period to"), lambda f: f.period_end, "day"),
    Column("finding", gettext_lazy("Finding"), lambda f: f.text),
    Column("state", gettext_lazy("State"), lambda f: f.standing.word),
    Column("stake", gettext_lazy("At stake"), lambda f: f.at_stake, "money", sort=("at_stake", "act_by"),
           currency=lambda f: f.currency),
    Column("act", gettext_lazy("Act by"), lambda f: f.act_by, "day", sort=("act_by", "-at_stake")),
)  # fmt: skip


class FindingList(ScopedList):
    """What the night found, across accounts; without a filter only what somebody has to act on."""

    model, title, columns, default_sort = Finding, gettext_lazy("Findings"), COLUMNS, "-stake"
    template_name = "tradeterms/findings.html"
    filterset_class = FindingFilter
    chooses_columns = False

    def get_queryset(self):
        rows = super().get_queryset().select_related("term__agreement", "account", "owner").defer("evidence")
        narrowed = any(self.request.GET.get(name) for name in ("state", "verdict", "open"))
        return rows if narrowed else rows.unsettled()

    def decorate(self, rows):
        return showing.dress(rows)

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        text = _(
            "Every night the terms in force are checked; what is not kept, or nearly reached, appears here with the"
            " money at stake."
        )
        return context | {
            "shared": shared_unit(f.currency for f in context["rows"] if f.at_stake),
            "empty": {"icon": "circle-check", "title": _("Nothing to act on"), "text": text},
            "tabs": [
                self.tab(_("To act on"), ""),
                self.tab(_("With customer"), "state=with_customer"),
                self.tab(_("Disputed"), "state=disputed"),
                self.tab(_("Settled"), "open=false"),
            ],
        }


class FindingMove(MoveView):
    model, steps = Finding, FINDING
    queryset = Finding.objects.select_related("term__agreement__account")
