"""Forms of a person's own pages."""

from itertools import groupby

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kam.forms import ScopedForm
from kam.models import User
from kam.models.token import SCOPES
from kam.models.user import time_zone_names
from kam.services import change, issue_token

# Names that stand for places: not "Etc/GMT+5", "EST" or "US/Eastern".
REGIONS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
DAYS = (7, 30, 90, 180, 365)


def time_zones(own="UTC"):
    """Choices of time zones by region, UTC first; also the zone somebody has that is not offered to others."""
    names = sorted(n for n in time_zone_names() if n.partition("/")[0] in REGIONS)
    by_region = groupby(names, lambda name: name.partition("/")[0])
    found = [("UTC", "UTC"), *((region, [_zone(name) for name in inside]) for region, inside in by_region)]
    return found if own == "UTC" or own in names else [(own, own), *found]


def _zone(name):
    """`Europe/Berlin` reads as Berlin, below Europe."""
    return name, name.partition("/")[2].replace("_", " ").replace("/", ", ")


def hours():
    """Choices of the hour of the daily mail, none first."""
    return [("", _("No daily mail")), *((hour, f"{hour:02d}:00") for hour in range(24))]


def scopes():
    """One choice per scope, in words."""
    nouns = {
        "accounts": _("Accounts"),
        "kpis": _("KPIs"),
        "tradeterms": _("Terms"),
        "plans": _("Plans"),
        "imports": _("Imports"),
        "night": _("Night"),
        "webhooks": _("Webhooks"),
        "admin": _("Administration"),
    }
    verbs = {"read": _("%(noun)s: read"), "write": _("%(noun)s: change")}
    for scope in SCOPES:
        noun, _colon, verb = scope.partition(":")
        yield scope, verbs[verb] % {"noun": nouns.get(noun, noun)}


def lives():
    """Choices of how long a token lives."""
    return [(n, _("%(n)s days") % {"n": n}) for n in DAYS]


class ProfileForm(ScopedForm):
    """What people say about themselves."""

    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"), choices=time_zones)
    digest_hour = forms.TypedChoiceField(
        label=gettext_lazy("Daily mail"),
        choices=hours,
        coerce=int,
        empty_value=None,
        required=False,
        help_text=gettext_lazy("What needs you today, at this hour of your time zone. Nothing new, no mail."),
    )

    class Meta:
        model = User
        fields = ["name", "language", "time_zone", "digest_hour"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["time_zone"].choices = time_zones(self.instance.time_zone)

    def change(self, *, by, version, **values):
        return change(self.instance, by=by, version=version, fields=values)


class TokenForm(forms.Form):
    """What a new API token may do, and until when."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=80, help_text=gettext_lazy("What will use it, such as “Excel at home”.")
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("It may"),
        choices=scopes,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "k-check-pairs"}),
    )
    days = forms.TypedChoiceField(label=gettext_lazy("It ends after"), choices=lives, coerce=int, initial=90)

    def save_with(self, by):
        """(the token, its text): the text is not stored."""
        return issue_token(user=by, by=by, **self.cleaned_data)


class RevokeForm(forms.Form):
    """Why a token ends."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)
