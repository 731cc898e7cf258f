"""Lists: which columns there are, how their cells are drawn, and how the same view leaves as CSV or XLSX."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from html import escape
from itertools import islice

from django.db import connection
from django.utils.formats import localize
from django.utils.functional import Promise
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from kam.compiled import filled
from kam.sql import sql_of
from kam.templatetags import formats, kam_ui

MANY = 7
NEEDED_BY_PAGES = ("after", "before", "format", "in")


@dataclass(frozen=True)
class Column:
    """One column of a list.

    `value(row)` is what the cell holds, typed: text, int, Decimal, date, datetime or None; exports write just that.
    `kind` says how the page draws it (a key of CELLS); `cell(row)` draws it otherwise. `sort` are the ordering
    expressions of the rising order; falling turns the first one round. With `currency(row)` the value is money: the
    page names the unit in the header where all rows share one, exports add a column for it. `desk` columns vanish on
    phones, `shown` ones are there unless the reader chose others, `always` ones are in every export. `beside(row)` is
    small text behind the link of the first column.
    """

    name: str
    label: str
    value: Callable
    kind: str = "text"
    sort: tuple = ()
    first: str = "asc"
    shown: bool = True
    desk: bool = False
    cell: Callable | None = None
    currency: Callable | None = None
    beside: Callable | None = None
    decimals: int = 0
    exported: bool = True
    always: bool = False

    @property
    def is_number(self):
        return self.kind in NUMBERS

    @property
    def classes(self):
        return " ".join(c for c in ("k-num" if self.is_number else "", "k-wide-only" if self.desk else "") if c)


def _text(value, column):
    return formats.DASH if value in (None, "") else value


def _code(value, column):
    return format_html('<span class="k-code">{}</span>', value) if value else formats.DASH


def _tag(value, column):
    return format_html('<span class="k-tag">{}</span>', value) if value else formats.DASH


def _figure(value, column):
    return formats.number(value, column.decimals)


def _count(value, column):
    return formats.number(value) if value else formats.DASH


def _percent(value, column):
    return formats.number(value, column.decimals)


CELLS = {
    "text": _text,
    "code": _code,
    "tag": _tag,
    "figure": _figure,
    "count": _count,
    "percent": _percent,
    "day": lambda value, column: formats.day_short(value),
    "weekday": lambda value, column: formats.day(value),
    "moment": lambda value, column: formats.moment(value),
    "money": None,
}
NUMBERS = frozenset({"figure", "count", "percent", "day", "weekday", "moment", "money"})


def status(signs, value):
    """A `cell` that draws icon and word: `signs(row)` is a level or (level, icon), `value(row)` the word."""

    def cell(row):
        sign = signs(row)
        level, icon = sign if isinstance(sign, tuple) else (sign, "")
        return kam_ui.status(level, value(row), icon)

    return cell


def linked(value, url):
    """A `cell` whose text leads on to `url(row)`; where that is empty it stays text."""

    def cell(row):
        href = url(row)
        return format_html('<a href="{}">{}</a>', href, value(row)) if href else value(row)

    return cell


def shared_unit(currencies):
    """The currency that all amounts have in common, empty when there are several or none."""
    known = {c for c in currencies if c}
    return known.pop() if len(known) == 1 else ""


@dataclass
class Table:
    """The rows of one page under the columns that are shown, ready to be drawn by `kit/table.html`.

    Rows that are `choosable` begin with a check box.
    """

    columns: list
    rows: list
    caption: str
    link: Callable | None = None
    choosable: bool = False
    units: dict = field(default_factory=dict)

    def __post_init__(self):
        money = [c for c in self.columns if c.currency]
        self.units = {c.name: shared_unit(c.currency(r) for r in self.rows if c.value(r)) for c in money}

    @property
    def has_many_figures(self):
        """Whether headers had better take two lines, so that names keep their room."""
        return sum(c.is_number for c in self.columns) >= MANY

    def heads(self):
        """(column, unit of its header) for every column."""
        return [(c, formats.money_unit(u) if (u := self.units.get(c.name)) else "") for c in self.columns]

    def drawn(self):
        """The `<tr>` elements of all rows, without the template language: a page has hundreds of cells.

        The first column is linked to the page of its row.
        """
        lead, *rest = self.columns
        draw = [*([_box] if self.choosable else []), partial(self._drawn_lead, lead), *map(self._drawer, rest)]
        rows = ("".join(cell(row) for cell in draw) for row in self.rows)
        return mark_safe("".join(f"<tr data-row>\n    {cells}\n  </tr>" for cells in rows))

    def _drawn_lead(self, column, row):
        """The first column: the row's name, which leads to its page, and what stands small behind it."""
        text = conditional_escape(self._cell(column, row))
        href = self.link(row) if self.link else ""
        small = column.beside(row) if column.beside else ""
        linked = f'<a href="{escape(href)}">{text}</a>' if href else text
        behind = f' <span class="k-code">{escape(str(small))}</span>' if small else ""
        return f'<th scope="row">{linked}{behind}</th>'

    def _drawer(self, column):
        """What draws the cells of a column, each value once where they show nothing else: most repeat a few."""
        opening, known = (f'<td class="{column.classes}">' if column.classes else "<td>"), {}

        def draw(row):
            return f"{opening}{conditional_escape(localize(self._cell(column, row)))}</td>"

        def remembered(row):
            value = column.value(row)
            key = id(value) if isinstance(value, Promise) else (type(value), value)  # to compare is to translate
            if key not in known:
                known[key] = draw(row), value  # kept, so that nothing else gets its id
            return known[key][0]

        return draw if column.cell or column.currency else remembered

    def _cell(self, column, row):
        if column.cell:
            return column.cell(row)
        value = column.value(row)
        return self._money(column, value, row) if column.currency else CELLS[column.kind](value, column)

    def _money(self, column, value, row):
        if value is None or self.units[column.name]:
            return formats.thousands(value, column.decimals or None)
        return formats.money_short(value, column.currency(row))


