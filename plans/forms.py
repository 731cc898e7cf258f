"""Forms of a plan and its parts. Rates are typed in percent and stored as fractions."""

from django import forms
from django.utils.translation import gettext_lazy as _

from kam.forms import FigureField, ScopedForm
from kam.measures import all_measures
from kam.templatetags import formats
from plans import figures, services
from plans.models import Goal, Initiative, Plan, PlanMeasure


class NewPlanForm(ScopedForm):
    """The first revision of a plan: of which account and year."""

    class Meta:
        model = Plan
        fields = ["account", "year", "where_we_stand", "what_they_want", "white_space"]

    def create(self, **values):
        return services.create_plan(**values)


class SituationForm(ScopedForm):
    """The words of a plan."""

    class Meta:
        model = Plan
        fields = ["where_we_stand", "what_they_want", "white_space"]
        widgets = {name: forms.Textarea(attrs={"rows": 5}) for name in fields}

    def change(self, **values):
        return services.change_plan(self.instance, **values)


class PartForm(ScopedForm):
    """Base of goals, initiatives and measures: `parent` is the row a new one hangs below."""

    def __init__(self, *args, parent, **kwargs):
        self.parent = parent
        super().__init__(*args, **kwargs)
        next(iter(self.fields.values())).widget.attrs["autofocus"] = True


class GoalForm(PartForm):
    """A goal; its place can be changed once it is there."""

    class Meta:
        model = Goal
        fields = ["title", "position"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.instance.pk:
            del self.fields["position"]

    def create(self, **values):
        return services.add_goal(plan=self.parent, **values)

    def change(self, **values):
        return services.change_goal(self.instance, **values)


class InitiativeForm(PartForm):
    """A piece of work that serves a goal."""

    class Meta:
        model = Initiative
        fields = ["title", "owner", "due_on", "budget"]
        widgets = {"due_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}
        localized_fields = ["budget"]

    def create(self, **values):
        return services.add_initiative(goal=self.parent, **values)

    def change(self, **values):
        return services.change_initiative(self.instance, **values)


class MeasureForm(PartForm):
    """How a goal is measured; of a rate base and target are typed in percent."""

    measure = forms.ChoiceField(label=_("Measure"))
    base = FigureField(label=_("Base"), required=False, localize=True)
    target = FigureField(label=_("Target"), localize=True)

    class Meta:
        model = PlanMeasure
        fields = ["measure", "base", "target", "weight"]
        localized_fields = ["weight"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["measure"].choices = [(m.code, m.label) for m in all_measures().values()]
        unit = _("rates in %") if not self.instance.pk else figures.unit(self.instance.measure, self.currency)
        for name in ("base", "target"):
            self.fields[name].rate = figures.is_rate(self.instance.measure)
            self.fields[name].label = formats.headed(self.fields[name].label, unit)

    @property
    def currency(self):
        return services.plan_of(self.instance).account.currency

    def clean(self):
        cleaned = super().clean()
        if figures.is_rate(cleaned.get("measure")):
            for name in ("base", "target"):
                if cleaned.get(name) is not None:
                    cleaned[name] = (cleaned[name] / figures.HUNDRED).normalize()
        return cleaned

    def create(self, **values):
        return services.add_measure(goal=self.parent, **values)

    def change(self, **values):
        return services.change_measure(self.instance, **values)


class SignForm(forms.Form):
    """What a director adds to a signature; `version` and `seen_hash` say what they had before them."""

    note = forms.CharField(
        label=_("Comment, stored with the signature"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    password = forms.CharField(
        label=_("Password, to confirm that it is you"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)
    seen_hash = forms.CharField(max_length=64, widget=forms.HiddenInput)
