"""The options of a `<select>`, drawn without the template language: some lists to choose from have thousands."""

from html import escape

from django import template
from django.forms.utils import flatatt
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import mark_safe

register = template.Library()


@register.filter
def options(groups):
    """The `<option>` elements of a widget's `optgroups`."""
    return mark_safe("".join(_group(name, found) for name, found, _index in groups))


def _group(name, found):
    drawn = "".join(map(_option, found))
    return format_html('<optgroup label="{}">{}</optgroup>', name, mark_safe(drawn)) if name else drawn


def _option(option):
    attrs = flatatt(option["attrs"]) if option["attrs"] else ""
    return f'\n  <option value="{escape(str(option["value"]))}"{attrs}>{conditional_escape(option["label"])}</option>'
