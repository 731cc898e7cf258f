"""What a person says of the columns of a file, and the mapping that it is: one becomes the other, and back."""

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date

import polars as pl

from kpis.columns import seen as seen_of
from kpis.columns import suggest
from kpis.columns.seen import Seen
from kpis.imports import cells
from kpis.imports.headers import bare
from kpis.imports.kinds import DATES, NUMBERS, Kind, Type
from kpis.imports.look import Look
from kpis.imports.mapping import Mapping, Source
from kpis.imports.toml import parse_mapping

MONDAY, ANY, NUMBER = "monday", "any", "number"
CREATABLE = {"store": "stores", "product": "products"}


@dataclass(frozen=True)
class Answers:
    """How a file is cut, how its cells are written, and which column is which field.

    `columns` is field → source; `constants` field → text for every row. `week` says what the column of weeks holds:
    Mondays, any day of the week, or numbers of weeks of `year`. `cells` are the fields that stand below headers that
    are weeks or days: each field with the word beside them, empty where there is none. `creates` names the masters
    that may be made where they are missing. The header has `header_lines` lines, of which `header` is the last.
    """

    header: int = 1
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    decimal: str = "."
    thousands: str = ""
    dates: tuple[str, ...] = ("%Y-%m-%d",)
    columns: dict[str, Source] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    week: str = MONDAY
    year: int | None = None
    by_gtin: bool = False
    cells: dict[str, str] = field(default_factory=dict)
    creates: tuple[str, ...] = ()
    header_lines: int = 1


def into_of(kind: Kind) -> str:
    """The field that headers can name where a file has a column for each week or day; empty where there is none."""
    return next((name for name in kind.key if kind.field(name).type in DATES), "")


def week_of(kind: Kind) -> str:
    """The field that is a week; empty where there is none."""
    return next((one.name for one in kind.fields if one.type is Type.WEEK), "")


def suggested(kind: Kind, look: Look, header: tuple[int, int] | None = None) -> Answers:
    """What a file seems to say, with its header being that (line, how many) or wherever it seems to be."""
    line, lines = header or _header(kind, look)
    columns = seen_of.columns(look, line, lines)
    wide = wide_columns(kind, columns)
    plain = [column for column in columns if column not in wide]
    fields = suggest.suggested(kind, plain)
    below = _below(kind, fields, measures(wide))
    unfolded = {into_of(kind), *below} if wide else set()
    named = {name: at for name, at in fields.items() if name not in unfolded}
    marks, found = seen_of.marks(columns), {at: columns[at] for at in named.values()}
    answers = Answers(
        line,
        *(look.encoding, look.delimiter, look.sheet if len(look.sheets) > 1 else ""),
        *(marks.decimal, marks.thousands, _dates(kind, named, columns)),
        {name: source_of(columns, at) for name, at in named.items()},
        by_gtin="product" in named and suggest.is_gtin(found[named["product"]]),
        cells=below,
        year=None if all(column.dated for column in wide) else date.today().year,
        header_lines=lines,
    )
    return _with_week(kind, answers, found.get(named.get(week_of(kind), -1)))


def _header(kind, look):
    def recognised(names):
        return suggest.recognised(kind, names)

    return seen_of.whole_header(look, seen_of.header_of(look, kind, recognised), recognised)


def _below(kind, fields, found):
    """What probably stands below weeks, by the word beside them; without one the units, else a number that must be."""
    words = [word for word in found if word]
    named = suggest.suggested(kind, [Seen(at, word, ()) for at, word in enumerate(words)])
    below = {name: words[at] for name, at in named.items() if kind.field(name).type in NUMBERS}
    if "" not in found:
        return below
    numbers = [one.name for one in kind.fields if one.type is Type.DECIMAL and (one.required or one.name == kind.units)]
    plain = next((name for name in numbers if name not in {*fields, *below}), numbers[0] if numbers else "")
    return {plain: ""} | below if plain and plain not in below else below


def wide_columns(kind: Kind, columns: list[Seen]) -> list[Seen]:
    """The columns that are a week or a day each; one alone is an ordinary column, and so is one with a word of its own.

    A word that is called like a number of ours, or stands beside several weeks, is not one of its own.
    """
    dated = [column for column in columns if column.week] if into_of(kind) else []
    words = Counter(bare(column.beside) for column in dated)
    found = [column for column in dated if words[bare(column.beside)] > 1 or _is_measure(kind, column.beside)]
    return found if len(found) > 1 else []


def _is_measure(kind, word):
    numbers = (one for one in kind.fields if one.type in NUMBERS)
    return not word or any(suggest.likeness(word, one.name) >= suggest.LEAST for one in numbers)


def measures(wide: list[Seen]) -> dict[str, list[Seen]]:
    """The columns of weeks by the word beside them, as it first stands there; nothing for those without one."""
    found, words = {}, {}
    for column in wide:
        word = words.setdefault(bare(column.beside), column.beside)
        found.setdefault(word, []).append(column)
    return found


def source_of(columns: list[Seen], position: int) -> Source:
    """How a mapping names a column: by its header, or by its number where that is empty or stands twice."""
    name = columns[position].name
    same = [column for column in columns if column.name.casefold() == name.casefold()]
    return name if name and len(same) == 1 else position + 1


