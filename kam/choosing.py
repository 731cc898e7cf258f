"""Choosing one of very many: a field to type into, with suggestions that are asked for while typing."""

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

LONGEST = 100


class Suggesting(forms.TextInput):
    """A text field; the page called `route` (kam.views.suggestions) says what may be meant. It works without script."""

    template_name = "django/forms/widgets/suggesting.html"

    def __init__(self, route, attrs=None):
        super().__init__({"maxlength": LONGEST, "autocomplete": "off"} | (attrs or {}))
        self.route = route

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        found = f"{context['widget']['attrs']['id']}-found"
        context["widget"]["found"] = found
        context["widget"]["attrs"] |= {
            "list": found,
            "hx-get": reverse(self.route),
            "hx-trigger": "focus once, input changed delay:150ms",
            "hx-target": f"#{found}",
            "hx-sync": "this:replace",
        }
        return context


class OneNamed(forms.ModelChoiceField):
    """A row by its code or its name, typed or taken from the suggestions; the value is the row."""

    default_error_messages = {
        "invalid_choice": _("There is none of this number or name."),
        "several": _("Several are called so. Give the number."),
    }

    def __init__(self, queryset, *, route, **kwargs):
        super().__init__(queryset, widget=Suggesting(route), to_field_name="code", **kwargs)

    def to_python(self, value):
        text = str(self.prepare_value(value) or "").strip()
        if not text:
            return None
        found = list(self.queryset.filter(code=text)[:1] or self.queryset.filter(name__iexact=text)[:2])
        if len(found) != 1:
            name = "several" if found else "invalid_choice"
            raise forms.ValidationError(self.error_messages[name], code=name)
        return found[0]
