"""Filters shared by pages and API: one language in the URL."""

import django_filters
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Alert, Contact, Membership, Store, Team
from kam.models import User


def _teams(request):
    return Team.objects.visible_to(request.user) if request else Team.objects.none()


def _people(request):
    return User.objects.visible_to(request.user) if request else User.objects.none()


def _accounts(request):
    return Account.objects.visible_to(request.user) if request else Account.objects.none()


class YesNo(forms.Select):
    """Yes, no, or no matter."""

    def __init__(self, attrs=None):
        super().__init__(attrs, [("", "---------"), ("true", _("Yes")), ("false", _("No"))])

    def format_value(self, value):
        return super().format_value({True: "true", False: "false"}.get(value, value))


class AccountFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label=_("Number or name begins with"))
    tier = django_filters.MultipleChoiceFilter(choices=Account.Tier.choices, label=_("Tier"))
    kind = django_filters.MultipleChoiceFilter(choices=Account.Kind.choices, label=_("Kind"))
    direction = django_filters.ChoiceFilter(choices=Account.Direction.choices, label=_("Direction"))
    state = django_filters.MultipleChoiceFilter(choices=Account.State.choices, label=_("State"))
    country = django_filters.CharFilter(lookup_expr="iexact", label=_("Country"))
    team = django_filters.ModelChoiceFilter(queryset=_teams, label=_("Team"))
    owner = django_filters.ModelChoiceFilter(queryset=_people, label=_("Account manager"))
    attention = django_filters.BooleanFilter(method="with_alerts", label=_("Has open alerts"), widget=YesNo)

    class Meta:
        model = Account
        fields = ["q", "tier", "kind", "direction", "state", "country", "team", "owner", "attention"]

    def search(self, accounts, name, value):
        return accounts.found_by(value)

    def with_alerts(self, accounts, name, value):
        alerts = Alert.objects.unresolved().readable_by(self.request.user).order_by().values("account")
        return accounts.filter(pk__in=alerts) if value else accounts.exclude(pk__in=alerts)


class AlertFilter(django_filters.FilterSet):
    account = django_filters.ModelChoiceFilter(queryset=_accounts, label=_("Account"))
    severity = django_filters.MultipleChoiceFilter(choices=Alert.Severity.choices, label=_("Severity"))
    state = django_filters.MultipleChoiceFilter(choices=Alert.State.choices, label=_("State"))
    code = django_filters.CharFilter(label=_("Kind"))

    class Meta:
        model = Alert
        fields = ["account", "severity", "state", "code"]


class StoreFilter(django_filters.FilterSet):
    account = django_filters.ModelChoiceFilter(queryset=_accounts)
    code = django_filters.CharFilter(lookup_expr="istartswith")

    class Meta:
        model = Store
        fields = ["account", "code", "kind", "country"]


class ContactFilter(django_filters.FilterSet):
    account = django_filters.ModelChoiceFilter(queryset=_accounts)

    class Meta:
        model = Contact
        fields = ["account", "buying_role"]


class MembershipFilter(django_filters.FilterSet):
    account = django_filters.ModelChoiceFilter(queryset=_accounts)
    user = django_filters.ModelChoiceFilter(queryset=_people)

    class Meta:
        model = Membership
        fields = ["account", "user"]
