"""The form in which a person says which column of a file is which of our fields."""

from dataclasses import replace

import polars as pl
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kpis.columns import answers as answers_of
from kpis.columns import seen as seen_of
from kpis.columns.answers import ANY, CREATABLE, MONDAY, NUMBER, Answers
from kpis.columns.titles import title
from kpis.imports import cells
from kpis.imports.headers import FIRST_YEAR, LAST_YEAR, bare
from kpis.imports.kinds import DATES, NUMBERS, Kind
from kpis.imports.look import Look
from kpis.imports.mapping import Marks
from kpis.imports.messages import written
from kpis.imports.toml import MOST_HEADERS

NUMBER_FORMS = {
    "1,234.50": (".", ","),
    "1.234,50": (",", "."),
    "1 234,50": (",", " "),
    "1'234.50": (".", "'"),
    "1234.50": (".", ""),
    "1234,50": (",", ""),
}
BELOW = 30
HEADER_LINES = range(1, MOST_HEADERS + 1)


class ColumnsForm(forms.Form):
    """One choice for each column, one text for each field that no column has, and how the cells are written.

    `answers` are what is proposed; `given` are fields that come from elsewhere, such as the account of a feed.
    """

    header = forms.TypedChoiceField(label=gettext_lazy("Header"), coerce=int)
    header_lines = forms.TypedChoiceField(
        label=gettext_lazy("Lines of the header"), coerce=int, choices=[(n, n) for n in HEADER_LINES]
    )
    numbers = forms.ChoiceField(label=gettext_lazy("Numbers"), choices=[(form, form) for form in NUMBER_FORMS])
    dates = forms.ChoiceField(label=gettext_lazy("Dates"))
    week = forms.ChoiceField(
        label=gettext_lazy("The week is told by"),
        choices=[
            (MONDAY, gettext_lazy("its Monday, or its name")),
            (ANY, gettext_lazy("any of its days")),
            (NUMBER, gettext_lazy("its number")),
        ],
    )
    year = forms.IntegerField(
        label=gettext_lazy("Weeks are of the year"), min_value=FIRST_YEAR, max_value=LAST_YEAR, required=False
    )
    by_gtin = forms.BooleanField(label=gettext_lazy("Products are named by their GTIN"), required=False)
    creates = forms.MultipleChoiceField(
        label=gettext_lazy("Create where they are not known"), required=False, widget=forms.CheckboxSelectMultiple
    )
    remember = forms.BooleanField(required=False)

    def __init__(self, *args, kind: Kind, look: Look, answers: Answers, given=(), remembers="", **kwargs):
        self.kind, self.look, self.given = kind, look, frozenset(given)
        self.proposed = answers
        self.columns = seen_of.columns(look, answers.header, answers.header_lines)
        self.weeks = answers_of.wide_columns(kind, self.columns)
        self.measures = {f"w{n}": word for n, word in enumerate(answers_of.measures(self.weeks))}
        self.plain = [column for column in self.columns if column not in self.weeks]
        super().__init__(*args, initial=self._initial() | kwargs.pop("initial", {}), **kwargs)
        self._offer_format()
        self._offer_columns()
        self._offer_rest(remembers)

    def _initial(self):
        given = self.proposed
        sources = {source: name for name, source in given.columns.items()}
        marks = (given.decimal, given.thousands)
        chosen = {f"c{column.position}": sources.get(self.source(column), "") for column in self.plain}
        below = {bare(word): name for name, word in given.cells.items()}
        chosen |= {key: below.get(bare(word), "") for key, word in self.measures.items()}
        return {
            "header": given.header,
            "header_lines": given.header_lines,
            "numbers": next((name for name, pair in NUMBER_FORMS.items() if pair == marks), "1234.50"),
            "dates": "|".join(given.dates),
            "week": given.week,
            "year": given.year,
            "by_gtin": given.by_gtin,
            "creates": list(given.creates),
            "remember": True,
            **chosen,
            **{f"k_{name}": text for name, text in given.constants.items()},
        }

    def source(self, column):
        """How a mapping names a column of this file, as it was proposed or by its header."""
        by_header = answers_of.source_of(self.columns, column.position)
        known = (column.position + 1, column.name)
        return next((source for source in self.proposed.columns.values() if source in known), by_header)

    def _offer_format(self):
        lines = [(line, f"{line}: {_beginning(cells)}") for line, cells in self.look.rows[:BELOW]]
        self.fields["header"].choices = [*lines, (0, _("none"))]
        own = self.initial["dates"]
        offered = seen_of.DATES if own in seen_of.DATES else (own, *seen_of.DATES)
        self.fields["dates"].choices = [(form, _example(form)) for form in offered]

    def _offer_columns(self):
        fields = [(field.name, title(field)) for field in self.kind.fields]
        for column in self.plain:
            label = _("Column %(name)s goes to") % {"name": column.shown}
            self.fields[f"c{column.position}"] = forms.ChoiceField(
                label=label, choices=[("", _("– ignore –")), *fields], required=False
            )
        for field in self.kind.fields:
            if field.name not in self.given:
                self.fields[f"k_{field.name}"] = forms.CharField(
                    label=title(field), help_text=field.meaning, max_length=field.longest, required=False
                )
        numbers = [(field.name, title(field)) for field in self.kind.fields if field.type in NUMBERS]
        for key, word in self.measures.items():
            label = _("The columns of weeks go to") if not word else _("Column %(name)s goes to") % {"name": word}
            self.fields[key] = forms.ChoiceField(label=label, choices=[("", _("– ignore –")), *numbers], required=False)

    def _offer_rest(self, remembers):
        kind = self.kind
        refers = [field.refers for field in kind.references if field.refers in CREATABLE and kind.field(field.refers)]
        words = {"stores": _("Stores"), "products": _("Products")}
        self.fields["creates"].choices = [(CREATABLE[name], words[CREATABLE[name]]) for name in refers]
        self.fields["remember"].label = _("Read the next files of “%(feed)s” the same way") % {"feed": remembers}
        asked = {
            "by_gtin": kind.field("product"),
            "creates": refers,
            "week": answers_of.week_of(kind) and not self.weeks,
            "year": answers_of.week_of(kind),
            "dates": any(field.type in DATES for field in kind.fields),
            "remember": remembers,
        }
        for name, is_asked in asked.items():
            if not is_asked:
                del self.fields[name]

    def rows(self):
        """(column, its bound choice) of every column that is no week."""
        return [(column, self[f"c{column.position}"]) for column in self.plain]

    def chosen(self):
        """The fields that columns are chosen for, as typed so far."""
        found = {self[f"c{column.position}"].value() for column in self.plain} - {"", None}
        below = {self[key].value() for key in self.measures} - {"", None}
        return found | below | self.given | ({answers_of.into_of(self.kind)} if below else set())

    def clean(self):
        data = super().clean()
        taken = {}
        for column in self.plain:
            name = data.get(f"c{column.position}")
            self._refuse_twice(f"c{column.position}", name, taken)
            taken.setdefault(name, column.shown)
        for key, word in self.measures.items():
            self._refuse_twice(key, data.get(key), taken)
            taken.setdefault(data.get(key), word or _("a column for each week"))
        if data.get("week") == NUMBER and not data.get("year") and answers_of.week_of(self.kind) in taken:
            self.add_error("year", _("Of which year are the weeks?"))
        self._clean_constants(data, {*taken, *self._below(data)})
        return data

    def _refuse_twice(self, key, name, taken):
        """An error where a field is chosen for a column that another column was chosen for."""
        if name and name in taken:
            said = {"other": taken[name], "field": title(self.kind.field(name))}
            self.add_error(key, _("%(field)s is taken from “%(other)s” already.") % said)

    def _below(self, data):
        """The fields that headers that are weeks, and what stands below them, are chosen for."""
        below = self._cells(data)
        return (answers_of.into_of(self.kind), *below) if below else ()

    def _cells(self, data):
        return {data[key]: word for key, word in self.measures.items() if data.get(key)}

    def _clean_constants(self, data, taken):
        """Every field that must be there is a column or has a text that it can be."""
        for field in self.kind.fields:
            key = f"k_{field.name}"
            text = data.get(key)
            if field.name in taken or field.name in self.given:
                continue
            if text:
                values, wrong = cells.read(pl.Series([text]), field, Marks())
                if wrong is not None or values[0] is None:
                    self.add_error(key, _("This cannot be the value of “%(field)s”.") % {"field": field.meaning})
            elif field.required:
                self.add_error(
                    key, _("No column says this. Choose one for “%(field)s”, or give one value for all rows.")
                    % {"field": title(field)},
                )  # fmt: skip

    def answers(self) -> Answers:
        """What was said, as far as it can be understood."""
        data = getattr(self, "cleaned_data", {})
        columns = {data[f"c{c.position}"]: self.source(c) for c in self.plain if data.get(f"c{c.position}")}
        taken = {*columns, *self._below(data), *self.given}
        decimal, thousands = NUMBER_FORMS.get(data.get("numbers"), (self.proposed.decimal, self.proposed.thousands))
        constants = {
            field.name: data[f"k_{field.name}"]
            for field in self.kind.fields
            if data.get(f"k_{field.name}") and field.name not in taken
        }
        return replace(
            self.proposed,
            decimal=decimal,
            thousands=thousands,
            dates=tuple(data["dates"].split("|")) if data.get("dates") else self.proposed.dates,
            columns=columns,
            constants=constants,
            week=MONDAY if self.weeks else data.get("week", MONDAY),
            year=data.get("year"),
            by_gtin=bool(data.get("by_gtin")),
            cells=self._cells(data),
            creates=tuple(data.get("creates", ())),
        )


def _beginning(cells_):
    shown = " · ".join(cell.strip() for cell in cells_ if cell.strip())
    return shown if len(shown) <= 60 else f"{shown[:59]}…"


def _example(form):
    return " / ".join(map(written, form.split("|")))
