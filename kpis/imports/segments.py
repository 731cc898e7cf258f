"""EDIFACT and X12 text cut into segments, piece by piece: no file is too long, no segment longer than `LONGEST`.

The segments of a file are numbered from 1, the UNA service string among them; where each stands in a line of its own,
its number is its line. No Django here.
"""

import re
from dataclasses import dataclass
from typing import TextIO

from kpis.imports.refused import Refused

PIECE = 1 << 16
LONGEST = 1 << 16
TAG = re.compile(r"[A-Z][A-Z0-9]{1,2}")
SPACE = " \t\r\n"
BLANK = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True)
class Marks:
    """What separates elements, components and segments, takes a mark its meaning, and stands before decimals."""

    element: str
    component: str
    end: str
    release: str = ""
    decimal: str = "."


class Segment:
    """One segment: its number in the file, its tag, and its elements by their position from 1."""

    __slots__ = ("_parts", "marks", "number", "tag")

    def __init__(self, number: int, text: str, marks: Marks):
        self.number = number
        self.marks = marks
        self._parts = cut(text, marks.element, marks.release)
        self.tag = self._parts[0].partition(marks.component)[0].strip()

    def get(self, element: int, component: int = 1) -> str:
        """The text of a component, both from 1; empty where it is not there."""
        if element >= len(self._parts):
            return ""
        part, marks = self._parts[element], self.marks
        if marks.component in part:
            found = cut(part, marks.component, marks.release)
            part = found[component - 1] if component <= len(found) else ""
        elif component > 1:
            return ""
        if marks.release and marks.release in part:
            part = re.sub(f"{re.escape(marks.release)}(.?)", r"\1", part)
        return part.strip()

    def __len__(self):
        """How many elements stand behind the tag."""
        return len(self._parts) - 1


def cut(text: str, mark: str, release: str) -> list[str]:
    """The text between marks; a mark behind a release character is none."""
    parts = text.split(mark)
    if not release or release not in text:
        return parts
    joined, whole = [], ""
    for part in parts:
        whole += part
        if _is_released(whole, len(whole), 0, release):
            whole += mark
        else:
            joined.append(whole)
            whole = ""
    return joined + [whole] if whole else joined


def _is_released(text, at, start, release):
    """Whether an odd number of release characters stands before a position."""
    before = at
    while before > start and text[before - 1] == release:
        before -= 1
    return (at - before) % 2 == 1


class Text:
    """The text of a file, of which no more than a segment and a piece are held at a time."""

    def __init__(self, file: TextIO, encoding: str):
        self.file = file
        self.encoding = encoding
        self.buffer = ""
        self.at = 0
        self.number = 0

    def peek(self, size: int) -> str:
        """The next characters behind white space; fewer at the end of the file."""
        while True:
            self.at = BLANK.match(self.buffer, self.at).end()
            if len(self.buffer) - self.at >= size or not self._fill():
                return self.buffer[self.at : self.at + size]

    def take(self, size: int) -> str:
        """What `peek` shows, as one segment."""
        found = self.peek(size)
        self.at += len(found)
        self.number += 1
        return found

    def next(self, marks: Marks) -> Segment | None:
        """The next segment; None at the end of the file. Raises Refused for what is none, or is not ended."""
        if not self.peek(1):
            return None
        self.number += 1
        end = self._end(marks)
        raw = self.buffer[self.at : end]
        self.at = end + 1
        segment = Segment(self.number, raw.replace("\r", "").replace("\n", ""), marks)
        if not TAG.fullmatch(segment.tag):
            raise Refused("edi_tag", segment=self.number, tag=segment.tag[:20])
        return segment

    def _end(self, marks):
        look = self.at
        while True:
            end = self.buffer.find(marks.end, look)
            if end < 0:
                look = len(self.buffer) - self.at
                if look > LONGEST:
                    raise Refused("edi_long", segment=self.number, most=LONGEST)
                if not self._fill():
                    if marks.end in SPACE:  # the last line of a file may lack its line break
                        return len(self.buffer)
                    raise Refused("edi_cut_off", segment=self.number)
            elif marks.release and _is_released(self.buffer, end, self.at, marks.release):
                look = end + 1
            else:
                return end

    def _fill(self):
        """Read one more piece behind what is left; the buffer then begins where reading stands."""
        try:
            piece = self.file.read(PIECE)
        except UnicodeDecodeError as problem:
            raise Refused("edi_encoding", segment=self.number, encoding=self.encoding) from problem
        if "\0" in piece:
            raise Refused("edi_binary", segment=self.number)
        self.buffer = self.buffer[self.at :] + piece
        self.at = 0
        return bool(piece)
