"""One sheet of a workbook to lines of text: what the process of `unfolding` does with a workbook.

Line n of the text is row n of the sheet, so that every fault carries the row that people see. No Django here.
"""

import json
import mmap
from itertools import islice
from pathlib import Path

from kpis.imports import sheet_errors, sheet_older
from kpis.imports.archive import MOST_BYTES, inspect
from kpis.imports.families import LOCAL
from kpis.imports.refused import Refused
from kpis.imports.sheet_cells import CELL, text_of

ROWS = 10_000
PROTECTED = "EncryptedPackage".encode("utf-16-le")
MOST_NAMED = 20


def write(asked: dict, out) -> None:
    """The sheet that is asked for into a file: a line of facts, then its rows. Raises Refused."""
    path = Path(asked["path"])
    contents = _contents(path)
    workbook = _opened(path)
    sheet, facts = _chosen(workbook, asked)
    if sheet.end is None:
        raise Refused("empty_sheet", sheet=sheet.name)
    facts["merged"] = _merged(sheet, asked["header"])
    facts["sheets"], facts["rows"] = [table.name for table in workbook.sheets_metadata][:MOST_NAMED], sheet.total_height
    errors = _errors(path, contents, workbook, sheet.name)
    out.write(json.dumps(facts) + "\n")
    _write_rows(sheet, asked, errors, out)


def _errors(path, contents, workbook, name):
    """(column, word) of the sheet's cells with errors, by row."""
    if contents is None:
        return sheet_older.errors_of(path, [table.name for table in workbook.sheets_metadata].index(name))
    return sheet_errors.errors_of(path, contents, name) if contents.with_errors else {}


def _contents(path):
    """What the archive holds; None for the older format, which is none."""
    with path.open("rb") as file:
        start = file.read(len(LOCAL))
    if start == LOCAL:
        contents = inspect(path)
        if "xl/workbook.xml" not in contents.names:
            raise Refused("no_workbook")
        return contents
    if path.stat().st_size > MOST_BYTES:
        raise Refused("archive_size", most=MOST_BYTES >> 20)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as content:
        if content.find(PROTECTED) >= 0:
            raise Refused("encrypted")
    return None


def _opened(path):
    import python_calamine as calamine  # noqa: PLC0415 (after the limits hold)

    try:
        return calamine.CalamineWorkbook.from_path(path)
    except calamine.PasswordError as problem:
        raise Refused("encrypted") from problem
    except Exception as problem:
        raise Refused("broken_workbook") from problem


def _chosen(workbook, asked):
    """The sheet that is named, else the visible one whose header has most of the hoped for columns, and what to say."""
    tables = [m for m in workbook.sheets_metadata if str(m.typ) == "SheetTypeEnum.WorkSheet"]
    names = [table.name for table in tables]
    if asked["sheet"] is not None:
        return _sheet(workbook, _named(names, asked["sheet"])), {"sheet": "", "others": [], "hidden": []}
    shown = [table.name for table in tables if str(table.visible) == "SheetVisibleEnum.Visible"]
    hidden = [name for name in names if shown and name not in shown]
    sheet = _best(workbook, shown or names, asked)
    others = [name for name in shown if name != sheet.name]
    return sheet, {"sheet": sheet.name, "others": others[:MOST_NAMED], "hidden": hidden[:MOST_NAMED]}


def _named(names, wanted):
    if isinstance(wanted, int) and 0 < wanted <= len(names):
        return names[wanted - 1]
    same = (name for name in names if name.casefold() == str(wanted).casefold())
    name = wanted if wanted in names else next(same, None)
    if name is None:
        raise Refused("no_sheet", sheet=str(wanted), found=names[:MOST_NAMED])
    return name


def _best(workbook, names, asked):
    wanted = {str(name).casefold() for name in asked["names"]}
    best, score = None, (-1, False)
    for name in names:
        sheet = _sheet(workbook, name)
        found = (len(wanted & set(_header(sheet, asked["header"]))), sheet.end is not None)
        if found > score:
            best, score = sheet, found
        if wanted and score[0] == len(wanted):
            break
    if best is None:
        raise Refused("no_workbook")
    return best


def _sheet(workbook, name):
    try:
        return workbook.get_sheet_by_name(name)
    except Exception as problem:
        raise Refused("broken_workbook") from problem


def _header(sheet, line):
    """The words of the header's row."""
    if sheet.end is None or not line:
        return []
    rows = sheet.to_python(skip_empty_area=False, nrows=line)
    return [str(cell).strip().casefold() for cell in rows[line - 1]] if len(rows) >= line else []


def _merged(sheet, header):
    """The first merged area that reaches below the header, as people write it."""
    for (top, left), (bottom, right) in sorted(sheet.merged_cell_ranges or ()):
        if bottom >= header:
            return f"{letters(left)}{top + 1}:{letters(right)}{bottom + 1}"
    return ""


def letters(column: int) -> str:
    """A, B, … Z, AA for a column by its position from 0."""
    found = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        found = chr(65 + rest) + found
    return found


def _write_rows(sheet, asked, errors, out):
    """Every row a line, an empty row an empty line; empty rows at the end are left out."""
    left = [""] * sheet.start[1]
    marks = _marks_below(left + [""] * sheet.width, asked)[len(left) :]
    lines, blank = [], 0
    for number, row in enumerate(islice(sheet.iter_rows(), asked["most"])):
        cells = left + [text_of(value, *mark) for value, mark in zip(row, marks, strict=True)]
        for column, word in errors.get(number, ()):
            cells[column] = word
        if number + 1 == asked["header"]:
            marks = _marks_below(cells, asked)[len(left) :]
        if not any(cells):
            blank += 1
            continue
        lines += [""] * blank + [CELL.join(cells)]
        blank = 0
        if len(lines) > ROWS:
            out.write("\n".join(lines) + "\n")
            lines.clear()
    out.writelines(f"{line}\n" for line in lines)


def _mark(marks):
    return marks["decimal"], tuple(marks["dates"])


def _marks_below(header, asked):
    """Decimal mark and forms of dates of each column: by its name, or its position from 1."""
    marks = [_mark(asked["marks"])] * len(header)
    for source, own in asked["columns"]:
        for position, name in enumerate(header):
            if source == position + 1 or str(source).casefold() == name.strip().casefold():
                marks[position] = _mark(own)
    return marks
