"""The envelopes of EDIFACT and X12: interchanges, groups and messages, whose counts and references must be right.

Both are built alike, so one machine opens them; what differs is their marks and tags. No Django here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from kpis.imports.families import X12
from kpis.imports.refused import Refused
from kpis.imports.segments import Marks, Segment, Text

ISA_WIDTHS = (3, 2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1)
ISA_LENGTH = 106
LONGEST_COUNT = 10


@dataclass(frozen=True)
class Pair:
    """The first and the last segment of an envelope, and the element of the first that holds its reference.

    The last has the count in its first element and the reference in its second.
    """

    first: str
    last: str
    reference: int


@dataclass(frozen=True)
class Syntax:
    """The three envelopes of a family, and the element that says the type of a message.

    `beside` are segments that may stand between them; with `numbered`, references are numbers.
    """

    interchange: Pair
    group: Pair
    message: Pair
    type: int
    beside: tuple[str, ...] = ()
    numbered: bool = False


SYNTAX_EDIFACT = Syntax(Pair("UNB", "UNZ", 5), Pair("UNG", "UNE", 5), Pair("UNH", "UNT", 1), 2)
SYNTAX_X12 = Syntax(Pair("ISA", "IEA", 13), Pair("GS", "GE", 6), Pair("ST", "SE", 2), 1, ("TA1",), True)


@dataclass
class Message:
    """One message; its segments, without the first and the last, must be read before the next message is asked for."""

    type: str
    reference: str
    segments: Iterator[Segment] = field(repr=False)


def messages(text: Text, family: str) -> Iterator[Message]:
    """Every message of every interchange of a file. Raises Refused where an envelope is broken."""
    syntax, marks_of = (SYNTAX_X12, _marks_x12) if family == X12 else (SYNTAX_EDIFACT, _marks_edifact)
    while text.peek(1):
        marks = marks_of(text)
        first = text.next(marks)
        if first is None or first.tag != syntax.interchange.first:
            raise _misplaced(first, syntax.interchange.first, text)
        yield from _inside(text, marks, syntax, first, syntax.interchange)


def _marks_edifact(text):
    if text.peek(3) == "UNA":
        component, element, decimal, release, _reserved, end = text.take(9)[3:].ljust(6)
        return _different(text, Marks(element, component, end, release.strip(), decimal))
    if text.peek(4)[3:] != "+":
        raise Refused("edi_marks", segment=text.number + 1)
    return Marks("+", ":", "'", "?")


def _marks_x12(text):
    isa = text.peek(ISA_LENGTH)
    parts = isa.split(isa[3:4] or "*")
    if len(isa) < ISA_LENGTH or tuple(map(len, parts[:-1])) != ISA_WIDTHS or isa[104:] != parts[-1]:
        raise Refused("edi_isa", segment=text.number + 1)
    return _different(text, Marks(isa[3], isa[104], isa[105]))


def _different(text, marks):
    """Marks that cannot be taken for each other, or for what is written between them."""
    used = [marks.element, marks.component, marks.end, *marks.release]
    if len(set(used)) < len(used) or any(mark.isalnum() or mark == " " for mark in used):
        raise Refused("edi_marks", segment=text.number + 1)
    return marks


def _inside(text, marks, syntax, first, pair):
    """The messages between the first segment of an interchange or a group and its last, which is then checked."""
    groups = found = 0
    while (segment := _need(text, marks, pair.last)).tag != pair.last:
        if segment.tag == syntax.message.first and not groups:
            found += 1
            yield from _message(text, marks, syntax, segment)
        elif segment.tag == syntax.group.first and pair is syntax.interchange and not found:
            groups += 1
            yield from _inside(text, marks, syntax, segment, syntax.group)
        elif segment.tag not in syntax.beside:
            raise _misplaced(segment, pair.last, text)
    _close(segment, first, pair, groups or found, syntax)


def _message(text, marks, syntax, first):
    count = 2

    def segments():
        nonlocal count
        opening = {pair.first for pair in (syntax.interchange, syntax.group, syntax.message)}
        closing = {syntax.interchange.last, syntax.group.last}
        while (segment := _need(text, marks, syntax.message.last)).tag != syntax.message.last:
            if segment.tag in opening | closing:
                raise _misplaced(segment, syntax.message.last, text)
            count += 1
            yield segment
        _close(segment, first, syntax.message, count, syntax)

    yield Message(first.get(syntax.type), first.get(syntax.message.reference), segments())


def _need(text, marks, last):
    segment = text.next(marks)
    if segment is None:
        raise _misplaced(None, last, text)
    return segment


def _misplaced(segment, wanted, text):
    """What to raise where another segment stands than the one that must, or the file ends."""
    if segment is None:
        return Refused("edi_ends", wanted=wanted, segment=text.number)
    return Refused("edi_order", wanted=wanted, segment=segment.number, tag=segment.tag)


def _close(last, first, pair, count, syntax):
    """The count and the reference in the last segment of an envelope. Raises Refused naming what is wrong."""
    said = last.get(1)
    if not said.isdecimal() or len(said) > LONGEST_COUNT or int(said) != count:
        raise Refused("edi_count", tag=last.tag, segment=last.number, said=said[:20], found=count)
    said, opened = last.get(2), first.get(pair.reference)
    if said != opened and not (syntax.numbered and said.lstrip("0") == opened.lstrip("0")):
        told = {"said": said[:40], "first": first.tag, "found": opened[:40]}
        raise Refused("edi_reference", tag=last.tag, segment=last.number, **told)
