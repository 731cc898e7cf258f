"""Forms about stock-outs: the right cause, a letter, its words."""

from datetime import timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

from kam.forms import ScopedForm
from kpis.models import StockOut, StockOutLetter
from kpis.stockouts import letters, services

LATELY = timedelta(weeks=26)


class CauseForm(ScopedForm):
    reason = forms.CharField(
        label=_("Reason, kept in the history"), max_length=2000, widget=forms.Textarea({"rows": 3})
    )

    class Meta:
        model = StockOut
        fields = ["cause", "reason"]

    def change(self, **values):
        return services.correct_cause(self.instance, **values)


class LetterForm(forms.Form):
    """A letter about one episode, and others of the same account that it may speak of, too."""

    audience = forms.ChoiceField(label=_("For"), choices=StockOutLetter.Audience.choices)
    language = forms.ChoiceField(label=_("Language"), choices=StockOutLetter.Language.choices)
    also = forms.ModelMultipleChoiceField(
        StockOut.objects.none(), label=_("Also about"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, episode, **kwargs):
        super().__init__(*args, **kwargs)
        self.episode = episode
        since = episode.first_week - LATELY
        others = StockOut.objects.standing().filter(account=episode.account_id, last_week__gte=since)
        chosen = others.exclude(pk=episode.pk).select_related("product").order_by("-lost_value", "pk")
        self.fields["also"].queryset = chosen
        self.fields["audience"].initial = letters.audience_of(episode)
        self.fields["language"].initial = letters.language_of(episode.account)
        if not chosen:
            del self.fields["also"]

    def save_with(self, by):
        values = self.cleaned_data
        episodes = [self.episode, *values.pop("also", ())]
        return services.create_letter(by=by, episodes=episodes, **values)


class WordsForm(ScopedForm):
    class Meta:
        model = StockOutLetter
        fields = ["subject", "opening", "closing"]
        widgets = {"opening": forms.Textarea({"rows": 14}), "closing": forms.Textarea({"rows": 8})}

    def change(self, **values):
        return services.change_letter(self.instance, **values)
