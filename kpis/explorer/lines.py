"""Figures of rows, computed where the sums are: the order of rows, each row's figures, and those of all together.

The definitions are those of `kpis.measures` and `kpis.calc`: over several weeks both sides of a rate are summed, weeks
that nobody reported count on neither side, and of a level the last known one counts.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.core.exceptions import EmptyResultSet
from django.db import connection

from kam.keyset import Keyset
from kam.sql import all_of, dicts
from kpis.explorer.asked import ACCOUNT, CATEGORY, FLOW, PRODUCT, STORE
from kpis.explorer.cells import cells
from kpis.explorer.news import News, columns_of

# Where a row's name and number stand, by what it is sorted, and its currency.
NAMES = {
    ACCOUNT: ("accounts_account", "n.sort_name", "n.currency"),
    CATEGORY: ("kpis_category", "n.name", "''"),
    PRODUCT: ("kpis_product", "n.sort_name", "''"),
    STORE: ("accounts_store", "n.name", "''"),
}
BOTH_SIDES = "sold IS NOT NULL AND opening + came IS NOT NULL"
BOTH_PERIODS = "amount IS NOT NULL AND before IS NOT NULL"
LAST_KNOWN = "ORDER BY week DESC) FILTER (WHERE kept IS NOT NULL))[1]"
FIGURES = {
    "total": "sum(even)",
    "stock": f"(array_agg(kept {LAST_KNOWN}",
    "supply": f"(array_agg(kept / nullif(greatest(pace, 0), 0) {LAST_KNOWN}",
    "rate": f"sum(sold) FILTER (WHERE {BOTH_SIDES}) / nullif(sum(opening + came) FILTER (WHERE {BOTH_SIDES}), 0)",
    "change": f"sum(amount) FILTER (WHERE {BOTH_PERIODS}) "
    f"/ nullif(abs(sum(before) FILTER (WHERE {BOTH_PERIODS})), 0) "
    f"- sign(sum(before) FILTER (WHERE {BOTH_PERIODS}))",
}
# What one week shows; `flow` shows all its parts.
SHOWN = {
    "rate": "CASE WHEN opening + came <> 0 THEN sold / (opening + came) END",
    "supply": "kept / nullif(greatest(pace, 0), 0)",
    "stock": "kept",
}
SORTS = ("name", *FIGURES)
USUAL_SORT = "-total"
# Figures that follow from the shown weeks alone, and those that are their plain sums.
OF_SHOWN_WEEKS = ("name", "total", "stock")
SUMS = ("name", "total")

# Weeks are looked up by their distance, so that a week that nobody reported is empty and not the one before it.
STEPS = """
WITH cell AS MATERIALIZED ({cells}),
step AS (
    SELECT c.*, {opening} AS opening, {pace} AS pace, {before} AS before
    FROM cell c
    WINDOW lately AS (PARTITION BY {row} ORDER BY c.week RANGE BETWEEN '21 days' PRECEDING AND CURRENT ROW),
        week_before AS (PARTITION BY {row} ORDER BY c.week RANGE BETWEEN '7 days' PRECEDING AND '7 days' PRECEDING),
        compared AS (PARTITION BY {row} ORDER BY c.week RANGE BETWEEN {back} PRECEDING AND {back} PRECEDING)
)
"""
# Of figures that are sums over the shown weeks: no weeks.
SUMMED = "WITH step AS ({cells})"
ORDER = """
, line AS (SELECT {keys}, sum(even) AS total, {figure} AS figure FROM step {shown} GROUP BY {keys}),
placed AS (
    SELECT ARRAY[{keys}]::bigint[] AS keys, coalesce(n.id, 0) AS id, n.name, n.code, {currency} AS currency,
        coalesce({sign}figure, 'Infinity') AS place, coalesce({sort}, '') AS sorted,
        CASE WHEN total IS NOT NULL THEN rank() OVER (PARTITION BY {parent} ORDER BY total DESC NULLS LAST) END AS rank,
        count(*) OVER (PARTITION BY {parent}) AS siblings
    FROM line LEFT JOIN {table} n ON n.id = line.{last}
)
"""
NUMBERED = """
SELECT * FROM (
    SELECT placed.*, row_number() OVER (
        PARTITION BY keys[:cardinality(keys) - 1] ORDER BY place {way}, sorted {way}, id {way}) AS number
    FROM placed
) x WHERE number <= %s
"""
SHOWN_WEEKS = "WHERE week BETWEEN %s AND %s"
FIGURES_OF = """
SELECT ARRAY[{keys}]::bigint[], {news}, {figures}, array_agg(week ORDER BY week), array_agg({shown} ORDER BY week),
    array_agg(kept ORDER BY week), array_agg(told ORDER BY week), array_agg(before ORDER BY week){flow}