def _dates(kind, named, columns):
    """The forms in which the dates of the file are written, one for all where that is possible.

    Where no column is known to be a date, those that could be one tell it: a person may choose them next.
    """
    known = [columns[at] for name, at in named.items() if kind.field(name).type in DATES]
    possible = [column for column in columns if column.values and not column.values[0].isdigit()]
    dated = [column.dates for column in known if column.dates] or [c.dates for c in possible if c.dates]
    common = [form for form in seen_of.DATES if dated and all(form in forms for forms in dated)]
    several = tuple(dict.fromkeys(forms[0] for forms in dated))
    return tuple(common[:1]) or several or ("%Y-%m-%d",)


def _with_week(kind, answers, column):
    """How the column of weeks is to be read, by what stands in it."""
    if column is None or not column.values:
        return answers
    if not column.dates and column.is_number:
        return replace(answers, week=NUMBER, year=date.today().year)
    days, faults = cells.dates(pl.Series(column.values), answers.dates)
    mondays = faults is None and (days.dt.weekday() == 1).all()
    return answers if mondays or faults is not None else replace(answers, week=ANY)


def of_mapping(mapping: Mapping, look: Look) -> Answers:
    """What a person said that a mapping was made of. The rest of it is lost: ask `is_plain` first."""
    form, marks = mapping.format, mapping.marks
    week = next((one for one in mapping.derived if one.name == week_of(mapping.kind)), None)
    columns = {name: column.source for name, column in mapping.columns.items()}
    return Answers(
        form.header,
        form.encoding or look.encoding,
        form.delimiter or look.delimiter,
        str(form.sheet or ""),
        *(marks.decimal, marks.thousands, marks.dates),
        columns | ({week.name: week.source} if week else {}),
        mapping.constants,
        (NUMBER if week.week_from else ANY) if week else MONDAY,
        _year(mapping, week),
        mapping.by_gtin,
        dict(mapping.unfold.cells) if mapping.unfold else {},
        tuple(one.kind.name for one in mapping.create),
        form.header_lines,
    )


def _year(mapping, week):
    if week and week.week_from:
        return week.week_from.year
    return mapping.unfold.year if mapping.unfold else None


def is_plain(mapping: Mapping) -> bool:
    """Whether a mapping says nothing that the form does not ask, so that nothing of it is lost."""
    made = [one for one in mapping.derived if one.name != week_of(mapping.kind) or not (one.monday or one.week_from)]
    own = [column for column in mapping.columns.values() if column.optional or column.marks != mapping.marks]
    said = (*mapping.lookups, *mapping.rules, *made, *own, *mapping.sums, *mapping.assumed)
    create = [one for one in mapping.create if one.sources or one.constants or one.kind.name not in CREATABLE.values()]
    form = mapping.format
    other = form.quote != '"' or form.row_end or form.message or mapping.marks.strip or mapping.marks.empty
    unfolded = mapping.unfold and (mapping.unfold.like or mapping.unfold.into != into_of(mapping.kind))
    return not (said or create or other or unfolded or mapping.unassigned or mapping.updates or mapping.marks.rounded)


def mapping_of(kind: Kind, answers: Answers, *, whole: bool = True) -> Mapping:
    """The mapping that these answers are; unless it must be `whole`, fields may be missing. Raises MappingError."""
    return parse_mapping(text_of(kind, answers), "form", whole=whole)


def text_of(kind: Kind, answers: Answers) -> str:
    """The same as TOML, always in the same words for the same answers."""
    week = week_of(kind)
    made = {week} if answers.week != MONDAY and week in answers.columns else set()
    parts = [
        _table("", {"kind": kind.name} | ({"by_gtin": True} if answers.by_gtin else {})),
        _table("file", _file(answers)),
        _table("columns", {name: answers.columns[name] for name in kind.names if name in {*answers.columns} - made}),
        _table("constants", {name: answers.constants[name] for name in kind.names if answers.constants.get(name)}),
        _table("unfold", _unfold(kind, answers)),
        _table("unfold.cells", {} if _is_bare(answers) else answers.cells),
    ]
    if made:
        parts.append(_table("[derived]", {"name": week, "from": answers.columns[week]} | _week(answers)))
    parts += [f"[create.{name}]\n" for name in answers.creates]
    return "\n".join(part for part in parts if part)


def _file(answers):
    said = {
        "encoding": "" if answers.encoding in ("", "utf-8", "utf-8-sig") else answers.encoding,
        "delimiter": answers.delimiter,
        "sheet": answers.sheet,
        "header": answers.header,
        "header_lines": answers.header_lines if answers.header_lines > 1 else "",
        "decimal": answers.decimal,
        "thousands": answers.thousands,
        "dates": list(answers.dates),
    }
    return {name: value for name, value in said.items() if value != ""}


def _unfold(kind, answers):
    if not answers.cells:
        return {}
    cells_ = {"cells": next(iter(answers.cells))} if _is_bare(answers) else {}
    year = {"year": answers.year} if answers.year else {}
    return {"into": into_of(kind)} | cells_ | year


def _is_bare(answers):
    """Whether one field stands below headers that are weeks and nothing else."""
    return list(answers.cells.values()) == [""]


def _week(answers):
    return {"monday": True} if answers.week == ANY else {"week_from": date(answers.year, 1, 4)}


def _table(name, values):
    if not values and name:
        return ""
    lines = [f"[{name}]"] if name else []
    return "\n".join([*lines, *(f"{key} = {_value(value)}" for key, value in values.items()), ""])


def _value(value):
    """A value as TOML writes it, whose texts are those of JSON but for one character."""
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
