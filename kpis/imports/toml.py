"""Reads a mapping from TOML; every mistake names the mapping, the key and the reason."""

import re
import tomllib
from datetime import date
from pathlib import Path

from django.utils.translation import gettext as _

from kpis.imports import cells
from kpis.imports.amazon import REPORTS
from kpis.imports.edi import LAYOUTS
from kpis.imports.errors import MappingError
from kpis.imports.headers import FIRST_YEAR, LAST_YEAR, bare
from kpis.imports.kinds import KINDS, MASTERS
from kpis.imports.mapping import (
    Column,
    Condition,
    Create,
    Derived,
    Format,
    Lookup,
    Mapping,
    Marks,
    Rule,
    Source,
    Unfold,
)
from kpis.imports.possible import check
from kpis.imports.sniff import is_text_encoding

MESSAGES = (*LAYOUTS, *REPORTS)
FOLDER = Path(__file__).resolve().parent.parent / "mappings"
ACTIONS = ("skip", "ignore", "credit_note", "charge")
TESTS = ("equals", "starts_with", "matches", "in", "empty")
WAYS = ("first_chars", "first_words", "pattern", "week_from", "monday", "product_of", "join_of", "values", "copy")
LONGEST_TEXT, MOST_CHARS, MOST_WORDS, MOST_HEADERS = 64 * 1024, 1000, 50, 3
# A dotted key of n parts costs the reader of TOML n² steps: a text of 64 KB would hold a web worker for minutes.
DEEP_KEY = re.compile(r"""(?:(?:[\w-]{1,99}|"[^"\n]{0,99}"|'[^'\n]{0,99}')[ \t]*\.[ \t]*){16}""")
THOUSANDS = ("", ",", ".", "'", "\u2019", " ", "\u00a0", "\u202f")


def mapping_text(name: str) -> str:
    """The text of one of our mappings (`uci`, `default_orders`). Raises MappingError when there is none."""
    path = FOLDER / f"{name}.toml"
    if not re.fullmatch(r"[a-z0-9_]+", name) or not path.is_file():
        raise MappingError(name, "-", _("there is no mapping of this name"))
    return path.read_text("utf-8")


def parse_mapping(text: str, name: str, *, whole: bool = True) -> Mapping:
    """The mapping written in `text`; `name` stands in its messages. Raises MappingError.

    Unless it must be `whole`, fields that are required may be missing.
    The text may come from anybody who may import, so it is held short and shallow before it is read.
    """
    if len(text) > LONGEST_TEXT or DEEP_KEY.search(text):
        raise MappingError(name, "-", _("this is too long or too deeply nested for a mapping"))
    try:
        data = tomllib.loads(text)
    except RecursionError as problem:
        raise MappingError(name, "-", _("this is too long or too deeply nested for a mapping")) from problem
    except ValueError as problem:
        raise MappingError(name, "-", problem) from problem
    return _Table(name, "", data).mapping(whole)


class _Table:
    """One TOML table being read: typed access by key, a path for messages, and no key left unread."""

    def __init__(self, name, path, data):
        self.name, self.path, self.data, self.read = name, path, data, set()

    def fail(self, key, reason):
        where = ".".join(part for part in (self.path, str(key)) if part)
        raise MappingError(self.name, where, reason)

    def get(self, key, type_, default=None):
        """The value under a key, which must be of that type; a missing key gives the default."""
        self.read.add(key)
        value = self.data.get(key, default)
        wrong = value is not None and (not isinstance(value, type_) or (isinstance(value, bool) and type_ is not bool))
        if wrong:
            self.fail(key, _("must be %(type)s") % {"type": _type_name(type_)})
        return value

    def need(self, key, type_):
        value = self.get(key, type_)
        if value is None or value == "":
            self.fail(key, _("is required"))
        return value

    def choice(self, key, among, default=None):
        value = self.get(key, str, default)
        if value not in among:
            self.fail(key, _("must be one of %(among)s") % {"among": ", ".join(among)})
        return value

    def words(self, key, default=()):
        """A list of texts; a single text counts as a list of one."""
        value = self.get(key, (list, str), list(default))
        value = [value] if isinstance(value, str) else value
        if not all(isinstance(word, str) for word in value):
            self.fail(key, _("must be a list of texts"))
        return tuple(value)

    def source(self, key, needed=True):
        value = self.need(key, (str, int)) if needed else self.get(key, (str, int))
        return self.is_source(key, value)

    def is_source(self, key, value) -> Source | None:
        if not isinstance(value, str | int | None) or isinstance(value, bool) or (isinstance(value, int) and value < 1):
            self.fail(key, _("must be the name of a column or its position from 1"))
        return value

    def table(self, key):
        return _Table(self.name, f"{self.path}.{key}".strip("."), self.get(key, dict, {}))

    def tables(self, key):
        rows = self.get(key, list, [])
        for number, row in enumerate(rows, 1):
            if not isinstance(row, dict):
                self.fail(key, _("must be a list of tables"))
            yield _Table(self.name, f"{self.path}.{key}[{number}]".strip("."), row)

    def done(self):
        """Every key has been read, or somebody misspelt one."""
        for key in self.data:
            if key not in self.read:
                self.fail(key, _("is not a key that is known here"))

    def mapping(self, whole):
        """This table as a whole mapping."""
        kind = KINDS[self.choice("kind", tuple(KINDS))]
        file = self.table("file")
        marks = _marks(file, Marks())
        form = _format(file)
        file.done()
        mapping = Mapping(
            self.name,
            kind,
            self.get("title", str, ""),
            form,
            marks,
            _columns(self.table("columns"), marks, self.words("optional")),
            _constants(self.table("constants")),
            tuple(_lookup(row) for row in self.tables("lookup")),
            tuple(_derived(row, marks) for row in self.tables("derived")),
            tuple(_rule(row) for row in self.tables("rules")),
            tuple(_creates(self.table("create"))),
            self.get("unassigned", bool, False),
            _constants(self.table("assumed")),
            self.words("sums"),
            self.get("updates", bool, False),
            self.get("by_gtin", bool, False),
            _unfold(self.table("unfold")) if "unfold" in self.data else None,
        )
        self.done()
        check(self, mapping, whole)
        return mapping


