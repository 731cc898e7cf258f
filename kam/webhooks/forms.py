"""The form of a webhook."""

from django import forms
from django.utils.translation import gettext_lazy as _

from kam.forms import ScopedForm
from kam.models import Webhook
from kam.webhooks import patterns, services


class WebhookForm(ScopedForm):
    """Name, address and events; usual events are ticked, others written as patterns."""

    url = forms.URLField(
        label=_("Address"),
        max_length=500,
        assume_scheme="https",
        help_text=_("Begins with https://. It is asked from our server, so it must be on the internet."),
    )
    chosen = forms.MultipleChoiceField(
        label=_("Events"),
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "k-check-pairs"}),
        choices=patterns.choices,
    )
    more = forms.CharField(
        label=_("Other events"),
        required=False,
        max_length=2000,
        help_text=_("As patterns, one or several: plans.plan:sign tradeterms.*:*"),
    )

    class Meta:
        model = Webhook
        fields = ["name", "url", "is_active"]

    field_order = ["name", "url", "chosen", "more", "is_active"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        usual = {value for value, _label in patterns.choices()}
        events = self.instance.events or []
        self.fields["chosen"].initial = [event for event in events if event in usual]
        self.fields["more"].initial = " ".join(event for event in events if event not in usual)
        if not self.instance.pk:
            del self.fields["is_active"]

    def clean(self):
        data = super().clean()
        events = [*data.get("chosen", ()), *data.get("more", "").replace(",", " ").split()]
        if not events:
            self.add_error("chosen", _("Choose at least one event."))
        try:
            patterns.known_patterns(events)
        except forms.ValidationError as error:
            self.add_error("more", error)
        data["events"] = list(dict.fromkeys(events))
        return data

    def values(self):
        return {name: value for name, value in super().values().items() if name not in ("chosen", "more")}

    def create(self, **values):
        webhook, self.secret = services.create(**values)
        return webhook

    def change(self, **values):
        return services.change(self.instance, **values)
