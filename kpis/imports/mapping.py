"""How a file says what we need: the mapping, as frozen dataclasses.

A mapping is written in TOML (see `toml`, which reads and checks it). Wherever a mapping names a source, it is a
column of the file (its name, or its position from 1), or the name of a joined or derived column above it.
"""

import re
from dataclasses import dataclass, field, replace
from datetime import date

from kpis.imports.kinds import Kind

Source = str | int


@dataclass(frozen=True)
class Format:
    """How text becomes lines and cells; None means: find it out.

    The header has `header_lines` lines, of which `header` is the last. Of a workbook, these and `sheet` count, of EDI
    and JSON only which `message` is wanted (INVOIC, 810).
    """

    delimiter: str | None = None
    encoding: str | None = None
    quote: str | None = '"'
    header: int = 1
    row_end: str = ""
    sheet: Source | None = None
    message: str | None = None
    header_lines: int = 1


@dataclass(frozen=True)
class Marks:
    """How cells are written: decimal and thousands mark, marks to strip, date formats, words that mean empty."""

    decimal: str = "."
    thousands: str = ""
    strip: tuple[str, ...] = ()
    dates: tuple[str, ...] = ("%Y-%m-%d",)
    empty: tuple[str, ...] = ()
    rounded: bool = False


@dataclass(frozen=True)
class Column:
    """A field taken from a source; `optional` lets the file do without it."""

    source: Source
    marks: Marks
    optional: bool = False


@dataclass(frozen=True)
class Derived:
    """A column computed from others in one way.

    `chars` and `words` take the beginning, `pattern` the first group (or the whole match), `week_from` turns a week
    number into the Monday of its ISO week (week 1 holds the anchor), `monday` snaps a date to its ISO Monday,
    `product_of` multiplies, `join_of` puts words side by side, `values` translates them, and a source alone is copied.
    Where it comes out empty, `otherwise` is asked, then `default`.
    """

    name: str
    source: Source | None = None
    chars: int | None = None
    words: int | None = None
    pattern: re.Pattern | None = None
    week_from: date | None = None
    monday: bool = False
    product_of: tuple[Source, Source] | None = None
    join_of: tuple[Source, ...] = ()
    values: tuple[tuple[str, str], ...] = ()
    otherwise: Source | None = None
    default: str = ""
    upper: bool = False
    marks: Marks = Marks()

    @property
    def asked(self) -> tuple[Source, ...]:
        """Every source it is made from."""
        own = (self.source, self.otherwise, *(self.product_of or ()), *self.join_of)
        return tuple(source for source in own if source is not None)

    @property
    def is_typed(self) -> bool:
        """Whether it yields dates or numbers, which only fields can take, rather than text."""
        return bool(self.week_from or self.monday or self.product_of)


@dataclass(frozen=True)
class Lookup:
    """A second file beside the first: rows are joined where `on` (ours, theirs) agree, and `bring` is added.

    `missing` says what happens to a row without partner: `error`, `empty`, or `ignore` (counted under the file's name).
    """

    file: str
    format: Format
    on: tuple[tuple[Source, Source], ...]
    bring: tuple[tuple[str, Source], ...]
    missing: str = "error"


@dataclass(frozen=True)
class Condition:
    """One test of one source; `test` is equals, starts_with, matches, in or empty."""

    source: Source
    test: str
    against: tuple[str, ...] = ()
    negated: bool = False
    ignore_case: bool = False


@dataclass(frozen=True)
class Rule:
    """What to do with rows for which all conditions hold; every rule is counted by its name.

    `skip` (not data at all, such as a total line) and `ignore` (data we leave out) drop the row, `credit_note` marks
    it, `charge` says that its product code is no product.
    """

    name: str
    action: str
    when: tuple[Condition, ...]


@dataclass(frozen=True)
class Unfold:
    """Columns of which each is a week or a day, made rows: the field `into` takes the date, `cells` what stands below.

    `cells` are pairs: a field, and the word that stands beside the date in its headers, empty where none does. A header
    that names no date, or has another word beside it, is an ordinary column. `year` is that of headers that name only a
    week; `like` finds the date in headers that say more, and leaves out those that it does not fit.
    """

    into: str
    cells: tuple[tuple[str, str], ...]
    year: int | None = None
    like: re.Pattern | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        """Every field that it makes: the date, then what stands below."""
        return (self.into, *(name for name, _word in self.cells))


@dataclass(frozen=True)
class Create:
    """A kind of master rows that may be created when missing: sources and constants of their fields."""

    kind: Kind
    sources: tuple[tuple[str, Source], ...] = ()
    constants: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Mapping:
    """A whole mapping; `unassigned` puts rows without account into the import's unassigned account.

    `assumed` are constants for new rows only, `sums` fields that are added up where rows have the same key. With
    `updates` every row must be stored already, and needs no more than its key; `by_gtin` finds products by their GTIN.
    """

    name: str
    kind: Kind
    title: str = ""
    format: Format = Format()
    marks: Marks = Marks()
    columns: dict[str, Column] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    lookups: tuple[Lookup, ...] = ()
    derived: tuple[Derived, ...] = ()
    rules: tuple[Rule, ...] = ()
    create: tuple[Create, ...] = ()
    unassigned: bool = False
    assumed: dict[str, str] = field(default_factory=dict)
    sums: tuple[str, ...] = ()
    updates: bool = False
    by_gtin: bool = False
    unfold: Unfold | None = None

    def may_create(self, what: str) -> Create | None:
        """The permission to create `accounts`, `stores` or `products`, or None."""
        return next((create for create in self.create if create.kind.name == what), None)

    def with_constants(self, **constants: str) -> "Mapping":
        """The same mapping with constants for fields it says nothing about, such as the account of a feed."""
        said = self.given
        added = {name: value for name, value in constants.items() if name not in said}
        return replace(self, constants=self.constants | added)

    @property
    def helpers(self) -> tuple[str, ...]:
        """Names of unfolded, joined and derived columns, in the order in which they come to be."""
        unfolded = self.unfold.fields if self.unfold else ()
        joined = tuple(name for lookup in self.lookups for name, _ in lookup.bring)
        return unfolded + joined + tuple(column.name for column in self.derived)

    @property
    def given(self) -> set[str]:
        """Names of the kind's fields that this mapping fills."""
        return {*self.columns, *self.constants, *self.assumed, *(set(self.helpers) & set(self.kind.names))}