FROM step WHERE week BETWEEN %s AND %s {group}
"""
NO_NEWS = "NULL::jsonb, NULL::date[]", ()
FLOW_PARTS = ("opening", "came", "sold", "kept")


@dataclass
class Place:
    """One row in its order: its keys from the outermost on, what it is called, and where it stands.

    `rank` is its place by the shown amount among `siblings` rows below the same row; None where nothing is known.
    """

    keys: tuple
    name: str
    code: str
    currency: str
    rank: int | None
    siblings: int
    place: Decimal
    sorted: str
    pk: int


@dataclass
class Line:
    """The figures of one row over the period, and by week: what is shown, stock, rows reported, what stood before.

    `amount` is in the row's own currency, `total` only what may be added to other rows. Rates are fractions.
    """

    amount: Decimal | None = None
    total: Decimal | None = None
    stock: Decimal | None = None
    supply: Decimal | None = None
    rate: Decimal | None = None
    change: Decimal | None = None
    shown: dict[date, Decimal] = field(default_factory=dict)
    kept: dict[date, Decimal] = field(default_factory=dict)
    told: dict[date, int] = field(default_factory=dict)
    before: dict[date, Decimal] = field(default_factory=dict)
    flow: dict[str, dict[date, Decimal]] = field(default_factory=dict)


def _steps(asked, levels, within, figure=None):
    """The weeks of rows, each with what it follows upon, as SQL; of a `figure` only as far as it needs them."""
    follows = figure not in OF_SHOWN_WEEKS
    found = cells(asked, levels, within, whole=follows, by_week=figure not in SUMS)
    sql, params = found.query.sql_with_params()
    if figure in SUMS:
        return SUMMED.format(cells=sql), params
    text = STEPS.format(
        cells=sql,
        row=", ".join(f"c.k{at}" for at in range(len(levels))) or "true",
        opening="sum(c.kept) OVER week_before" if follows else "NULL::numeric",
        pace="avg(c.sold) OVER lately" if follows else "NULL::numeric",
        before="sum(c.amount) OVER compared" if figure in (None, "change") else "NULL::numeric",
        back=f"'{asked.back.days} days'",
    )
    return text, params


def sort_of(text):
    """A name of SORTS, with `-` in front for falling order; the usual one for anything else."""
    return text if text.removeprefix("-") in SORTS else USUAL_SORT


class Ordered:
    """Rows of one level in an order, as SQL over all rows that the reader sees; the innermost of `levels` is theirs."""

    def __init__(self, asked, levels, sort, within=None):
        self.asked, self.levels, self.within = asked, levels, within
        self.name, self.falls = sort.removeprefix("-"), sort.startswith("-")

    def sql(self):
        """The common table expressions up to `placed`, and their parameters; None for who sees nothing at all."""
        table, sort, currency = NAMES[self.levels[-1]]
        by_name = self.name == "name"
        try:
            steps, params = _steps(self.asked, self.levels, self.within, self.name)
        except EmptyResultSet:
            return None
        text = steps + ORDER.format(
            keys=_keys(self.levels),
            figure="0::numeric" if by_name else FIGURES[self.name],
            sign="-" if self.falls and not by_name else "",
            table=table,
            sort=sort,
            currency=currency,
            last=f"k{len(self.levels) - 1}",
            parent=self.parent,
            shown="" if self.name in SUMS else SHOWN_WEEKS,
        )
        return text, [*params, *(() if self.name in SUMS else (self.asked.first, self.asked.last))]

    @property
    def parent(self):
        return _keys(self.levels[:-1]) or "true"

    @property
    def turned(self):
        """Whether everything is read from its end: names in falling order."""
        return self.name == "name" and self.falls

    def beyond(self, values, backwards, limit):
        """At most `limit` places after `values` (place, sorted, id), or before them in reading direction."""
        if (found := self.sql()) is None:
            return []
        text, params = found
        falls = self.turned != backwards
        way, sign = ("DESC", "<") if falls else ("ASC", ">")
        text += "SELECT * FROM placed"
        if values:
            text += f" WHERE (place, sorted, id) {sign} (%s::numeric, %s, %s::bigint)"
            params += values
        text += f" ORDER BY place {way}, sorted {way}, id {way}"
        if limit:
            text += " LIMIT %s"
            params.append(limit)
        return _places(text, params)

    def numbered(self, each):
        """The first `each` places below every parent, all of them without a number, as SQL with parameters."""
        if (found := self.sql()) is None:
            return None
        text, params = found
        text += NUMBERED.format(way="DESC" if self.turned else "ASC")
        return text, [*params, each or 2**31]


def first_below(orders, each):
    """The first `each` places below every parent of several levels (`Ordered`), in order: one query for all of them."""
    found = all_of(order.numbered(each) for order in orders)
    return _places(f"{found[0]} ORDER BY number", found[1]) if found else []


def _places(text, params):
    return [_place(row) for row in dicts(text, params)]


def _place(row):
    named = {name: row[name] for name in ("name", "code", "currency", "rank", "siblings", "place", "sorted")}
    return Place(keys=tuple(row["keys"]), pk=row["id"], **named)


class Places(Keyset):
    """Keyset pages of an `Ordered`."""

    def __init__(self, size):
        super().__init__(("place", "sorted"), size)

    def slice(self, rows, text, *, backwards=False):
        return rows.beyond(self._decode(text) if text else None, backwards, self.size + 1)


@dataclass(frozen=True)
class Figures:
    """The Line of every row by its keys, that of all rows together under no keys, and what is known to be missing."""

    lines: dict[tuple, Line]
    news: News

    @property
    def total(self):
        """Money counts where it is in the reader's usual currency."""
        return self.lines[()]


