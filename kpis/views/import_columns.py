"""Which column of a file is what: said on a page, shown on its first rows, remembered for its feed."""

from datetime import date
from decimal import Decimal

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View

from kam.templatetags import formats
from kam.views.base import Reported, Scoped, ScopedAct, posted_version, refuse
from kpis import access
from kpis.columns import answers as answers_of
from kpis.columns import proposal, services
from kpis.columns.forms import HEADER_LINES, ColumnsForm
from kpis.columns.preview import Preview, preview
from kpis.columns.titles import title
from kpis.imports.errors import MappingError
from kpis.imports.kinds import DATES, NUMBERS, Type
from kpis.imports.messages import said
from kpis.imports.sniff import DELIMITERS
from kpis.models import ColumnMapping, Feed, ImportBatch

ENCODINGS = ("utf-8", "cp1252", "iso8859-15", "gb18030", "big5", "utf-16", "shift_jis", "mac_roman", "cp1250")
NAMES = {",": gettext_lazy("comma"), ";": gettext_lazy("semicolon"), "\t": gettext_lazy("tab"), "|": "|", " ": "␣"}
SAMPLES, DIGITS = 3, 9


class Columns(Reported, Scoped, View):
    """Base of both pages: GET shows the form, POST saves it; with `show`, or from htmx, it is only shown anew."""

    fragment = "kpis/_columns.html"
    template_name = "kpis/import_columns.html"
    http_method_names = ["get", "post", "head", "options"]

    def get(self, request, pk):
        if refusal := self.refusal():
            return refusal
        found = self.proposal()
        return self.page(self.form(found), found) if found else self.without_look()

    def post(self, request, pk):
        if refusal := self.refusal():
            return refusal
        found = self.proposal()
        if found is None:
            return self.without_look()
        header = request.POST.get("header", ""), request.POST.get("header_lines", "1")
        if all(part.isdecimal() and len(part) < DIGITS for part in header):
            line, lines = map(int, header)
            if (line, lines) != (found.answers.header, found.answers.header_lines) and lines in HEADER_LINES:
                found = self.proposal((line, lines))
        seen = request.POST.get("seen_header", header[0]), request.POST.get("seen_lines", header[1])
        if seen != header:  # what was chosen was of other columns
            return self.page(self.form(found), found)
        form = self.form(found, request.POST)
        valid = form.is_valid()
        if "show" in request.POST or request.htmx:
            return self.page(form, found, shows=True)
        if not valid:
            return self.page(form, found, status=422)
        try:
            return self.save(form)
        except ValidationError as error:
            form.add_error(None, error)
            return self.page(form, found, status=422)

    def remembers(self):
        """The name of the feed for which what is said may be kept; empty where that is not asked."""
        return ""

    def form(self, found, data=None):
        feed = self.feed
        given = ("account",) if feed and feed.account_id else ()
        return ColumnsForm(
            data, kind=found.kind, look=found.look, answers=found.answers, given=given, remembers=self.remembers()
        )

    def page(self, form, found, *, shows=False, status=200):
        answers = form.answers() if form.is_bound else found.answers
        seen = _preview(found, answers, form.given)
        context = {
            "object": self.object,
            "form": form,
            "found": found,
            "shows": shows,
            "columns": _columns(form, found, seen),
            "weeks": _weeks(form, seen),
            "preview": seen,
            "lines": _lines(found.kind, seen),
            "titles": [(title(found.kind.field(n)), _class(found.kind.field(n))) for n in seen.fields],
            "missing": [title(f) for f in found.kind.fields if f.required and not _is_said(form, f)],
            "constants": _constants(form, found.kind),
            "settings": [form[n] for n in _settings(form)],
            "feed": self.feed,
            "rows": max(found.look.total - found.answers.header, 0),
            **self.extra(found),
        }
        template = self.fragment if self.request.htmx else self.template_name
        return render(self.request, template, context, status=status)

    def without_look(self):
        """The page where there is nothing to show a form of."""
        return render(self.request, self.template_name, {"object": self.object, "found": None, **self.extra(None)})

    def extra(self, found):
        """What else the page shows; `found` is None without a look."""
        return {}


class ImportColumns(Columns):
    """What the columns of a file are that waits for being told."""

    model = ImportBatch

    @cached_property
    def object(self):
        return get_object_or_404(self.get_queryset().select_related("feed__account", "by"), pk=self.kwargs["pk"])

    @property
    def feed(self):
        return self.object.feed

    def refusal(self):
        if not access.may_import(self.request.user):
            self.object  # noqa: B018 (who does not see the file is told that there is none)
            return refuse(self.request)
        if self.object.state != ImportBatch.State.MAPPING:
            return HttpResponseRedirect(self.get_success_url())
        return None

    def proposal(self, header=None):
        return proposal.of_batch(self.object, header)

    def remembers(self):
        feed = self.feed
        return feed.name if feed and access.may_keep_feed(self.request.user, feed) else ""

    def extra(self, found):
        return {
            "problem": said(self.object.problem),
            "cut": _cut(found.look if found else None),
            "move_url": reverse("kpis:import-look", args=[self.object.pk]),
            "back_url": self.object.get_absolute_url(),
        }

    def save(self, form):
        text = answers_of.text_of(form.kind, form.answers())
        remember = bool(form.cleaned_data.get("remember"))
        services.say_columns(self.object, by=self.request.user, text=text, remember=remember)
        return HttpResponseRedirect(self.get_success_url())

    def get_success_url(self):
        return self.object.get_absolute_url()