def _type_name(type_):
    names = {
        str: _("a text"),
        int: _("a whole number"),
        bool: _("true or false"),
        list: _("a list"),
        dict: _("a table"),
    }
    kinds = type_ if isinstance(type_, tuple) else (type_,)
    return _(" or ").join(names.get(kind, kind.__name__) for kind in kinds)


def _format(table):
    header = table.get("header", int, 1)
    if header < 0:
        table.fail("header", _("must be 0 or the number of a line"))
    delimiter, quote = table.get("delimiter", str), table.get("quote", str, '"')
    if delimiter == "":
        table.fail("delimiter", _("must not be empty"))
    if len(quote) > 1 or not quote.isascii():
        table.fail("quote", _("must be one character, or empty for none"))
    encoding = table.get("encoding", str)
    if encoding and not is_text_encoding(encoding):
        table.fail("encoding", _("is no encoding of text that is known here"))
    sheet, message = table.source("sheet", needed=False), table.get("message", str)
    if message is not None and message not in MESSAGES:
        table.fail("message", _("must be one of %(among)s") % {"among": ", ".join(MESSAGES)})
    lines = _count(table, "header_lines", min(header, MOST_HEADERS) or 1) or 1
    return Format(delimiter, encoding, quote or None, header, table.get("row_end", str, ""), sheet, message, lines)


def _marks(table, base):
    decimal = table.choice("decimal", (".", ","), base.decimal)
    thousands = table.choice("thousands", THOUSANDS, base.thousands)
    if thousands == decimal:
        table.fail("thousands", _("must differ from the decimal mark"))
    dates = table.words("dates", base.dates)
    if not dates:
        table.fail("dates", _("is required"))
    for form in dates:
        if not cells.is_date_format(form):
            table.fail("dates", _("%(form)s is not the form of a date") % {"form": form})
    return Marks(
        decimal,
        thousands,
        table.words("strip", base.strip),
        dates,
        table.words("empty", base.empty),
        table.get("round", bool, base.rounded),
    )


def _columns(table, marks, optional):
    return {name: _column(table, name, value, marks, name in optional) for name, value in table.data.items()}


def _column(table, name, value, marks, optional):
    table.read.add(name)
    if not isinstance(value, dict):
        return Column(table.is_source(name, value), marks, optional)
    inner = _Table(table.name, f"{table.path}.{name}", value)
    column = Column(inner.source("column"), _marks(inner, marks), inner.get("optional", bool, optional))
    inner.done()
    return column


def _constants(table):
    for name, value in table.data.items():
        if isinstance(value, bool) or not isinstance(value, str | int | float | date):
            table.fail(name, _("must be a text, a number or a date"))
    return {name: str(value) for name, value in table.data.items()}


