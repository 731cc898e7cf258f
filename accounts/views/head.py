"""The head of every page about one account: identity, owner, state, tabs with counts."""

from typing import NamedTuple
from urllib.parse import urlencode

from django.db.models import OuterRef
from django.http import Http404
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from accounts import access
from accounts.compiled import for_reader
from accounts.models import Account, Contact, Store
from accounts.views.account_list import AccountList
from kam.addresses import address_of, page_address
from kam.expressions import CountOf
from kam.roles import DataClass, may_read
from kam.views.lists import InList


class Tab(NamedTuple):
    name: str
    label: str
    url: str
    count: int | None


class OnAccount(InList):
    """Mix-in: the account named in the address, with what its head shows; an invisible one is 404.

    Opened from the list of accounts, each of its pages knows the accounts beside it.
    """

    listed_by, list_url = AccountList, "accounts:list"
    tab = ""
    has_head = True  # what is asked for as a part of a page has none, and does not read what it shows

    @cached_property
    def account(self):
        found = (_with_head if self.has_head else _visible)(self.request.user, pk=self.kwargs["pk"])
        if not found:
            raise Http404
        return found[0]

    def row(self):
        return self.account

    def get_context_data(self, **kwargs):
        user, account = self.request.user, self.account
        context = super().get_context_data(**kwargs) | {
            "account": account,
            "may_edit": access.may_edit(user, account),
            "may_see_contacts": may_read(user, DataClass.RELATIONSHIP),
        }
        return context | (self.in_head() if self.has_head else {})

    def in_head(self):
        """What the head shows beside the account itself."""
        user, account = self.request.user, self.account
        return {
            "above": _above(account, user),
            "tabs": _tabs(account, user, self.request.GET.get("in")),
            "tab": self.tab,
        }


@for_reader
def _with_head(user, *, pk):
    """The account with all that its head shows."""
    return _visible.build(user, pk=pk).with_signal(user).select_related("owner", "team")


@for_reader
def _visible(user, *, pk):
    return (
        Account.objects.visible_to(user)
        .filter(pk=pk)
        .annotate(
            stores_count=CountOf(Store.objects.filter(account=OuterRef("pk"))),
            contacts_count=CountOf(Contact.objects.filter(account=OuterRef("pk"))),
        )
    )


def _above(account, user):
    """The accounts above this one that the user sees, root first."""
    higher = [pk for pk in account.lineage if pk != account.pk]
    found = Account.objects.visible_to(user).in_bulk(higher) if higher else {}
    return [found[pk] for pk in higher if pk in found]


def _tabs(account, user, opened_from):
    """The parts of the account; those that are pages of it keep the list it was opened from."""
    kept = "" if opened_from is None else f"?{urlencode({'in': opened_from})}"

    def tab(name, label, route, count=None):
        return Tab(name, label, address_of(f"accounts:{route}", account.pk) + kept, count)

    alerts = f"{page_address('accounts:alert-list')}?account={account.pk}"
    tabs = [
        tab("overview", _("Overview"), "detail"),
        Tab("alerts", _("Alerts"), alerts, account.alerts_open),
        tab("people", _("People"), "contacts", account.contacts_count),
        tab("stores", _("Stores"), "stores", account.stores_count),
        tab("timeline", _("Timeline"), "timeline"),
    ]
    return [t for t in tabs if t.name != "people" or may_read(user, DataClass.RELATIONSHIP)]
