from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView, View

from accounts import access
from accounts.filters import AccountFilter
from accounts.forms import AccountForm
from accounts.models import Account, Alert
from accounts.showing import signal_of, unit_of
from accounts.timeline import entries_of_account, tell
from accounts.views.head import OnAccount
from kam.downloads import csv_response
from kam.filters import chips
from kam.keyset import Keyset, ordering
from kam.panels import shown
from kam.views.base import ScopedCreate, ScopedList, ScopedUpdate

NAMES = {
    "name": "sort_name",
    "code": "code",
    "country": "country",
    "kind": "kind",
    "tier": "tier",
    "owner": "owner__sort_name",
    "stake": "at_stake",
    "alerts": "alerts_open",
    "changed": "changed_at",
}
SORTS = {n: (c, "sort_name") for n, c in NAMES.items()} | {f"-{n}": (f"-{c}", "sort_name") for n, c in NAMES.items()}
SORTS |= {"name": ("sort_name",), "-name": ("-sort_name",)}


def rows_for(user):
    """The accounts of a list with everything that its columns show."""
    accounts = Account.objects.visible_to(user).select_related("owner")
    return accounts.with_signal(user).with_last_change(user)


class AccountList(ScopedList):
    """All visible accounts; filters, sort and page stand in the URL."""

    model = Account
    template_name = "accounts/list.html"
    filterset_class = AccountFilter
    sorts = SORTS

    def get_queryset(self):
        return rows_for(self.request.user)

    def decorate(self, rows):
        for account in rows:
            account.signal = signal_of(account.worst)
        return rows

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        filterset = context["filterset"]
        return context | {
            "shared": unit_of(a.currency for a in context["rows"] if a.at_stake),
            "chips": chips(filterset),
            "tabs": self.tabs(),
            "found": filterset.qs.order_by().count(),
            "may_create": access.may_create_account(self.request.user),
            "view_query": self.request.GET.urlencode(),
        }

    def tabs(self):
        """Ready-made views with their counts, in one query."""
        user = self.request.user
        alarmed = Alert.objects.unresolved().readable_by(user).order_by().values("account")
        counts = Account.objects.visible_to(user).aggregate(
            all=Count("pk"),
            mine=Count("pk", filter=Q(owner=user)),
            attention=Count("pk", filter=Q(pk__in=alarmed)),
            prospects=Count("pk", filter=Q(state=Account.State.PROSPECT)),
        )
        params = self.request.GET.copy()
        for name in ("sort", "after", "before"):
            params.pop(name, None)
        views = [
            (_("All accounts"), "", counts["all"]),
            (_("My accounts"), f"owner={user.pk}", counts["mine"]),
            (_("Needs attention"), "attention=true", counts["attention"]),
            (_("Prospects"), "state=prospect", counts["prospects"]),
        ]
        return [
            {"label": label, "query": query, "count": count, "current": params.urlencode() == query}
            for label, query, count in views
        ]


COLUMNS = (
    (gettext_lazy("Number"), lambda a: a.code),
    (gettext_lazy("Account"), lambda a: a.name),
    (gettext_lazy("Country"), lambda a: a.country),
    (gettext_lazy("Kind"), lambda a: str(a.get_kind_display())),
    (gettext_lazy("State"), lambda a: str(a.get_state_display())),
    (gettext_lazy("Tier"), lambda a: a.tier),
    (gettext_lazy("Account manager"), lambda a: a.owner.name if a.owner else ""),
    (gettext_lazy("Signal"), lambda a: str(Alert.Severity(a.worst).label) if a.worst else ""),
    (gettext_lazy("Open alerts"), lambda a: a.alerts_open),
    (gettext_lazy("At stake"), lambda a: a.at_stake),
    (gettext_lazy("Currency"), lambda a: a.currency),
    (gettext_lazy("Last change"), lambda a: a.changed_at.isoformat(timespec="seconds") if a.changed_at else ""),
)


class AccountExport(View):
    """The list as CSV: the same rows in the same order, all pages."""

    def get(self, request):
        rows = AccountFilter(request.GET, queryset=rows_for(request.user), request=request).qs
        sort = SORTS.get(request.GET.get("sort", ""), SORTS["name"])
        accounts = rows.order_by(*ordering(sort)).iterator(chunk_size=500)
        lines = ([value(account) for _label, value in COLUMNS] for account in accounts)
        name = f"accounts-{timezone.localdate().isoformat()}.csv"
        return csv_response(name, [label for label, _value in COLUMNS], lines)


class AccountDetail(OnAccount, TemplateView):
    """The cockpit: what every floor has to say about one account."""

    template_name = "accounts/detail.html"
    tab = "overview"

    def get_context_data(self, **kwargs):
        columns = {
            f"{column}_panels": shown("account", column, self.request, account=self.account)
            for column in ("top", "main", "side", "bottom")
        }
        return super().get_context_data(**columns, **kwargs)


class Timeline(OnAccount, TemplateView):
    """Everything that happened to the account and what hangs off it."""

    template_name = "accounts/timeline.html"
    tab = "timeline"
    page_size = 50

    def get_context_data(self, **kwargs):
        entries = entries_of_account(self.account, self.request.user)
        page = Keyset(("-at", "-pk"), self.page_size).page(entries, self.request)
        return super().get_context_data(page=page, events=tell(page.rows), **kwargs)


class AccountCreate(ScopedCreate):
    model, form_class, title = Account, AccountForm, gettext_lazy("New account")

    def may(self, user, row):
        return access.may_create_account(user)


class AccountUpdate(ScopedUpdate):
    model, form_class, title = Account, AccountForm, gettext_lazy("Edit account")

    def may(self, user, row):
        return access.may_edit(user, row)