def _derived(table, marks):
    ways = [way for way in WAYS if way in table.data]
    if len(ways) != 1:
        table.fail("name", _("needs exactly one of %(ways)s") % {"ways": ", ".join(WAYS)})
    factors, parts = (_several(table, key) for key in ("product_of", "join_of"))
    if factors and len(factors) != 2:
        table.fail("product_of", _("must name two columns"))
    derived = Derived(
        table.need("name", str),
        None if factors or parts else table.source("from" if "copy" not in table.data else "copy"),
        _count(table, "first_chars", MOST_CHARS),
        _count(table, "first_words", MOST_WORDS),
        _pattern(table, "pattern"),
        table.get("week_from", date),
        table.get("monday", bool, False),
        factors or None,
        parts,
        tuple((word, str(meant)) for word, meant in table.get("values", dict, {}).items()),
        table.source("otherwise", needed=False),
        table.get("default", str, ""),
        table.get("upper", bool, False),
        _marks(table, marks),
    )
    table.done()
    return derived


def _count(table, key, most):
    number = table.get(key, int)
    if number is not None and not 1 <= number <= most:
        table.fail(key, _("must be a whole number from 1 to %(most)s") % {"most": most})
    return number


def _several(table, key):
    return tuple(table.is_source(key, source) for source in table.get(key, list, []))


def _pattern(table, key):
    """A pattern that ignores case; refused where the engine, which knows no look-around, cannot run it."""
    text = table.get(key, str)
    if text is None:
        return None
    if not cells.is_pattern(text):
        table.fail(key, _("is no pattern; look-around and back references cannot be used"))
    try:
        return re.compile(text, re.IGNORECASE)
    except re.error as problem:
        table.fail(key, str(problem))


def _lookup(table):
    file = table.need("file", str)
    if Path(file).name != file or file.startswith("."):
        table.fail("file", _("must be the plain name of a file beside the imported one"))
    on = table.need("on", list)
    if not all(isinstance(pair, list) and len(pair) == 2 for pair in on):
        table.fail("on", _("must be a list of pairs: our column, theirs"))
    bring = table.need("bring", dict)
    if not bring:
        table.fail("bring", _("is required"))
    lookup = Lookup(
        file,
        _format(table),
        tuple((table.is_source("on", ours), table.is_source("on", theirs)) for ours, theirs in on),
        tuple((name, table.is_source("bring", source)) for name, source in bring.items()),
        table.choice("missing", ("error", "empty", "ignore"), "error"),
    )
    table.done()
    return lookup


def _unfold(table):
    year = table.get("year", int)
    if year is not None and not FIRST_YEAR <= year <= LAST_YEAR:
        bounds = {"least": FIRST_YEAR, "most": LAST_YEAR}
        table.fail("year", _("must be a whole number from %(least)s to %(most)s") % bounds)
    unfold = Unfold(table.need("into", str), _cells(table), year, _pattern(table, "like"))
    table.done()
    return unfold


def _cells(table):
    """One field that stands below the dates, or several, each with the word beside its dates."""
    cells_ = table.need("cells", (str, dict))
    said = {cells_: ""} if isinstance(cells_, str) else cells_
    if not said or not all(isinstance(word, str) for word in said.values()):
        table.fail("cells", _("must be a field, or fields with the word that stands beside the date"))
    words = [bare(word) for word in said.values()]
    if len(set(words)) < len(words):
        table.fail("cells", _("two fields cannot have the same word"))
    return tuple(said.items())


def _rule(table):
    name, action = table.need("name", str), table.choice("action", ACTIONS)
    when = table.need("when", (dict, list))
    when = when if isinstance(when, list) else [when]
    if not when or not all(isinstance(row, dict) for row in when):
        table.fail("when", _("must be a list of tables"))
    rule = Rule(name, action, tuple(_condition(_Table(table.name, f"{table.path}.when", row)) for row in when))
    table.done()
    return rule


def _condition(table):
    source = table.source("column")
    tests = [test for test in TESTS if test in table.data]
    if len(tests) != 1:
        table.fail("column", _("needs exactly one of %(ways)s") % {"ways": ", ".join(TESTS)})
    test = tests[0]
    against = _against(table, test)
    condition = Condition(source, test, against, table.get("not", bool, False), table.get("ignore_case", bool, False))
    table.done()
    return condition


def _against(table, test):
    if test == "empty":
        table.get("empty", bool)
        return ()
    if test == "matches":
        return (_pattern(table, "matches").pattern,)
    return table.words(test) if test in ("in", "starts_with") else (table.need(test, str),)


def _creates(table):
    for what in MASTERS:
        if what in table.data:
            yield _create(table.table(what), MASTERS[what])
    table.done()


def _create(table, kind):
    sources, constants = [], []
    for name, value in table.data.items():
        if kind.field(name) is None or name in ("code", "account"):
            table.fail(name, _("is not a field that can be set here"))
        if isinstance(value, dict) and set(value) == {"constant"}:
            constants.append((name, str(value["constant"])))
        else:
            sources.append((name, table.is_source(name, value)))
    return Create(kind, tuple(sources), tuple(constants))
