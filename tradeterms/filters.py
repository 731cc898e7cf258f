"""Filters of agreements, terms and findings, the same for pages and API."""

import django_filters
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.filters import OfAccount
from kam.filters import seen
from kam.models import User
from tradeterms.models import Agreement, Finding, Term


class AgreementFilter(OfAccount):
    q = django_filters.CharFilter(method="search", label=_("Number, title or account"))
    state = django_filters.MultipleChoiceFilter(choices=Agreement.State.choices, distinct=False, label=_("State"))
    on = django_filters.DateFilter(method="binding", label=_("In force on"))

    class Meta:
        model = Agreement
        fields = ["q", "account", "account_named", "state", "on"]

    def search(self, rows, name, value):
        return rows.found_by(value)

    def binding(self, rows, name, value):
        return rows.in_force(value)


class TermFilter(django_filters.FilterSet):
    agreement = django_filters.ModelChoiceFilter(queryset=seen(Agreement), label=_("Agreement"))
    kind = django_filters.MultipleChoiceFilter(choices=Term.Kind.choices, distinct=False, label=_("Kind"))
    side = django_filters.ChoiceFilter(choices=Term.Side.choices, label=_("Side"))

    class Meta:
        model = Term
        fields = ["agreement", "kind", "side"]


class FindingFilter(OfAccount):
    agreement = django_filters.ModelChoiceFilter(
        field_name="term__agreement", queryset=seen(Agreement), label=_("Agreement"), widget=forms.HiddenInput
    )
    agreement_named = django_filters.CharFilter(method="of_agreement", label=_("Agreement: number or title"))
    kind = django_filters.MultipleChoiceFilter(
        field_name="term__kind", choices=Term.Kind.choices, distinct=False, label=_("Kind")
    )
    side = django_filters.ChoiceFilter(field_name="term__side", choices=Term.Side.choices, label=_("Side"))
    verdict = django_filters.MultipleChoiceFilter(choices=Finding.Verdict.choices, distinct=False, label=_("Verdict"))
    state = django_filters.MultipleChoiceFilter(choices=Finding.State.choices, distinct=False, label=_("State"))
    owner = django_filters.ModelChoiceFilter(queryset=seen(User), label=_("Owner"))
    due = django_filters.DateFilter(field_name="act_by", lookup_expr="lte", label=_("Act by, at the latest"))
    open = django_filters.BooleanFilter(method="unsettled", label=_("Somebody has to act"))

    class Meta:
        model = Finding
        fields = [
            "account",
            "account_named",
            "agreement",
            "agreement_named",
            "kind",
            "side",
            "verdict",
            "state",
            "owner",
            "due",
            "open",
        ]

    def of_agreement(self, rows, name, value):
        return rows.filter(term__agreement__in=Agreement.objects.found_by(value))

    def unsettled(self, rows, name, value):
        open_rows = Finding.objects.unsettled().order_by().values("pk")
        return rows.filter(pk__in=open_rows) if value else rows.exclude(pk__in=open_rows)
