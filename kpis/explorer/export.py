"""A view of the explorer as a table of typed values, just as it stands on the page."""

from django.utils.translation import gettext as _

from kam.downloads import table_response
from kam.templatetags import formats
from kpis.explorer import asked as ask
from kpis.explorer.asked import ACCOUNT, CATEGORY, PRODUCT, STORE
from kpis.explorer.showing import FLOW_WORDS, SHOW_WORDS, percent

ONE = {
    ACCOUNT: lambda: _("Account"),
    CATEGORY: lambda: _("Category"),
    PRODUCT: lambda: _("Product"),
    STORE: lambda: _("Store"),
}


def download(kind, table, columns):
    """All rows of a table as `csv` or `xlsx`; of in, out and stock four lines for each row."""
    asked = table.asked
    title = f"{_('Sell-through')}, {SHOW_WORDS[asked.show]}"
    shown = _Columns(asked, columns)
    return table_response(kind, "kpis-sell-through", title, shown.header(), shown.lines(table.every_row()))


class _Columns:
    """What stands beside each other in a download: where the row belongs, its number, weeks, figures, late weeks."""

    def __init__(self, asked, columns):
        self.asked, self.levels = asked, asked.levels_shown
        self.weeks = asked.mondays if any(column.name == "weeks" for column in columns) else []
        self.figures = [column for column in columns[1:] if column.exported]
        self.is_flow = asked.show == ask.FLOW and bool(self.weeks)

    def header(self):
        yield from (ONE[level]() for level in self.levels)
        yield _("Number")
        if self.is_flow:
            yield _("Goods")
        if self.asked.is_money:
            yield _("Currency")
        yield from (formats.week(week, with_year=True) for week in self.weeks)
        yield from (str(column.label) for column in self.figures)
        yield _("Late")

    def lines(self, rows):
        names = [""] * len(self.levels)
        for row in rows:
            names[row.depth :] = [row.place.name or _("Without category"), *[""] * (len(names) - row.depth - 1)]
            yield from self._lines_of(row, [*names, row.place.code])

    def _lines_of(self, row, head):
        late = formats.listed(formats.week(week, with_year=True) for week in sorted(row.late))
        figures = [*(column.value(row) for column in self.figures), late]
        if self.is_flow:
            for part, word in FLOW_WORDS.items():
                yield [*head, str(word), *(row.line.flow[part].get(week) for week in self.weeks), *figures]
            return
        currency = [row.place.currency or self.asked.currency] if self.asked.is_money else []
        yield [*head, *currency, *map(self._shown(row), self.weeks), *figures]

    def _shown(self, row):
        scale = percent if self.asked.show == "rate" else lambda value: value
        return lambda week: scale(row.line.shown.get(week))
