"""The list of agreements."""

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kam.lists import Column, status
from kam.views.lists import ScopedList
from tradeterms import access, showing
from tradeterms.filters import AgreementFilter
from tradeterms.models import Agreement, Finding

COLUMNS = (
    Column("number", gettext_lazy("Agreement"), lambda a: a.number, sort=("number",), beside=lambda a: a.title),
    Column("title", gettext_lazy("Title"), lambda a: a.title, shown=False, desk=True, always=True),
    Column("account", gettext_lazy("Account"), lambda a: a.account.name, sort=("account__sort_name", "-starts")),
    Column("code", gettext_lazy("Account number"), lambda a: a.account.code, shown=False, desk=True, always=True),
    Column("state", gettext_lazy("State"), lambda a: a.sign.word,
           cell=status(lambda a: (a.sign.level, a.sign.icon), lambda a: a.sign.word)),
    Column("starts", gettext_lazy("From"), lambda a: a.starts, "day", sort=("starts", "number"), first="desc",
           desk=True),
    Column("ends", gettext_lazy("To"), lambda a: a.ends, "day", sort=("ends", "number"), desk=True),
    Column("terms", gettext_lazy("Terms"), lambda a: a.terms_count, "figure", desk=True),
    Column("findings", gettext_lazy("Open findings"), lambda a: a.open_findings, "count", desk=True),
    Column("stake", gettext_lazy("At stake"), lambda a: a.at_stake, "money", sort=("at_stake", "number"), first="desc",
           currency=lambda a: a.currency, decimals=1),
)  # fmt: skip


class AgreementList(ScopedList):
    """Every agreement in the revision that counts; filters, sort, columns and page stand in the URL."""

    model, title, columns, default_sort = Agreement, gettext_lazy("Trade terms"), COLUMNS, "-starts"
    filterset_class, find, leads = AgreementFilter, "q", True

    def get_queryset(self):
        return super().get_queryset().latest().with_stakes().select_related("account")

    def decorate(self, rows):
        for agreement in rows:
            agreement.sign = showing.agreement_sign(agreement)
        return rows

    def get_context_data(self, **kwargs):
        user = self.request.user
        may_create = access.may_create_agreement(user)
        new = {"label": _("New agreement"), "url": reverse("tradeterms:create"), "icon": "plus", "primary": True}
        counts = self.counts(user)
        return super().get_context_data(**kwargs) | {
            "total": counts["all"],
            "tools": [new] if may_create else [],
            "tabs": self.tabs(counts, Finding.objects.visible_to(user).unsettled().count()),
            "empty": self.empty(may_create),
        }

    def counts(self, user):
        draft = Q(state=Agreement.State.DRAFT)
        return Agreement.objects.visible_to(user).latest().aggregate(all=Count("pk"), drafts=Count("pk", filter=draft))

    def tabs(self, counts, findings):
        """Ready-made views, and the way to what was found."""
        found = {"label": _("Findings"), "url": reverse("tradeterms:finding-list"), "count": findings}
        return [
            self.tab(_("Agreements"), "", counts["all"]),
            self.tab(_("Drafts"), "state=draft", counts["drafts"]),
            found | {"current": False},
        ]

    def empty(self, may_create):
        """What the page says before there is any agreement."""
        found = {"icon": "contract", "title": _("Agreements will appear here")}
        if not may_create:
            return found | {"text": _("None of the accounts that you see has one yet.")}
        text = _(
            "Write down what was agreed with a customer, term by term; every night KAM checks that both sides keep it."
        )
        url = reverse("tradeterms:create")
        return found | {"text": text, "action": _("New agreement"), "url": url, "icon_action": "plus"}
