"""Columns that come from other columns: joined from a second file, or derived from text; and the rules for rows."""

from itertools import islice
from pathlib import Path

import polars as pl

from kpis.imports.errors import UnusableFile
from kpis.imports.mapping import Condition, Derived, Lookup, Mapping
from kpis.imports.reader import Source, batches, column, open_source, visible
from kpis.imports.sniff import delimiter_of
from kpis.imports.workbook import Writing

MOST_NAMED = 100


class Names:
    """Where a source of the mapping stands in the frames: file columns are c0, c1, …, helpers `=name`.

    Headers are found exactly, else ignoring case; a header that stands twice is refused only where it is used.
    """

    def __init__(self, source: Source):
        self.source = source
        self.helpers: tuple[str, ...] = ()
        self.used: set[int] = set()

    def find(self, name, own: str = "") -> str | None:
        """The frame column of a source, or None; `own` is a helper being made: it sees those before it."""
        if isinstance(name, int):
            return self._position(name)
        if name in (self.helpers[: self.helpers.index(own)] if own else self.helpers):
            return helper(name)
        return self._header(name)

    def need(self, name, own: str = "") -> str:
        """The frame column of a source. Raises UnusableFile when the file has none."""
        found = self.find(name, own)
        if found is None:
            raise self.missing([str(name)])
        return found

    def missing(self, columns: list[str]) -> UnusableFile:
        """What to raise for missing columns: the delimiter may be wrong, or the columns are not there."""
        if self.source.width == 1 and not self.source.line_break and (other := self._other_delimiter(columns)):
            return UnusableFile("wrong_delimiter", delimiter=visible(self.source.delimiter), found=visible(other))
        return UnusableFile("missing_columns", columns=columns, found=self.named())

    def _other_delimiter(self, columns):
        header = self.source.names[0] if self.source.names else ""
        other = delimiter_of(header, self.source.quote, columns)
        return other if other != self.source.delimiter else None

    def no_rows(self) -> UnusableFile:
        """What to raise when nothing stands below the header."""
        return UnusableFile("no_items" if self.source.message else "no_rows")

    def shown(self, name) -> str:
        """How people call a frame column."""
        return name[1:] if name.startswith("=") else self.source.shown(int(name[1:]))

    def named(self) -> list[str]:
        """The headers of the file, cut where they are very long or very many."""
        return [name[:MOST_NAMED] for name in self.source.names[:MOST_NAMED]]

    def unused(self) -> list[str]:
        """Headers no part of the mapping asked for, or their positions; the first of them where there are very many."""
        names = (name[:MOST_NAMED] or str(i + 1) for i, name in enumerate(self.source.names) if i not in self.used)
        return list(islice(names, MOST_NAMED))

    def _position(self, number):
        if number > self.source.width:
            raise UnusableFile("few_columns", position=number, line=self.source.first_line, found=self.source.width)
        self.used.add(number - 1)
        return column(number - 1)

    def _header(self, name):
        for same in (str, str.casefold):
            found = [i for i, header in enumerate(self.source.names) if same(header) == same(name)]
            if len(found) > 1:
                raise UnusableFile("ambiguous_column", column=name)
            if found:
                self.used.update(found)
                return column(found[0])
        return None


def helper(name: str) -> str:
    """The frame column of a joined or derived column."""
    return f"={name}"


def load_lookups(mapping: Mapping, folder: Path) -> list[pl.DataFrame]:
    """The joined files as frames of key columns k0, k1, … and the columns brought in. Raises UnusableFile."""
    return [_load_lookup(lookup, folder, Writing(mapping.marks)) for lookup in mapping.lookups]


def _load_lookup(lookup, folder, writing):
    path = folder / lookup.file
    if not path.is_file():
        raise UnusableFile("no_lookup", file=lookup.file)
    try:
        return _lookup_frame(lookup, path, writing)
    except UnusableFile as problem:
        if problem.code == "lookup_twice":
            raise
        raise UnusableFile("lookup", file=lookup.file, problem=str(problem)) from problem