ALL = ((), None)


def figures_of(asked, wanted):
    """The figures of the rows `wanted`, as pairs of their levels and the paths that they begin with: one query.

    `ALL` asks for the sum of all rows and for the news.
    """
    lines, news = defaultdict(Line), News()
    if (found := all_of(_figures_sql(asked, *pair) for pair in wanted)) is None:
        return Figures(lines, news)
    with connection.cursor() as cursor:
        cursor.execute(*found)
        for keys, late, archived, *rest in cursor.fetchall():
            lines[tuple(keys)] = _line(rest)
            news = news if keys else News.read(late, archived)
    return Figures(lines, news)


def _figures_sql(asked, levels, within):
    try:
        steps, params = _steps(asked, levels, within)
        news, of_news = NO_NEWS if levels else columns_of(asked)
    except EmptyResultSet:
        return None
    keys = _keys(levels)
    parts = "".join(f", array_agg({part} ORDER BY week)" for part in FLOW_PARTS) if asked.show == FLOW else ""
    text = steps + FIGURES_OF.format(
        keys=keys,
        news=news,
        figures=", ".join(["sum(amount)", *FIGURES.values()]),
        shown=SHOWN.get(asked.show, "amount"),
        flow=parts,
        group=f"GROUP BY {keys}" if keys else "",
    )
    return text, [*params, *of_news, asked.first, asked.last]


def _line(row):
    figures, (weeks, shown, kept, told, before, *flow) = row[:6], row[6:]
    if weeks is None:
        return Line()
    by_week = [dict(zip(weeks, values, strict=True)) for values in (shown, kept, told, before, *flow)]
    return Line(*figures, *by_week[:4], flow=dict(zip(FLOW_PARTS, by_week[4:], strict=False)))


def _keys(levels):
    return ", ".join(f"k{at}" for at in range(len(levels)))