class FeedColumns(Columns):
    """How the next files of a feed are read: shown on the first rows of the file it was said of, and changed."""

    model = Feed
    template_name = "kpis/feed_columns.html"

    @cached_property
    def object(self):
        return get_object_or_404(self.get_queryset().select_related("account"), pk=self.kwargs["pk"])

    @property
    def feed(self):
        return self.object

    @cached_property
    def known(self):
        return ColumnMapping.objects.filter(feed=self.object).select_related("by").first()

    def refusal(self):
        return None if access.may_keep_feed(self.request.user, self.object) else refuse(self.request)

    def proposal(self, header=None):
        return proposal.of_known(self.known, header) if self.known else None

    def extra(self, found):
        return {"known": self.known}

    def save(self, form):
        text = answers_of.text_of(form.kind, form.answers())
        services.remember_columns(self.object, by=self.request.user, text=text, version=posted_version(self.request))
        messages.success(self.request, _("The next files of “%(feed)s” are read so.") % {"feed": self.object})
        return HttpResponseRedirect(self.get_success_url())

    def get_success_url(self):
        return reverse("kpis:feed-columns", args=[self.object.pk])


class FeedColumnsForgotten(ScopedAct):
    """POST: forget how the files of a feed were read; the next one is read as the feed says, or asked for."""

    model = Feed

    def may(self, user, row):
        return access.may_keep_feed(user, row)

    def act(self, row, by):
        services.forget_columns(get_object_or_404(ColumnMapping, feed=row), by=by)
        messages.success(self.request, _("The columns of “%(feed)s” are forgotten.") % {"feed": row})

    def get_success_url(self):
        return reverse("kpis:feed-columns", args=[self.object.pk])


def _preview(found, answers, given):
    try:
        mapping = answers_of.mapping_of(found.kind, answers, whole=False)
    except MappingError as problem:
        return Preview(problem=str(problem))
    return preview(mapping, found.look)


def _settings(form):
    """The settings that matter now: a year only where weeks are told without one."""
    names = [name for name in ("header", "header_lines", "numbers", "dates", "week") if name in form.fields]
    undated = [column for column in form.weeks if not column.dated]
    needs_year = undated or ("week" in form.fields and form["week"].value() == answers_of.NUMBER)
    return [*names, "year"] if needs_year and "year" in form.fields else names


def _lines(kind, seen):
    """(line, (value, fault, class) of each field) of the preview."""
    fields = [kind.field(name) for name in seen.fields]
    return [(line, [_drawn(*pair) for pair in zip(found, fields, strict=True)]) for line, found in seen.rows]


def _drawn(cell, field):
    return _shown(cell, field), cell.fault, _class(field)


def _class(field):
    """How the cells of a field stand in a table."""
    if field.type in NUMBERS:
        return "k-num"
    return "k-nowrap" if field.type in DATES else ""


def _shown(cell, field):
    """A value of the preview as people write it."""
    value = cell.value
    if isinstance(value, date) and field.type is Type.WEEK:
        return formats.week(value)
    if isinstance(value, date):
        return date_format(value, "SHORT_DATE_FORMAT")
    if isinstance(value, Decimal):
        return formats.number(value, max(-value.normalize().as_tuple().exponent, 0))
    return _("yes") if value is True else _("no") if value is False else value


def _columns(form, found, seen):
    """What the table of columns shows: each with its choice, what stands in it, and how that reads."""
    rows = []
    for column, choice in form.rows():
        name = choice.value()
        rows.append({
            "column": column,
            "choice": choice,
            "samples": " · ".join(dict.fromkeys(column.values[:SAMPLES])),
            "known": name in found.known,
            "suggested": bool(name) and name not in found.known and choice.value() == choice.initial,
            "fault": seen.faults.get(column.shown),
            "new": column.shown in found.new,
            "read": bool(name),
        })  # fmt: skip
    return rows


def _weeks(form, seen):
    """The columns that are a week each, as one row of the table for each word beside the weeks."""
    found = answers_of.measures(form.weeks)
    return [_measure(word, form[key], found[word], seen) for key, word in form.measures.items()]


def _measure(word, choice, weeks, seen):
    faults = [seen.faults[column.shown] for column in weeks if column.shown in seen.faults]
    return {
        "word": word if len(weeks) > 1 else "",
        "first": weeks[0].shown,
        "last": weeks[-1].shown,
        "count": len(weeks),
        "choice": choice,
        "samples": " · ".join(column.values[0] for column in weeks[:SAMPLES] if column.values),
        "fault": (sum(count for count, _why in faults), faults[0][1]) if faults else None,
    }


def _is_said(form, field):
    key = f"k_{field.name}"
    return field.name in form.chosen() or bool(key in form.fields and form[key].value())


def _constants(form, kind):
    """(those that should be said, the others): texts for fields that no column is chosen for, each with whether it may
    stay empty."""
    chosen = form.chosen()
    open_ = [field for field in kind.fields if field.name not in chosen and f"k_{field.name}" in form.fields]
    first = [f for f in open_ if f.required or f.name == "currency" or form[f"k_{f.name}"].value()]
    others = [f for f in open_ if f not in first]
    return [[(form[f"k_{f.name}"], not f.required) for f in fields] for fields in (first, others)]


def _cut(look):
    """How the file was cut, and what else may be said of it."""
    encoding, delimiter = (look.encoding, look.delimiter) if look else ("", "")
    return {
        "encoding": encoding,
        "delimiter": NAMES.get(delimiter, delimiter),
        "sheet": look.sheet if look else "",
        "sheets": look.sheets if look else (),
        "encodings": [(name, name == encoding.removesuffix("-sig")) for name in ENCODINGS],
        "delimiters": [(mark, NAMES.get(mark, mark), mark == delimiter) for mark in DELIMITERS],
        "is_sheet": bool(look and look.is_sheet),
    }
