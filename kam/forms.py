"""Bases of forms: choices that the person may see, the version they had before them, the services that save."""

from django import forms
from django.db.models.fields import BLANK_CHOICE_DASH
from django.utils.translation import gettext_lazy as _

from kam.choosing import OneNamed
from kam.errors import Stale
from kam.rounding import decimals_of
from kam.templatetags.formats import DASH, as_decimal

HYPHENS = BLANK_CHOICE_DASH[0][1]


def _dash_for_nothing(field):
    """An empty choice reads as a dash, not as a row of hyphens."""
    if isinstance(field, forms.ModelChoiceField):
        field.empty_label = field.empty_label and DASH
    elif isinstance(field, forms.ChoiceField) and not callable(field.choices):
        field.choices = [(value, DASH if label == HYPHENS else label) for value, label in field.choices]


class FigureField(forms.DecimalField):
    """A figure of a measure, shown in percent while `rate` is set; the form turns what was typed into a fraction."""

    rate = False

    def __init__(self, **kwargs):
        super().__init__(**{"max_digits": 20, "decimal_places": 6} | kwargs)

    def prepare_value(self, value):
        found = as_decimal(value) if not isinstance(value, str) else None
        if found is None:
            return value
        found = found * 100 if self.rate else found
        return round(found, decimals_of(found))


class ScopedForm(forms.ModelForm):
    """A form whose choices of other rows are only those the user sees, and which carries the version it was read at.

    Saving goes through services: a subclass says which, by `create(by=…, **values)` and
    `change(by=…, version=…, **values)`, of those that it needs. Both return the row. The fields named in `fixed` are
    set when a row is made and never again.
    """

    fixed = ()
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user
        for name, field in self.fields.items():
            _dash_for_nothing(field)
            if self.instance.pk and name in self.fixed:
                field.disabled = True
            if isinstance(field, OneNamed) and getattr(self.instance, f"{name}_id", None):
                self.initial[name] = getattr(self.instance, name)
            if isinstance(field, forms.ModelChoiceField) and hasattr(field.queryset, "visible_to"):
                field.queryset = field.queryset.visible_to(user)
        if self.instance.pk and hasattr(self.instance, "version"):
            self.fields["version"].initial = self.instance.version
        else:
            del self.fields["version"]

    def seen_version(self):
        """The version the person had before them, None when creating. Raises Stale when it is missing."""
        if "version" not in self.fields:
            return None
        seen = self.cleaned_data.get("version")
        if seen is None:
            stored = type(self.instance)._base_manager.get(pk=self.instance.pk)
            message = _("The form did not say which version it was made from. Load it again.")
            raise Stale(message, current=stored)
        return seen

    def values(self):
        """What the person filled in, by field; neither the version they had before them nor what is fixed."""
        left_out = {"version", *(self.fixed if self.instance.pk else ())}
        return {name: value for name, value in self.cleaned_data.items() if name not in left_out}

    def save_with(self, by):
        """Hand the values to the service; returns the row. Raises what the service raises, and Stale."""
        if self.instance.pk is None:
            return self.create(by=by, **self.values())
        return self.change(by=by, version=self.seen_version(), **self.values())

    def create(self, **values):
        raise TypeError(f"{type(self).__name__} must say which service makes a row")

    def change(self, **values):
        raise TypeError(f"{type(self).__name__} must say which service changes a row")
