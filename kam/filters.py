"""What the filters of every floor share: choices of other rows, yes or no, and chips of what is on."""

from typing import NamedTuple

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

YES_NO = {True: _("Yes"), False: _("No")}


def seen(model):
    """A `queryset=` for a filter that chooses a row of `model`: only rows the person sees, none without a person."""

    def rows(request):
        return model.objects.visible_to(request.user) if request else model.objects.none()

    return rows


def number_or_name(text, of=""):
    """Rows whose number begins with `text` or whose name holds it; `of` is the way to them, such as `product__`."""
    return Q(**{f"{of}code__istartswith": text}) | Q(**{f"{of}name__icontains": text})


class YesNo(forms.Select):
    """Yes, no, or no matter."""

    def __init__(self, attrs=None):
        super().__init__(attrs, [("", _("All")), ("true", YES_NO[True]), ("false", YES_NO[False])])

    def format_value(self, value):
        return super().format_value({True: "true", False: "false"}.get(value, value))


class Chip(NamedTuple):
    """One filter that is on; removing it drops the parameter `remove`, or of several values only `one`."""

    label: str
    value: str
    remove: str
    one: str


def chips(filterset):
    """The filters of the URL that hold, in the words of the form."""
    form = filterset.form
    form.is_valid()
    found = []
    for name, field in form.fields.items():
        chosen = form.cleaned_data.get(name)
        if chosen in (None, "", []):
            continue
        words = dict(getattr(field, "choices", ()) or ()) if isinstance(chosen, str | list) else {}
        if isinstance(chosen, list):
            found += [Chip(field.label, words.get(one, one), name, one) for one in chosen]
        else:
            found.append(Chip(field.label, YES_NO.get(chosen) or words.get(chosen, chosen), name, ""))
    return found
