"""The head of every page about one account: identity, owner, state, tabs with counts."""

from typing import NamedTuple

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from accounts import access
from accounts.models import Account, Contact, Store
from kam.roles import DataClass, may_read


class Tab(NamedTuple):
    name: str
    label: str
    url: str
    count: int | None


class OnAccount:
    """Mix-in: the account named in the address, with what its head shows; an invisible one is 404."""

    tab = ""

    @cached_property
    def account(self):
        user = self.request.user
        accounts = Account.objects.visible_to(user).with_signal(user).select_related("owner", "team")
        counted = accounts.annotate(stores_count=_count(Store), contacts_count=_count(Contact))
        return get_object_or_404(counted, pk=self.kwargs["pk"])

    def get_context_data(self, **kwargs):
        user, account = self.request.user, self.account
        return super().get_context_data(
            account=account,
            above=_above(account, user),
            tabs=_tabs(account, user),
            tab=self.tab,
            may_edit=access.may_edit(user, account),
            may_see_contacts=may_read(user, DataClass.RELATIONSHIP),
            **kwargs,
        )


def _count(model):
    rows = model.objects.filter(account=OuterRef("pk")).order_by().values("account")
    return Coalesce(Subquery(rows.annotate(n=Count("pk")).values("n")), 0)


def _above(account, user):
    """The accounts above this one that the user sees, root first."""
    higher = [pk for pk in account.lineage if pk != account.pk]
    found = Account.objects.visible_to(user).in_bulk(higher) if higher else {}
    return [found[pk] for pk in higher if pk in found]


def _tabs(account, user):
    alerts = f"{reverse('accounts:alert-list')}?account={account.pk}"
    tabs = [
        Tab("overview", _("Overview"), account.get_absolute_url(), None),
        Tab("alerts", _("Alerts"), alerts, account.alerts_open),
        Tab("people", _("People"), reverse("accounts:contacts", args=[account.pk]), account.contacts_count),
        Tab("stores", _("Stores"), reverse("accounts:stores", args=[account.pk]), account.stores_count),
        Tab("timeline", _("Timeline"), reverse("accounts:timeline", args=[account.pk]), None),
    ]
    return [t for t in tabs if t.name != "people" or may_read(user, DataClass.RELATIONSHIP)]
