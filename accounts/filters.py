"""Filters shared by pages and API: one language in the URL."""

import django_filters
from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Alert, Contact, Membership, Notification, Store, Team
from accounts.notifications import kinds
from kam.choosing import Suggesting
from kam.filters import YesNo, number_or_name, seen
from kam.models import User


class OfAccount(django_filters.FilterSet):
    """Rows of the account that a link names by its id, or of those that a person names.

    A search, as a list to choose from would hold every account of the house.
    """

    account = django_filters.ModelChoiceFilter(queryset=seen(Account), label=_("Account"), widget=forms.HiddenInput)
    account_named = django_filters.CharFilter(
        method="of_account", label=_("Account: number or name"), widget=Suggesting("accounts:names")
    )

    def of_account(self, rows, name, value):
        """Of the account with this number; if there is none, of all whose number or name begins so."""
        exact = Account.objects.filter(code=value.strip())
        return rows.filter(account__in=exact if exact.exists() else Account.objects.found_by(value))


def names(request):
    """The people whom the reader sees, with no more of them than a list to choose from shows: it may have hundreds."""
    return seen(User)(request).only("name")


class AccountFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label=_("Number or name begins with"))
    tier = django_filters.MultipleChoiceFilter(choices=Account.Tier.choices, distinct=False, label=_("Tier"))
    kind = django_filters.MultipleChoiceFilter(choices=Account.Kind.choices, distinct=False, label=_("Kind"))
    direction = django_filters.ChoiceFilter(choices=Account.Direction.choices, label=_("Direction"))
    state = django_filters.MultipleChoiceFilter(choices=Account.State.choices, distinct=False, label=_("State"))
    country = django_filters.CharFilter(method="in_country", label=_("Country"))
    team = django_filters.ModelChoiceFilter(queryset=seen(Team), label=_("Team"))
    owner = django_filters.ModelChoiceFilter(queryset=names, label=_("Account manager"))
    attention = django_filters.BooleanFilter(method="with_alerts", label=_("Has open alerts"), widget=YesNo)

    class Meta:
        model = Account
        fields = ["q", "tier", "kind", "direction", "state", "country", "team", "owner", "attention"]

    def search(self, accounts, name, value):
        return accounts.found_by(value)

    def in_country(self, accounts, name, value):
        """Codes are kept in capitals, so that the database knows how many accounts each has."""
        return accounts.filter(country=value.upper())

    def with_alerts(self, accounts, name, value):
        alerts = Alert.objects.unresolved().readable_by(self.request.user).order_by().values("account")
        return accounts.filter(pk__in=alerts) if value else accounts.exclude(pk__in=alerts)


class AlertFilter(OfAccount):
    severity = django_filters.MultipleChoiceFilter(choices=Alert.Severity.choices, distinct=False, label=_("Severity"))
    state = django_filters.MultipleChoiceFilter(choices=Alert.State.choices, distinct=False, label=_("State"))
    code = django_filters.CharFilter(label=_("Kind"))

    class Meta:
        model = Alert
        fields = ["account", "account_named", "severity", "state", "code"]


class NotificationFilter(OfAccount):
    unread = django_filters.BooleanFilter(field_name="read_at", lookup_expr="isnull", label=_("Unread"), widget=YesNo)
    code = django_filters.MultipleChoiceFilter(choices=kinds(), distinct=False, label=_("Kind"))

    class Meta:
        model = Notification
        fields = ["unread", "code", "account", "account_named"]


class StoreFilter(django_filters.FilterSet):
    account = django_filters.ModelChoiceFilter(queryset=seen(Account))
    code = django_filters.CharFilter(lookup_expr="istartswith")

    class Meta:
        model = Store
        fields = ["account", "code", "kind", "country"]


class StoreListFilter(django_filters.FilterSet):
    """The stores of one account, which the page's address names."""

    q = django_filters.CharFilter(method="search", label=_("Number or name"))
    kind = django_filters.MultipleChoiceFilter(choices=Store.Kind.choices, distinct=False, label=_("Kind"))
    city = django_filters.CharFilter(lookup_expr="istartswith", label=_("City"))

    class Meta:
        model = Store
        fields = ["q", "kind", "city"]

    def search(self, stores, name, value):
        return stores.filter(number_or_name(value))


class ContactFilter(django_filters.FilterSet):
    account = django_filters.ModelChoiceFilter(queryset=seen(Account))

    class Meta:
        model = Contact
        fields = ["account", "buying_role"]


class ContactListFilter(django_filters.FilterSet):
    """The people of one account, which the page's address names."""

    q = django_filters.CharFilter(method="search", label=_("Name or position"))
    buying_role = django_filters.MultipleChoiceFilter(
        choices=Contact.BuyingRole.choices, distinct=False, label=_("Role in buying")
    )

    class Meta:
        model = Contact
        fields = ["q", "buying_role"]

    def search(self, people, name, value):
        return people.filter(Q(name__icontains=value) | Q(title__icontains=value))


class MembershipFilter(django_filters.FilterSet):
    account = django_filters.ModelChoiceFilter(queryset=seen(Account))
    user = django_filters.ModelChoiceFilter(queryset=seen(User))

    class Meta:
        model = Membership
        fields = ["account", "user"]
