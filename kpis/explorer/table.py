"""The rows of one view: a page of the outermost ones, below them what the reader opened, and the sum of all."""

from dataclasses import dataclass
from datetime import date

from django.utils.functional import cached_property

from kpis.explorer.asked import ACCOUNT
from kpis.explorer.lines import ALL, Line, Ordered, Place, Places, figures_of, first_below

PAGE = 50
OPENED_PAGE = 20


@dataclass
class Row:
    """One row of the table: `depth` 0 is the outermost; `hidden` siblings after it are not shown.

    `late` are the weeks of which its news is late or not whole.
    """

    place: Place
    line: Line
    level: str
    depth: int
    is_open: bool
    may_open: bool
    late: frozenset[date]
    hidden: int = 0

    @property
    def path(self):
        """How the address names it."""
        return ".".join(map(str, self.place.keys))


class Table:
    """A view in its order; `total` is the Line of all its rows, `news` what is missing from them."""

    def __init__(self, asked, sort):
        self.asked, self.sort = asked, sort

    @cached_property
    def whole(self):
        """The figures of all rows together."""
        return figures_of(self.asked, [ALL])

    @property
    def total(self):
        return self.whole.total

    @property
    def news(self):
        return self.whole.news

    def every_row(self, chunk=500):
        """All rows, with everything that is opened, a chunk of the outermost ones at a time."""
        places = Ordered(self.asked, self.asked.levels(0), self.sort).beyond(None, False, None)
        for start in range(0, len(places), chunk):
            shown = with_opened(self.asked, self.sort, places[start : start + chunk], None)
            yield from self.rows_of(shown, figures_of(self.asked, _wanted(self.asked, shown)))

    def rows_of(self, shown, figures):
        """The rows of these places by depth, in reading order."""
        below = {}
        for depth, places in enumerate(shown):
            for place in places:
                row = self._row(place, figures.lines[place.keys], depth)
                below.setdefault(place.keys[:-1], []).append(row)
        for rows in below.values():
            rows[-1].hidden = rows[-1].place.siblings - len(rows) if rows[-1].depth else 0
        return list(_walked(below, ()))

    def _row(self, place, line, depth):
        asked = self.asked
        level, may_open = asked.levels(depth)[-1], asked.may_open(depth)
        late = self.news.of(place.keys[0] if asked.by == ACCOUNT else None)
        return Row(place, line, level, depth, may_open and place.keys in asked.opened, may_open, late)


class PageOfTable(Table):
    """The page of a view that a request asks for; `found` counts all outermost rows.

    However much is opened, it costs three queries: the page, what is opened below it, and all figures with their sum.
    """

    def __init__(self, asked, sort, request):
        super().__init__(asked, sort)
        self.page = Places(PAGE).page(Ordered(asked, asked.levels(0), sort), request)
        self.found = self.page.rows[0].siblings if self.page.rows else 0
        shown = with_opened(asked, sort, self.page.rows, OPENED_PAGE)
        self.whole = figures_of(asked, [*_wanted(asked, shown), ALL])
        self.rows = self.rows_of(shown, self.whole)


def with_opened(asked, sort, places, most):
    """The outermost places and what is opened below them, a list for each depth: one query.

    Below one place at most `most` are shown, None for all. What is opened below a place that is not shown is left out.
    """
    shown = [places]
    for place in first_below(_opened(asked, sort, places), most):
        depth = len(place.keys) - 1
        shown += [[] for _ in range(depth + 1 - len(shown))]
        shown[depth].append(place)
    for depth in range(1, len(shown)):
        above = {place.keys for place in shown[depth - 1]}
        shown[depth] = [place for place in shown[depth] if place.keys[:-1] in above]
    return shown


def _opened(asked, sort, places):
    """The rows below what is opened, as `Ordered` for each depth: what the address opens is known before it is read."""
    depth, paths = 0, {place.keys for place in places} & set(asked.opened)
    while paths and asked.may_open(depth):
        depth += 1
        yield Ordered(asked, asked.levels(depth), sort, sorted(paths))
        paths = {path for path in asked.opened if path[:-1] in paths}


def _wanted(asked, shown):
    """The levels and paths of what is shown."""
    return [(asked.levels(depth), [p.keys for p in places]) for depth, places in enumerate(shown) if places]


def _walked(below, path):
    """Rows in reading order: each before those below it."""
    for row in below.get(path, ()):
        yield row
        yield from _walked(below, row.place.keys)
