"""Forms of agreements and terms. Rates are typed in percent and stored as fractions, parameters as canonical text."""

from decimal import Decimal

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from kam.audit import plain
from kam.forms import ScopedForm
from tradeterms import kinds, services
from tradeterms.models import Agreement, Term
from tradeterms.reader import MOST_TIERS

DATES = {
    name: forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    for name in ("starts", "ends", "signed_by_us", "signed_by_them")
}


class AgreementForm(ScopedForm):
    """An agreement; whose it is and its number are set once."""

    class Meta:
        model = Agreement
        fields = ["account", "number", "title", "starts", "ends", "currency", "signed_by_us", "signed_by_them"]
        widgets = DATES

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["account"], self.fields["number"]

    def create(self, **values):
        return services.create_agreement(**values)

    def change(self, **values):
        return services.change_agreement(self.instance, **values)


class Number(forms.DecimalField):
    """A decimal parameter: typed the reader's way, shown without trailing zeros, kept as text."""

    scale = Decimal(1)

    def __init__(self, **kwargs):
        super().__init__(**{"localize": True, "min_value": 0} | kwargs)

    def prepare_value(self, value):
        return Decimal(plain((Decimal(value) * self.scale).normalize())) if isinstance(value, Parameter) else value

    def clean(self, value):
        found = super().clean(value)
        return None if found is None else plain((found / self.scale).normalize())


class Percent(Number):
    """A rate typed in percent and kept as a fraction."""

    scale = Decimal(100)

    def __init__(self, **kwargs):
        super().__init__(**{"max_value": 100, "decimal_places": 4} | kwargs)


class Money(Number):
    """An amount with at most two decimals."""

    def __init__(self, **kwargs):
        super().__init__(**{"decimal_places": 2, "max_digits": 17} | kwargs)


class Parameter(str):
    """Text of a stored parameter, as distinct from text that somebody typed."""


class TermForm(ScopedForm):
    """Clause and side of a term; a subclass for each kind adds its parameters."""

    kind = ""
    names = ()

    class Meta:
        model = Term
        fields = ["clause", "side"]

    def __init__(self, *args, agreement, **kwargs):
        super().__init__(*args, **kwargs)
        self.agreement = self.instance.agreement = agreement
        if self.instance.pk:
            for name, value in self.initial_of(self.instance.params).items():
                self.fields[name].initial = Parameter(value) if isinstance(value, str) else value
        else:
            self.fields["side"].initial = kinds.KINDS[self.kind].side

    def initial_of(self, params):
        return params

    def params(self):
        return {name: self.cleaned_data[name] for name in self.names}

    def values(self):
        return {"clause": self.cleaned_data["clause"], "side": self.cleaned_data["side"], "params": self.params()}

    def create(self, **values):
        return services.add_term(agreement=self.agreement, kind=self.kind, **values)

    def change(self, **values):
        return services.change_term(self.instance, **values)


class VolumeRebateForm(TermForm):
    """Up to six tiers, each with where it starts and its rate."""

    kind = Term.Kind.VOLUME_REBATE
    mode = forms.ChoiceField(label=_("How the rate applies"), choices=kinds.MODES)

    def __init__(self, *args, **kwargs):
        steps = {}
        for n in range(1, MOST_TIERS + 1):
            steps[f"from_{n}"] = Money(label=_("Tier %(n)d from") % {"n": n}, required=n == 1)
            steps[f"rate_{n}"] = Percent(label=_("Rate of tier %(n)d, %%") % {"n": n}, required=n == 1)
        self.base_fields = type(self).base_fields | steps
        super().__init__(*args, **kwargs)

    def initial_of(self, params):
        found = {"mode": params["mode"]}
        for n, tier in enumerate(params["tiers"], 1):
            found |= {f"from_{n}": tier["from"], f"rate_{n}": tier["rate"]}
        return found

    def params(self):
        read = self.cleaned_data
        steps = [(read.get(f"from_{n}"), read.get(f"rate_{n}")) for n in range(1, MOST_TIERS + 1)]
        tiers = [{"from": start, "rate": rate} for start, rate in steps if start is not None and rate is not None]
        return {"mode": read["mode"], "tiers": tiers}

    def clean(self):
        cleaned = super().clean()
        for n in range(1, MOST_TIERS + 1):
            names = (f"from_{n}", f"rate_{n}")
            empty = [name for name in names if name not in self.errors and cleaned.get(name) is None]
            if len(empty) == 1 and not set(names) & set(self.errors):
                self.add_error(empty[0], _("A tier needs both where it starts and its rate."))
        return cleaned


class MinimumPurchaseForm(TermForm):
    """An amount to be bought, and the penalty on what is missing."""

    kind, names = Term.Kind.MINIMUM_PURCHASE, ("amount", "penalty_rate")
    amount = Money(label=_("Net purchases in the period, at least"))
    penalty_rate = Percent(label=_("Due on what is missing, %"))


class PaymentTermForm(TermForm):
    """Days to pay, days of grace, interest."""

    kind, names = Term.Kind.PAYMENT_TERM, ("days", "grace_days", "interest_rate")
    days = forms.IntegerField(label=_("Days from invoice date"), min_value=0, max_value=365)
    grace_days = forms.IntegerField(label=_("Days of grace"), min_value=0, max_value=90, initial=0)
    interest_rate = Percent(label=_("Interest a year on late amounts, %"))


class DataReportingForm(TermForm):
    """The weekday by which data is due, and the fee for a missing week."""

    kind, names = Term.Kind.DATA_REPORTING, ("weekday", "fee_per_week")
    weekday = forms.TypedChoiceField(label=_("Due on, in the week after"), coerce=int, choices=list(WEEKDAYS.items()))
    fee_per_week = Money(label=_("Fee for each missing week"))


class DeliveryOtifForm(TermForm):
    """What we promise to deliver on time and in full, and what failing costs."""

    kind = Term.Kind.DELIVERY_OTIF
    names = ("minimum", "penalty_rate", "early_days", "late_days", "count")
    minimum = Percent(label=_("On time and in full, at least, %"))
    penalty_rate = Percent(label=_("Penalty on the value that failed, %"))
    early_days = forms.IntegerField(label=_("Days early still on time"), min_value=0, max_value=60, initial=0)
    late_days = forms.IntegerField(label=_("Days late still on time"), min_value=0, max_value=60, initial=0)
    count = forms.ChoiceField(label=_("Counted in"), choices=kinds.COUNTS)


FORMS = {
    form.kind.value: form
    for form in (VolumeRebateForm, MinimumPurchaseForm, PaymentTermForm, DataReportingForm, DeliveryOtifForm)
}
