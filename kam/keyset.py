"""Keyset pagination by a tuple of columns: stable while rows come and go, and as fast on page 1,000 as on page 1.

Empty values sort last in either direction, and it is said where they stand, so that no row is lost at the border. Of a
column that is never empty nothing is said, so that an index can bring its rows in order and begin at the border.
"""

import base64
import json
import math
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import DataError
from django.db.models import F, Q
from django.utils.translation import gettext as _


class BadCursor(ValueError):
    """The cursor in the URL is not one of ours."""


@dataclass(frozen=True)
class Page:
    """One page of a list; addresses and cursors are empty where there is no neighbour."""

    rows: list
    next_url: str = ""
    previous_url: str = ""
    next_cursor: str = ""
    previous_cursor: str = ""


class Keyset:
    """Order by `fields` ("-" for falling), then by primary key; at most `size` rows a page.

    With `unique` the fields name a row by themselves, as they must where the primary key is composite.
    """

    def __init__(self, fields, size, *, unique=False):
        names = [f.lstrip("-") for f in fields]
        tail = () if unique or names[-1] in ("pk", "id") else ("pk",)
        self.fields, self.size = (*fields, *tail), size

    def page(self, rows, request):
        """The page that `?after=` or `?before=` of the request names, with links to its neighbours."""
        params = request.GET
        backwards = bool(params.get("before")) and not params.get("after")
        text = params.get("before") if backwards else params.get("after")
        try:
            chosen = self.slice(rows, text, backwards=backwards)
        except (ValueError, TypeError, OverflowError, ValidationError, DataError) as error:
            if not text or isinstance(error, BadCursor):
                raise
            raise BadCursor(_("This page address belongs to another list; start from the first page.")) from error
        more = len(chosen) > self.size
        chosen = chosen[: self.size]
        if backwards:
            chosen.reverse()
        has_next, has_previous = (bool(text), more) if backwards else (more, bool(text))
        return self._linked(chosen, request, has_next and chosen, has_previous and chosen)

    def first_page(self, rows, request):
        """The page of rows that `beginning` has read."""
        return self._linked(rows[: self.size], request, len(rows) > self.size, False)

    def beginning(self, rows):
        """The first `size` + 1 rows of a QuerySet, as one."""
        return self._sliced(rows, "", backwards=False)

    def slice(self, rows, text, *, backwards=False):
        """Up to `size` + 1 rows after (or before) the cursor, in reading direction."""
        return list(self._sliced(rows, text, backwards=backwards))

    def _sliced(self, rows, text, *, backwards):
        may_be_empty = [_may_be_empty(rows.model, f.lstrip("-")) for f in self.fields]
        if text:
            values = self._decode(text)
            rows = rows.filter(self._beyond(values, backwards))
            if not may_be_empty[0] and values[0] is not None:
                rows = rows.filter(self._not_before(values[0], backwards))
        return rows.order_by(*self._ordering(may_be_empty, backwards))[: self.size + 1]

    def whole(self, rows):
        """All rows in the order of their pages."""
        falling = [(f.lstrip("-"), f.startswith("-")) for f in self.fields]
        return rows.order_by(
            *(F(f).desc(nulls_last=True) if fall else F(f).asc(nulls_last=True) for f, fall in falling)
        )

    def cursor(self, row):
        """The opaque place of a row in this order."""
        values = [_plain(_value(row, f.lstrip("-"))) for f in self.fields]
        return base64.urlsafe_b64encode(json.dumps(values, separators=(",", ":")).encode()).decode().rstrip("=")

    def _ordering(self, may_be_empty, backwards):
        order = []
        for field, empty in zip(self.fields, may_be_empty, strict=True):
            column, falling = F(field.lstrip("-")), field.startswith("-") != backwards
            ends = {"nulls_first" if backwards else "nulls_last": True} if empty else {}
            order.append(column.desc(**ends) if falling else column.asc(**ends))
        return order

    def _not_before(self, value, backwards):
        """Implied by `_beyond`, and what an index on the first column begins with."""
        name, falling = self.fields[0].lstrip("-"), self.fields[0].startswith("-") != backwards
        return Q(**{f"{name}__lte" if falling else f"{name}__gte": value})

    def _beyond(self, values, backwards):
        """Rows strictly after the cursor's tuple: equal in the first k columns and beyond in the next one."""
        found, equal = Q(), Q()
        for field, value in zip(self.fields, values, strict=True):
            name = field.lstrip("-")
            found |= equal & self._after(name, value, field.startswith("-") != backwards, backwards)
            equal &= Q(**{f"{name}__isnull": True}) if value is None else Q(**{name: value})
        return found

    def _after(self, name, value, falling, backwards):
        if value is None:
            return Q(**{f"{name}__isnull": False}) if backwards else Q(pk__in=[])
        beyond = Q(**{f"{name}__lt" if falling else f"{name}__gt": value})
        return beyond if backwards else beyond | Q(**{f"{name}__isnull": True})

    def _decode(self, text):
        try:
            padded = text + "=" * (-len(text) % 4)
            values = json.loads(base64.urlsafe_b64decode(padded.encode()))
        except (ValueError, RecursionError) as error:
            raise BadCursor(_("This page address is damaged; start from the first page.")) from error
        if not isinstance(values, list) or not all(map(_is_ours, values)) or len(values) != len(self.fields):
            raise BadCursor(_("This page address belongs to another list; start from the first page."))
        return values

    def _linked(self, rows, request, has_next, has_previous):
        after = self.cursor(rows[-1]) if has_next else ""
        before = self.cursor(rows[0]) if has_previous else ""
        return Page(rows, _url(request, "after", after), _url(request, "before", before), after, before)


def _may_be_empty(model, name):
    """Whether rows can have no value there: not where every column on the way is NOT NULL; of annotations, yes."""
    for part in name.split("__"):
        try:
            column = model._meta.pk if part == "pk" else model._meta.get_field(part)
        except (AttributeError, FieldDoesNotExist):
            return True
        if column.null:
            return True
        model = column.related_model
    return False


def _is_ours(value):
    """Whether a cursor of ours can hold this value."""
    if isinstance(value, float):
        return math.isfinite(value)
    is_text = isinstance(value, str) and "\0" not in value
    return value is None or is_text or (isinstance(value, int) and not isinstance(value, bool))


def _value(row, name):
    for part in name.split("__"):
        row = getattr(row, part) if row is not None else None
    return row


def _plain(value):
    if isinstance(value, date | datetime):
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else value


def _url(request, key, cursor):
    if not cursor:
        return ""
    params = request.GET.copy()
    for name in ("after", "before"):
        params.pop(name, None)
    params[key] = cursor
    return f"{request.path}?{params.urlencode()}"
