from functools import partial

from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import access
from accounts.compiled import for_reader
from accounts.filters import AccountFilter
from accounts.models import Account, Alert
from accounts.showing import signal_of
from kam.addresses import page_address
from kam.keyset import Keyset
from kam.lists import Column, Counts, status
from kam.views.lists import ScopedList

COLUMNS = (
    Column("name", gettext_lazy("Account"), lambda a: a.name, sort=("sort_name",), beside=lambda a: a.code),
    Column("code", gettext_lazy("Number"), lambda a: a.code, sort=("code",), shown=False, always=True),
    Column("country", gettext_lazy("Country"), lambda a: a.country, sort=("country", "sort_name"), desk=True),
    Column("kind", gettext_lazy("Kind"), lambda a: Account.Kind(a.kind).label, sort=("kind", "sort_name"), desk=True),
    Column("direction", gettext_lazy("Direction"), lambda a: a.get_direction_display(), shown=False, desk=True),
    Column("state", gettext_lazy("State"), lambda a: a.get_state_display(), shown=False, desk=True),
    Column("tier", gettext_lazy("Tier"), lambda a: a.tier, "tag", sort=("tier", "sort_name"), desk=True),
    Column("team", gettext_lazy("Team"), lambda a: a.team and a.team.name, shown=False, desk=True),
    Column("owner", gettext_lazy("Account manager"), lambda a: a.owner and a.owner.name,
           sort=("owner__sort_name", "sort_name"), desk=True),
    Column("signal", gettext_lazy("Signal"), lambda a: a.signal[1],
           cell=status(lambda a: a.signal[0], lambda a: a.signal[1])),
    Column("stake", gettext_lazy("At stake"), lambda a: a.at_stake, "money", sort=("at_stake", "sort_name"),
           first="desc", currency=lambda a: a.currency),
    Column("alerts", gettext_lazy("Open alerts"), lambda a: a.alerts_open, "count", sort=("alerts_open", "sort_name"),
           first="desc", desk=True),
    Column("changed", gettext_lazy("Last change"), lambda a: a.changed_at, "moment", sort=("changed_at", "sort_name"),
           first="desc", desk=True),
)  # fmt: skip


# What the columns and orders above need: a page has fifty accounts, each with a person, and a team that few ask for.
READ = (
    *("code", "name", "sort_name", "kind", "direction", "state", "tier", "country", "currency"),
    *("owner__name", "owner__sort_name"),
)  # fmt: skip


class AccountList(ScopedList):
    """All visible accounts; filters, sort, columns and page stand in the URL."""

    model, title, columns, default_sort = Account, gettext_lazy("Accounts"), COLUMNS, "name"
    filterset_class, find, leads = AccountFilter, "q", True

    def get_queryset(self):
        return _listed(super().get_queryset(), self.request.user, self.with_team)

    @property
    def with_team(self):
        return "team" in self.request.GET.getlist("column")

    def page(self, rows):
        """The page, of which the first one of all accounts is the one that is opened most."""
        if self.narrows or not {"after", "before"}.isdisjoint(self.request.GET):
            return super().page(rows)
        order = self.keyset()
        return order.first_page(_first(self.request.user, order.fields, self.with_team), self.request)

    def found(self, page, rows):
        return super().found(page, rows) if self.narrows else self.counts[0]

    def decorate(self, rows):
        signals = {worst: signal_of(worst) for worst in {account.worst for account in rows}}
        for account in rows:
            account.signal = signals[account.worst]
        return rows

    def get_context_data(self, **kwargs):
        may_create = access.may_create_account(self.request.user)
        tabs = self.tabs()
        create = {"label": _("New account"), "url": page_address("accounts:create"), "icon": "plus", "primary": True}
        return super().get_context_data(**kwargs) | {
            "tabs": tabs,
            "total": tabs[0]["count"],
            "tools": [create] if may_create else [],
            "empty": self.empty(may_create),
        }

    def empty(self, may_create):
        """What the page says before there is any account."""
        title = _("Your accounts will appear here")
        if not may_create:
            text = _("You do not look after an account yet. Ask your team lead to add you to one.")
            return {"icon": "building-store", "title": title, "text": text}
        text = _("Your teams have no accounts yet. Open the first one, or import a list.")
        action = {"action": _("New account"), "url": page_address("accounts:create"), "icon_action": "plus"}
        return {"icon": "building-store", "title": title, "text": text, **action}

    @cached_property
    def counts(self):
        """How many accounts each of the ready-made views has."""
        return _counts(self.request.user)

    def tabs(self):
        """Ready-made views with their counts."""
        total, mine, alarming, prospects = self.counts
        return [
            self.tab(_("All accounts"), "", total),
            self.tab(_("My accounts"), f"owner={self.request.user.pk}", mine),
            self.tab(_("Needs attention"), "attention=true", alarming),
            self.tab(_("Prospects"), f"state={Account.State.PROSPECT}", prospects),
        ]


def _listed(accounts, user, with_team):
    """The accounts with what the list shows of them."""
    accounts = accounts.with_signal(user).with_last_change(user)
    if with_team:
        return accounts.select_related("owner", "team").only(*READ, "team__name")
    return accounts.select_related("owner").only(*READ)


@for_reader
def _first(user, order, with_team):
    accounts = _listed(Account.objects.visible_to(user), user, with_team)
    return Keyset(order, AccountList.page_size).beginning(accounts)


@partial(for_reader, reads=Counts)
def _counts(user):
    alarmed = Alert.objects.visible_to(user).unresolved().order_by().values("account").distinct()
    seen, prospect = Account.objects.visible_to(user), Account.State.PROSPECT
    return seen, seen.filter(owner=user.pk), alarmed, seen.filter(state=prospect)
