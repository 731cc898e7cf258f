"""Forms of supply that is short: a limit, a promise."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from kam.choosing import OneNamed
from kam.forms import ScopedForm
from kpis import calc
from kpis.models import Product, SupplyCap, SupplyCommitment
from kpis.shortage import services

ANY_DAY = _("Any day of the week.")


class CapForm(ScopedForm):
    """A limit; its weeks are typed as any of their days."""

    product = OneNamed(Product.objects.all(), route="kpis:product-names", label=_("Product: number or name"))
    starts = forms.DateField(label=_("First week"), help_text=ANY_DAY)
    ends = forms.DateField(label=_("Last week"), help_text=ANY_DAY)

    class Meta:
        model = SupplyCap
        fields = ["product", "starts", "ends", "units", "reason"]
        help_texts = {"units": _("Of all accounts and weeks together.")}

    def clean_starts(self):
        return calc.monday(self.cleaned_data["starts"])

    def clean_ends(self):
        return calc.monday(self.cleaned_data["ends"])

    def create(self, **values):
        return services.create_cap(**values)

    def change(self, **values):
        return services.change_cap(self.instance, **values)


class CommitmentForm(ScopedForm):
    """A promise below a limit, which the address names."""

    fixed = ("account",)

    account = OneNamed(Account.objects.all(), route="accounts:names", label=_("Account: number or name"))

    class Meta:
        model = SupplyCommitment
        fields = ["account", "minimum", "priority"]
        help_texts = {
            "minimum": _("It comes before what others want."),
            "priority": _("1 is served first, 9 last; 5 is as everybody."),
        }

    def __init__(self, *args, cap=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.cap = cap

    def create(self, **values):
        return services.create_commitment(cap=self.cap, **values)

    def change(self, **values):
        return services.change_commitment(self.instance, **values)
