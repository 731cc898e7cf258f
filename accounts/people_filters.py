"""Filters of the administration, shared by pages and API."""

import django_filters
from django.apps import apps
from django.conf import settings
from django.db.models import Q
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Team
from accounts.people import with_second_factor
from accounts.timeline import VERBS
from kam.filters import YesNo, seen
from kam.models import Entry, User
from kam.roles import Role
from kam.text import sort_key


class PersonFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label=_("Name or e-mail begins with"))
    role = django_filters.MultipleChoiceFilter(choices=Role.choices, distinct=False, label=_("Role"))
    state = django_filters.MultipleChoiceFilter(method="in_state", choices=User.State.choices, label=_("State"))
    team = django_filters.ModelChoiceFilter(queryset=seen(Team), method="in_team", label=_("Team, and those below"))
    factor = django_filters.BooleanFilter(method="has_second_factor", label=_("Has a second factor"), widget=YesNo)

    class Meta:
        model = User
        fields = ["q", "role", "state", "team", "factor"]

    def search(self, people, name, value):
        key = sort_key(value)
        named = Q(sort_name__startswith=key) | Q(sort_name__contains=f" {key}")
        return people.filter(named | Q(email__istartswith=value))

    def in_state(self, people, name, value):
        return people.with_state().filter(known_state__in=value) if value else people

    def in_team(self, people, name, value):
        if value is None:
            return people
        return people.filter(pk__in=User.objects.filter(teams__lineage__contains=[value.pk]).values("pk"))

    def has_second_factor(self, people, name, value):
        return with_second_factor(people).filter(has_factor=value)


def kinds():
    """(label, name) of the kinds of rows that the log may tell of."""
    models = [m for m in apps.get_models() if m._meta.app_label in settings.FLOORS]
    return sorted(
        ((m._meta.label_lower, str(capfirst(m._meta.verbose_name))) for m in models), key=lambda kind: kind[1]
    )


def verbs():
    """(verb, word) of what the log says was done."""
    return sorted(((verb, str(word)) for verb, word in VERBS.items()), key=lambda verb: verb[1])


class EntryFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(field_name="label", lookup_expr="icontains", label=_("Object contains"))
    actor = django_filters.ModelChoiceFilter(queryset=seen(User), label=_("Person"))
    verb = django_filters.ChoiceFilter(choices=(), label=_("What was done"))
    model = django_filters.ChoiceFilter(choices=(), label=_("Kind"))
    object_id = django_filters.CharFilter(label=_("Number of the object"))
    account = django_filters.ModelChoiceFilter(queryset=seen(Account), method="of_account", label=_("Account"))
    source = django_filters.MultipleChoiceFilter(choices=Entry.Source.choices, distinct=False, label=_("From"))
    since = django_filters.DateFilter(field_name="at", lookup_expr="date__gte", label=_("From day"))
    until = django_filters.DateFilter(field_name="at", lookup_expr="date__lte", label=_("To day"))

    class Meta:
        model = Entry
        fields = ["q", "actor", "verb", "model", "object_id", "account", "source", "since", "until"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.filters["verb"].extra["choices"] = verbs()
        self.filters["model"].extra["choices"] = kinds()

    def of_account(self, entries, name, value):
        return entries.filter(account_id=value.pk) if value else entries
