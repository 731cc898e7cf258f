"""The fields of a kind, read out of batches of text as the mapping says."""

import json

import polars as pl

from kpis.imports import cells
from kpis.imports.derive import Names, helper
from kpis.imports.errors import UnusableFile
from kpis.imports.kinds import Field
from kpis.imports.mapping import Column, Create, Derived, Mapping, Marks
from kpis.imports.reader import LINE
from kpis.imports.result import faults

CREDIT, CHARGE = "?credit_note", "?charge"
CODE_OF = {"accounts": "account", "stores": "store", "products": "product"}


class Bad:
    """The faults of one batch: tables of faults, and the lines that have any.

    `bare` says that the file's own cells have nothing to strip, and nothing in them that cannot be printed.
    """

    def __init__(self, names: Names, bare: bool = False):
        self.names, self.bare = names, bare
        self.tables: list[pl.DataFrame] = []

    def add(self, text: pl.DataFrame, column: str, wrong: cells.Faults, params: dict[str, dict]) -> None:
        """Note the faults of one column of text; `params` by fault code."""
        if wrong is None:
            return
        rows = text.select(LINE, pl.col(column), wrong.alias("code")).filter(pl.col("code").is_not_null())
        told = {code: json.dumps(values) for code, values in params.items()}
        told = rows.get_column("code").replace_strict(told, default="{}", return_dtype=pl.String)
        self.tables.append(faults(rows[LINE], self.names.shown(column), rows[column], rows["code"], told))

    @property
    def lines(self) -> pl.Series | None:
        return pl.concat([table.get_column("row") for table in self.tables]) if self.tables else None

    def without(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The rows of a frame that have no fault."""
        if self.lines is None:
            return frame
        return frame.filter(~pl.col(LINE).is_in(self.lines.cast(frame.schema[LINE]).implode()))


class Fields:
    """Reads the fields of one kind; every source of the mapping is resolved before the first row.

    Raises UnusableFile when the file lacks a column the mapping needs; `absent` lists optional ones it lacks.
    """

    def __init__(self, mapping: Mapping, names: Names):
        self.mapping = mapping
        self.names = names
        self.absent: list[str] = []
        names.helpers = mapping.helpers
        self.columns = {name: helper(name) for name in mapping.helpers}
        self._resolve_columns()
        self._resolve_rest()
        self.typed = {derived.name: derived for derived in mapping.derived if derived.is_typed}
        self.credits = any(rule.action == "credit_note" for rule in mapping.rules)
        if mapping.kind.field("account") and not ({"account"} & mapping.given or mapping.unassigned):
            raise UnusableFile("no_account")
        said = {*self.columns, *self.typed, *mapping.constants} | ({"is_credit"} if self.credits else set())
        silent = {f.name for f in mapping.kind.fields if f.default and f.name not in said}
        self.assumed = frozenset(silent | set(mapping.assumed))

    def _resolve_columns(self):
        missing = []
        for name, column in self.mapping.columns.items():
            if found := self.names.find(column.source):
                self.columns[name] = found
            else:
                (self.absent if column.optional else missing).append(str(column.source))
        if missing:
            raise self.names.missing(missing)

    def _resolve_rest(self):
        for source, own in _sources(self.mapping):
            self.names.need(source, own)

    def read(self, text: pl.DataFrame, field: Field, bad: Bad) -> pl.Series | None:
        """The values of one field for every row of text; None where the file says nothing about it."""
        if derived := self.typed.get(field.name):
            return self._computed(text, field, derived, bad)
        if field.name == "is_credit" and self.credits:
            return text.get_column(CREDIT)
        if column := self.columns.get(field.name):
            return self._cells(text, column, field, self._marks(field.name), bad)
        return self._constant(field, text.height)

    def _constant(self, field, height):
        text = (self.mapping.constants | self.mapping.assumed).get(field.name, field.default)
        return None if text is None else _repeated(text, field, height)

    def _cells(self, text, column, field, marks, bad):
        bare = bad.bare and column != helper(field.name)
        words = cells.words(text.get_column(column), marks, bare)
        if field.default is not None:
            words = words.fill_null(field.default)
        values, wrong = cells.read(words, field, marks, bare)
        bad.add(text, column, self._required(field, words, wrong), cells.params_of(field, marks))
        return values

    def _required(self, field, words, wrong):
        free = not field.required or (field.refers == "account" and self.mapping.unassigned)
        free = free or (self.mapping.updates and field.name not in self.mapping.kind.key)
        return wrong if free else cells.merged(wrong, cells.where(words.is_null(), "required"))

    def _computed(self, text, field, derived: Derived, bad):
        if derived.product_of:
            return self._product(text, field, derived, bad)
        column = self.names.need(derived.source, derived.name)
        words = cells.words(text.get_column(column), derived.marks)
        if derived.week_from:
            values, wrong = cells.numbered_weeks(words, derived.week_from)
        else:
            values, wrong = cells.snapped(words, derived.marks.dates)
        bad.add(text, column, self._required(field, words, wrong), cells.params_of(field, derived.marks))
        return values

    def _product(self, text, field, derived, bad):
        """The product of two columns; a factor's own fault is told of the factor, unless a field tells it."""
        first, second = (self._factor(text, source, field, derived, bad) for source in derived.product_of)
        exact = first * second
        values = cells.fit(exact, field)
        wrong = cells.where(values.is_null() & exact.is_not_null(), "too_large")
        if not derived.marks.rounded:
            inexact = (values.cast(cells.WIDE) != exact).fill_null(False)
            wrong = cells.merged(wrong, cells.where(inexact, "too_precise"))
        if wrong is not None:
            shown = text.select(LINE, exact.cast(pl.String).alias(helper(field.name)))
            bad.add(shown, helper(field.name), wrong, cells.params_of(field, derived.marks))
        return values

    def _factor(self, text, source, field, derived, bad):
        same = next((c for c in self.mapping.columns.values() if c.source == source), Column(source, derived.marks))
        column = self.names.need(source, derived.name)
        words = cells.words(text.get_column(column), same.marks)
        values, wrong = cells.numbers(words, same.marks)
        if same not in self.mapping.columns.values():
            bad.add(text, column, self._required(field, words, wrong), cells.params_of(field, derived.marks))
        return values

    def _marks(self, name):
        if self.mapping.unfold and name == self.mapping.unfold.into:
            return Marks()
        if name in self.mapping.columns:
            return self.mapping.columns[name].marks
        derived = next((column for column in self.mapping.derived if column.name == name), None)
        return derived.marks if derived else self.mapping.marks

    def master(self, text: pl.DataFrame, typed: pl.DataFrame, create: Create, bad: Bad) -> pl.DataFrame:
        """Row by row, what the file says of a master that may be new: `code` (and `account` of a store) and fields.

        What the mapping says of all of them alike is added by `with_constants`.
        """
        made = {LINE: typed.get_column(LINE)}
        if create.kind.name == "stores":
            made["account"] = typed.get_column("account")
        made["code"] = typed.get_column(CODE_OF[create.kind.name])
        for name, source in create.sources:
            field = create.kind.field(name)
            column = self.names.need(source)
            words = cells.words(text.get_column(column), self.mapping.marks)
            made[name], wrong = cells.read(words, field, self.mapping.marks)
            bad.add(text, column, wrong, cells.params_of(field, self.mapping.marks))
        if create.kind.name == "products" and "is_charge" in typed.columns:
            made["is_charge"] = typed.get_column("is_charge")
        return pl.DataFrame(made)


def with_constants(masters: pl.DataFrame, create: Create) -> pl.DataFrame:
    """Masters with the fields of which the mapping says the same for all of them. Raises UnusableFile."""
    said = {name: _repeated(text, create.kind.field(name), masters.height) for name, text in create.constants}
    return masters.with_columns(**said)


def _repeated(text, field, height):
    """The value of a field that is the same in every row. Raises UnusableFile where the text is none."""
    values, wrong = cells.read(pl.Series([text], dtype=pl.String), field, Marks())
    if wrong is not None:
        raise UnusableFile("mapping", problem=f"{field.name} = {text}")
    return values.new_from_index(0, height)


def _sources(mapping):
    """(source, the helper it belongs to) of everything but columns and joined files."""
    for lookup in mapping.lookups:
        yield from ((ours, lookup.bring[0][0]) for ours, _theirs in lookup.on)
    for derived in mapping.derived:
        yield from ((source, derived.name) for source in derived.asked)
    for rule in mapping.rules:
        yield from ((condition.source, "") for condition in rule.when)
    for create in mapping.create:
        yield from ((source, "") for _name, source in create.sources)
