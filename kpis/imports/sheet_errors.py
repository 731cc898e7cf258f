"""Cells of an XLSX sheet that hold an error, such as #N/A: the reader gives them as empty, so they are looked for here.

Only a sheet that has any is read again. It runs in the process of `sheet`, after the archive was inspected.
"""

import posixpath
import zipfile
from pathlib import Path
from xml.etree import ElementTree
from xml.parsers import expat

from kpis.imports.archive import Contents

PIECE = 1 << 20
BOOK = "xl/workbook.xml"
ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
STRICT_ID = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"


def errors_of(path: Path, contents: Contents, sheet: str) -> dict[int, list[tuple[int, str]]]:
    """(column, word) of the cells with errors, by row; rows and columns from 0."""
    with zipfile.ZipFile(path) as archive:
        part = _part(archive, sheet)
        if part not in contents.with_errors:
            return {}
        cells = _Cells()
        with archive.open(part) as file:
            while piece := file.read(PIECE):
                cells.parser.Parse(piece)
        cells.parser.Parse(b"", True)
    return cells.found


def _part(archive, sheet):
    """The entry that holds a sheet."""
    book = ElementTree.fromstring(archive.read(BOOK))
    ids = {found.get("name"): found.get(ID) or found.get(STRICT_ID) for found in book.iter() if _is(found.tag, "sheet")}
    links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    target = next((link.get("Target", "") for link in links if link.get("Id") == ids.get(sheet)), "")
    return posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")


def _is(tag, name):
    return tag.rpartition("}")[2].rpartition(":")[2] == name


class _Cells:
    """Finds cells of type e while a sheet goes by; a cell without a reference stands right of the one before."""

    def __init__(self):
        self.found: dict[int, list[tuple[int, str]]] = {}
        self.row, self.column = -1, -1
        self.error, self.word = False, None
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end

    def start(self, tag, attributes):
        if _is(tag, "row"):
            self.row = int(attributes["r"]) - 1 if "r" in attributes else self.row + 1
            self.column = -1
        elif _is(tag, "c"):
            self.column = _column(attributes["r"]) if "r" in attributes else self.column + 1
            self.error = attributes.get("t") == "e"
        elif self.error and _is(tag, "v"):
            self.word = ""
            self.parser.CharacterDataHandler = self.text

    def text(self, text):
        self.word += text

    def end(self, tag):
        if self.word is not None and _is(tag, "v"):
            self.found.setdefault(self.row, []).append((self.column, self.word[:20]))
            self.parser.CharacterDataHandler = None
            self.word = None


def _column(reference):
    """The position from 0 of a column by a reference such as B12."""
    number = 0
    for letter in reference:
        if not letter.isalpha():
            break
        number = number * 26 + ord(letter.upper()) - 64
    return number - 1
