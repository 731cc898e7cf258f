"""The form of a feed: everything that is expected of a file that comes again and again."""

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from kam.choosing import OneNamed
from kam.forms import ScopedForm
from kam.me_forms import time_zones
from kam.templatetags.formats import headed
from kpis import access, services
from kpis.forms import own_mappings
from kpis.models import Feed


def hours_of_day():
    """The hours until which a file may be due; the last is the end of the day."""
    return [*((hour, f"{hour:02d}:00") for hour in range(1, 24)), (24, gettext("The end of the day"))]


class FeedForm(ScopedForm):
    """A file we expect: whose, what is in it, how it is read, by when it comes, and how much must be in it."""

    account = OneNamed(
        Account.objects.all(),
        route="accounts:names",
        label=_("Account: number or name"),
        help_text=_("Without one it is a file about all accounts."),
    )
    mapping = forms.ChoiceField(label=_("Mapping"), required=False)
    weekday = forms.TypedChoiceField(label=_("Due on weekday"), required=False, coerce=int, empty_value=None)
    hour = forms.TypedChoiceField(label=_("Due until"), coerce=int, choices=hours_of_day, initial=24)
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=time_zones)

    class Meta:
        model = Feed
        fields = [
            *("code", "name", "kind", "account", "mapping", "weekday", "hour", "time_zone", "grace_days"),
            *("expected_stores", "completeness", "tolerance", "keeps_good_rows"),
        ]
        help_texts = {
            "weekday": _("Of the week after."),
            "expected_stores": _("Asked of sell-through and stock. Usual is who was in half of the last eight weeks."),
            "tolerance": _(
                "Usual is the median of the eight weeks before. Empty: 50 for sell-through and stock, else not judged."
            ),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        named = [(name, label) for name, label in own_mappings() if name]
        self.fields["mapping"].choices = [("default", _("Default of the kind")), *named]
        self.fields["weekday"].choices = [("", _("On no fixed day")), *WEEKDAYS.items()]
        self.fields["account"].required = not access.may_keep_house_feeds(self.user)
        self.fields["completeness"].label = headed(gettext("Complete from this share of the stores"), "%")
        self.fields["tolerance"].label = headed(gettext("Strangely small: more below usual than"), "%")
        self.fields["time_zone"].choices = time_zones(self.instance.time_zone)
        if self.instance.pk is None:
            self.initial["time_zone"] = self.user.time_zone

    def clean_mapping(self):
        return self.cleaned_data["mapping"] or "default"

    def create(self, **values):
        return services.create_feed(**values)

    def change(self, **values):
        return services.change_feed(self.instance, **values)
