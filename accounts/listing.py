"""What every list page shows around its rows: chips of the filters in the URL, and the export of the same view."""

import csv
from typing import NamedTuple

from django.db.models import F
from django.http import StreamingHttpResponse
from django.utils.translation import gettext_lazy as _

YES_NO = {True: _("Yes"), False: _("No")}
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
STARTS_FORMULA = tuple("=+-@|\t\r\n＝＋－＠")


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


def ordering(fields):
    """`fields` of a keyset list as order_by arguments: empty values last in either direction, then by key."""
    return [
        F(f.lstrip("-")).desc(nulls_last=True) if f.startswith("-") else F(f).asc(nulls_last=True)
        for f in (*fields, "pk")
    ]


def neutral(value):
    """Text that no spreadsheet takes for a formula; numbers stay numbers."""
    if not isinstance(value, str):
        return value
    start = value.lstrip(f" \N{NO-BREAK SPACE}{BOM}")
    return f"'{value}" if start.startswith(STARTS_FORMULA) else value


class _Echo:
    """A file that gives back what is written to it, so that csv can stream."""

    def write(self, line):
        return line


def csv_response(name, header, rows):
    """A streamed CSV download in UTF-8 that Excel recognises."""
    writer = csv.writer(_Echo())

    def lines():
        yield BOM + writer.writerow([neutral(str(h)) for h in header])
        for row in rows:
            yield writer.writerow(["" if v is None else neutral(v) for v in row])

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
