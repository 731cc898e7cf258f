"""The rows of one view: a page of the outermost ones, below them what the reader opened, and the sum of all."""

from dataclasses import dataclass

from django.utils.functional import cached_property

from kpis.explorer.lines import Line, Ordered, Place, Places, figures_of, total_of

PAGE = 50
OPENED_PAGE = 20


@dataclass
class Row:
    """One row of the table: `depth` 0 is the outermost; `hidden` siblings after it are not shown."""

    place: Place
    line: Line
    level: str
    depth: int
    is_open: bool
    may_open: bool
    hidden: int = 0

    @property
    def path(self):
        """How the address names it."""
        return ".".join(map(str, self.place.keys))


class Table:
    """A view in its order; `total` is the Line of all its rows."""

    def __init__(self, asked, sort):
        self.asked, self.sort = asked, sort

    @cached_property
    def total(self):
        return total_of(self.asked)

    def every_row(self, chunk=500):
        """All rows, with everything that is opened, a chunk of the outermost ones at a time."""
        places = Ordered(self.asked, self.asked.levels(0), self.sort).beyond(None, False, None)
        for start in range(0, len(places), chunk):
            yield from rows_of(self.asked, self.sort, places[start : start + chunk], None)


class PageOfTable(Table):
    """The page of a view that a request asks for; `found` counts all outermost rows."""

    def __init__(self, asked, sort, request):
        super().__init__(asked, sort)
        self.page = Places(PAGE).page(Ordered(asked, asked.levels(0), sort), request)
        self.found = self.page.rows[0].siblings if self.page.rows else 0
        self.rows = rows_of(asked, sort, self.page.rows, OPENED_PAGE)


def rows_of(asked, sort, places, most):
    """The outermost rows of these places, each with what is opened below it: two queries for each depth.

    Below one row at most `most` are shown, None for all.
    """
    below, depth = {}, 0
    while places:
        lines = figures_of(asked, asked.levels(depth), [place.keys for place in places])
        for place in places:
            below.setdefault(place.keys[:-1], []).append(_row(asked, place, lines[place.keys], depth))
        opened = [place.keys for place in places if place.keys in asked.opened and asked.may_open(depth)]
        depth += 1
        places = Ordered(asked, asked.levels(depth), sort, opened).first(most) if opened else []
    for rows in below.values():
        rows[-1].hidden = rows[-1].place.siblings - len(rows) if rows[-1].depth else 0
    return list(_walked(below, ()))


def _row(asked, place, line, depth):
    may_open = asked.may_open(depth)
    is_open = may_open and place.keys in asked.opened
    return Row(place, line, asked.levels(depth)[-1], depth, is_open, may_open)


def _walked(below, path):
    """Rows in reading order: each before those below it."""
    for row in below.get(path, ()):
        yield row
        yield from _walked(below, row.place.keys)