def _box(row):
    box = '<td class="k-check"><label><input type="checkbox" name="pk" value="{}" aria-label="{}"></label></td>'
    return format_html(box, row.pk, row)


def sorts_of(columns, default):
    """Names in `?sort=` with their ordering expressions, the default first."""
    found = {}
    for column in columns:
        if column.sort:
            first, *rest = column.sort
            turned = first[1:] if first.startswith("-") else f"-{first}"
            found |= {column.name: column.sort, f"-{column.name}": (turned, *rest)}
    return {default: found[default], **found}


def chosen(columns, names):
    """The columns that `names` ask for, in their own order; the first one is always there."""
    if not names:
        return [c for c in columns if c.shown]
    lead, *rest = columns
    return [lead, *(c for c in rest if c.name in names)]


def of_export(columns, names):
    """The columns of an export of this view: those that are shown, and those that are in every one."""
    on_screen = chosen(columns, names)
    return [c for c in columns if c.exported and (c in on_screen or c.always)]


def counted(*queries, most=formats.MOST_COUNTED + 1):
    """How many rows each of the queries has, by one question; counted up to `most`, as there may be a great many.

    Of a query for distinct values these are counted.
    """
    return Counts(queries, most).read({})


class Counts:
    """The same question about queries that are compiled (`kam.compiled`)."""

    def __init__(self, queries, most=formats.MOST_COUNTED + 1):
        slim = (rows if rows.query.distinct else rows.order_by().values("pk") for rows in queries)
        said = [sql_of(rows[:most]) or ("SELECT WHERE false", ()) for rows in slim]
        self.sql = "SELECT " + ", ".join(f"(SELECT count(*) FROM ({sql}) found)" for sql, _params in said)
        self.params = [p for _sql, params in said for p in params]

    def read(self, values):
        with connection.cursor() as cursor:
            cursor.execute(self.sql, filled(self.params, values))
            return cursor.fetchone()


def view_query(params):
    """The query of a list without its page and format: what makes it this view."""
    kept = params.copy()
    for name in NEEDED_BY_PAGES:
        kept.pop(name, None)
    return kept.urlencode()


def header(columns):
    """The header of an export: a money column is followed by its currency."""
    for column in columns:
        yield str(column.label)
        if column.currency:
            yield str(_("Currency"))


def lines(columns, rows):
    """The rows of an export as lists of typed values."""
    for row in rows:
        line = []
        for column in columns:
            value = column.value(row)
            line.append(str(value) if isinstance(value, Promise) else value)
            if column.currency:
                line.append(column.currency(row) if value is not None else "")
        yield line


def in_chunks(rows, size):
    """Lists of at most `size` of the rows, read as they come."""
    rows = iter(rows)
    while chunk := list(islice(rows, size)):
        yield chunk