def _lookup_frame(lookup: Lookup, path, writing):
    with open_source(path, lookup.format, [theirs for _, theirs in lookup.on + lookup.bring], writing) as source:
        names = Names(source)
        keys = {f"k{i}": names.need(theirs) for i, (_, theirs) in enumerate(lookup.on)}
        brought = {helper(name): names.need(theirs) for name, theirs in lookup.bring}
        wanted = [pl.col(c).str.strip_chars().alias(name) for name, c in (keys | brought).items()]
        parts = [batch.select(wanted) for batch in batches(source)]
    if not parts:
        raise UnusableFile("no_rows")
    frame = pl.concat(parts)
    twice = frame.select(keys.keys()).filter(pl.struct(*keys).is_duplicated())
    if twice.height:
        key = " / ".join(str(part) for part in twice.row(0))
        raise UnusableFile("lookup_twice", file=lookup.file, key=key)
    return frame


def joined(frame: pl.DataFrame, lookup: Lookup, other: pl.DataFrame, names: Names) -> pl.DataFrame:
    """The frame with the columns brought in, and `<file>?` true where there was no partner."""
    ours = [names.need(ours, lookup.bring[0][0]) for ours, _ in lookup.on]
    keys = [f"k{i}" for i in range(len(ours))]
    frame = frame.with_columns(pl.col(our).str.strip_chars().alias(key) for our, key in zip(ours, keys, strict=True))
    found = other.with_columns(pl.lit(True).alias(missing_flag(lookup)))
    frame = frame.join(found, on=keys, how="left", maintain_order="left").drop(keys)
    return frame.with_columns(pl.col(missing_flag(lookup)).is_null())


def missing_flag(lookup: Lookup) -> str:
    """The column that says a row found no partner."""
    return f"{lookup.file}?"


def text_of(derived: Derived, names: Names) -> pl.Expr:
    """The expression of a derived column of text."""
    if derived.join_of:
        parts = [_words(names.need(source, derived.name)) for source in derived.join_of]
        text = pl.concat_str(parts, separator=" ", ignore_nulls=True)
        text = pl.when(text != "").then(text)
    else:
        text = _taken(_words(names.need(derived.source, derived.name)), derived)
    if derived.otherwise is not None:
        text = pl.coalesce(text, _words(names.need(derived.otherwise, derived.name)))
    if derived.default:
        text = text.fill_null(derived.default)
    return text.str.to_uppercase() if derived.upper else text


def _taken(text, derived):
    if derived.chars:
        return text.str.slice(0, derived.chars).str.strip_chars()
    if derived.words:
        return text.str.extract(rf"^((?:\S+\s+){{0,{derived.words - 1}}}\S+)", 1)
    if derived.pattern:
        group = 1 if derived.pattern.groups else 0
        return text.str.extract(f"(?i){derived.pattern.pattern}", group)
    if derived.values:
        return text.replace_strict(dict(derived.values), default=None, return_dtype=pl.String)
    return text


def _words(name):
    text = pl.col(name).str.strip_chars()
    return pl.when(text != "").then(text)


def holds(conditions: tuple[Condition, ...], names: Names) -> pl.Expr:
    """True where all conditions hold."""
    return pl.all_horizontal(_holds(condition, names) for condition in conditions)


def _holds(condition, names):
    text = pl.col(names.need(condition.source)).str.strip_chars().fill_null("")
    against = condition.against
    if condition.ignore_case and condition.test != "matches":
        text, against = text.str.to_lowercase(), tuple(word.lower() for word in against)
    result = _test(text, condition.test, against)
    return ~result if condition.negated else result


def _test(text, test, against):
    if test == "empty":
        return text == ""
    if test == "matches":
        return text.str.contains(f"(?i){against[0]}")
    if test == "starts_with":
        return pl.any_horizontal(text.str.starts_with(word) for word in against)
    return text.is_in(list(against))
