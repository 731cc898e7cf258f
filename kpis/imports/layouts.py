"""What is read out of each EDI message: which value of which segment is which column of its table of line items.

A message is a tree of groups: its header, in it perhaps places or parcels, in these its line items. A row is one group
of the deepest level with the values of all groups around it, of which the inner ones count. No Django here.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby

from kpis.imports.refused import Refused
from kpis.imports.segments import Segment

MOST_GROUPS = 100_000
# Before the name of a column whose value counts where the column itself has none; it is no column of the table.
SECOND = "?"

Row = dict[str, str]


@dataclass(frozen=True)
class Value:
    """A column: the tag it comes from, how it is taken from such a segment, and what people call the place."""

    column: str
    tag: str
    take: Callable[[Segment], str]
    place: str


@dataclass(frozen=True)
class Layout:
    """How one type of message becomes rows.

    `levels` says at which depth a tag opens a group, `rows` at which depth groups are rows, `stop` the tags behind
    which nothing is a line item. A value named `?quantity` counts where there is no `quantity`. `finish` adds the
    `computed` columns to a row; `special` reads what has other groups.
    """

    message: str
    values: tuple[Value, ...]
    levels: dict[str, int] = field(default_factory=dict)
    rows: int = 1
    stop: tuple[str, ...] = ()
    finish: Callable[[Row], None] | None = None
    computed: tuple[str, ...] = ()
    special: Callable[["Layout", Row, Iterable[Segment]], Iterator[Row]] | None = None

    @cached_property
    def columns(self) -> dict[str, str]:
        """Where each column stands, in the order of the table; empty where it is no place in the file."""
        named = {"position": "", "message": ""}
        for value in self.values:
            places = named.get(value.column, "")
            new = "" if value.place in places.split(", ") else value.place
            named[value.column] = ", ".join(part for part in (places, new) if part)
        named |= {name: named.get(name, "") for name in self.computed}
        return {name: place for name, place in named.items() if not name.startswith(SECOND)}

    @cached_property
    def by_tag(self) -> dict[str, tuple[Value, ...]]:
        """The values by the tag they come from."""
        pairs = sorted(self.values, key=lambda value: value.tag)
        return {tag: tuple(found) for tag, found in groupby(pairs, key=lambda value: value.tag)}

    def read(self, reference: str, segments: Iterable[Segment]) -> Iterator[Row]:
        """The rows of one message."""
        header = {"message": reference}
        found = self.special(self, header, segments) if self.special else self._by_level(header, segments)
        for row in found:
            for name in [name for name in row if name.startswith(SECOND)]:
                row.setdefault(name.removeprefix(SECOND), row[name])
            if self.finish:
                self.finish(row)
            yield row

    def note(self, segment: Segment, group: Row) -> None:
        """Add what a segment says to its group; what was said first counts."""
        for value in self.by_tag.get(segment.tag, ()):
            if value.column not in group and (text := value.take(segment)):
                group[value.column] = text

    def _by_level(self, header, segments):
        groups = [header]
        for segment in segments:
            if segment.tag in self.stop:
                break
            if depth := self.levels.get(segment.tag):
                if len(groups) > self.rows:
                    yield merged(groups)
                groups[depth:] = [{} for _ in range(len(groups), depth)]
                groups.append({"position": str(segment.number)})
            self.note(segment, groups[-1])
        if len(groups) > self.rows:
            yield merged(groups)
        for _segment in segments:
            pass


def merged(groups: Iterable[Row]) -> Row:
    """The values of all groups; an inner one hides that of an outer one."""
    row = {}
    for group in groups:
        row |= group
    return row


def shipped_items(layout: Layout, header: Row, segments: Iterable[Segment]) -> Iterator[Row]:
    """The items of X12 856, whose groups name the group around them by its number (HL); rows have a quantity."""
    groups, (outer, own) = {}, ({}, header)
    for segment in segments:
        if segment.tag == "HL":
            yield from _shipped(outer, own)
            outer, own = _opened(groups, header, segment)
        layout.note(segment, own)
    yield from _shipped(outer, own)


def _shipped(outer, own):
    if "quantity" in own and "position" in own:
        yield merged((outer, own))


def _opened(groups, header, segment):
    """(the values around a new group, its own); what stands in the groups around it is complete by now."""
    number, parent = segment.get(1), segment.get(2)
    if not number or number in groups or (parent and parent not in groups):
        raise Refused("edi_parent", segment=segment.number, own=number[:20], parent=parent[:20])
    if len(groups) >= MOST_GROUPS:
        raise Refused("edi_many", segment=segment.number, most=MOST_GROUPS)
    groups[number] = merged(groups[parent]) if parent else header, {"position": str(segment.number)}
    return groups[number]


def activity_items(layout: Layout, header: Row, segments: Iterable[Segment]) -> Iterator[Row]:
    """The items of X12 852: what was sold and is in stock (ZA), for the store of the header or by store (SDQ).

    A row is one store of one LIN; a quantity stands under the name that `ACTIVITIES` gives its code.
    """
    item, stores, activity = None, {}, ""
    for segment in segments:
        if segment.tag == "LIN":
            yield from _of_stores(header, item, stores)
            item, stores, activity = {"position": str(segment.number)}, {}, ""
        if segment.tag == "ZA":
            activity = ACTIVITIES.get(segment.get(1), "")
            if item is not None and activity and segment.get(2):
                _add(item, activity, segment.get(2), segment)
        elif segment.tag == "SDQ" and item is not None and activity:
            _by_store(segment, activity, stores)
        else:
            layout.note(segment, header if item is None else item)
    yield from _of_stores(header, item, stores)


def _add(row, activity, quantity, segment):
    """A second quantity of the same kind could be another day, or a correction: nobody guesses which."""
    if activity in row:
        raise Refused("edi_twice", segment=segment.number, what=segment.get(1), value=quantity[:20])
    row[activity] = quantity


def _by_store(segment, activity, stores):
    for at in range(3, len(segment) + 1, 2):
        store, quantity = segment.get(at), segment.get(at + 1)
        if store or quantity:
            _add(stores.setdefault(store, {"store": store}), activity, quantity, segment)
    if len(stores) > MOST_GROUPS:
        raise Refused("edi_many", segment=segment.number, most=MOST_GROUPS)


def _of_stores(header, item, stores):
    """The rows of one item; where sales are told by store, a store of which none are told had none."""
    if item is None:
        return
    if not stores:
        yield merged((header, item))
    own = {name: text for name, text in item.items() if name not in ACTIVITIES.values()}
    none = {"sold": "0"} if any("sold" in found for found in stores.values()) else {}
    yield from (merged((header, own, none, found)) for found in stores.values())


ACTIVITIES = {"QS": "sold", "QA": "stock", "QR": "received", "QU": "returned", "QP": "on_order", "QI": "in_transit"}
