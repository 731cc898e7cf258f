"""Tables that people download, without formulas: CSV that is streamed, workbooks whose cells have types."""

import csv
import os
import re
import tempfile
from datetime import date, datetime
from decimal import Decimal

import xlsxwriter
from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from kam.errors import Conflict

KINDS = ("csv", "xlsx")
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
FORMULA = re.compile(
    r"^[\s\x00-\x20\u00a0\u200b-\u200f\ufeff]*[=+\-@|\uff1d\uff0b\uff0d\uff20]|^[ \u00a0\ufeff]*[\t\r\n]"
)
# Where a list separator is a semicolon, a spreadsheet begins a new cell behind it, whatever our separator is.
INNER = re.compile(r"(;[\s\x00-\x20\u00a0\u200b-\u200f\ufeff]*)(?=[=+\-@|\uff1d\uff0b\uff0d\uff20])")
NUMBER = re.compile(r"^[+-]?\d+([.,]\d+)*$")


class _Echo:
    """A file that gives back what is written to it, so that csv can stream."""

    def write(self, line):
        return line


_writer = csv.writer(_Echo())


def neutral(value, *, keep_numbers=False):
    """Text that no spreadsheet takes for a formula; values that are no text stay, and with `keep_numbers` `-5` too."""
    if not isinstance(value, str):
        return value
    value = INNER.sub(r"\1'", value)
    if not FORMULA.match(value) or (keep_numbers and NUMBER.match(value)):
        return value
    return f"'{value}"


def csv_line(cells, *, keep_numbers=False):
    """One line with its end; None is an empty cell."""
    return _writer.writerow(["" if cell is None else neutral(cell, keep_numbers=keep_numbers) for cell in cells])


def csv_response(name, header, rows):
    """A streamed download of a table in UTF-8, with the mark by which Excel recognises it."""

    def lines():
        yield BOM + csv_line([str(head) for head in header])
        yield from map(csv_line, rows)

    return streamed(name, lines())


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
XLSX_ROWS = 1_048_575
XLSX_TEXT = 32_767
# Text stays text, whatever it begins with; rows are written to disk as they come.
XLSX_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "default_date_format": "yyyy-mm-dd",
}
MOMENT = "yyyy-mm-dd hh:mm"
WIDEST = 48


def xlsx_response(name, title, header, rows):
    """A download of a table as a workbook: typed cells, header that stays, filter; times in the reader's zone.

    Raises Conflict when there are more rows than a sheet can hold.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115 (whoever streams it closes it)
    with xlsxwriter.Workbook(file, XLSX_OPTIONS) as book:
        _fill(book, title, [str(head) for head in header], rows)
    return StreamingHttpResponse(
        _chunks(file),
        content_type=XLSX,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Content-Length": file.seek(0, os.SEEK_END)},
    )


def _chunks(file):
    """What stands in the file, from its beginning; the file is closed behind it."""
    with file:
        file.seek(0)
        while chunk := file.read(1 << 16):
            yield chunk


def _fill(book, title, header, rows):
    sheet = book.add_worksheet(re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", title)[:31].strip("' ") or None)
    bold, moment = book.add_format({"bold": True}), book.add_format({"num_format": MOMENT})
    sheet.freeze_panes(1, 1)
    for place, head in enumerate(header):
        sheet.set_column(place, place, min(max(len(head) + 4, 12), WIDEST))
        sheet.write_string(0, place, head, bold)
    number = 0
    for number, row in enumerate(rows, 1):
        if number > XLSX_ROWS:
            raise Conflict(_("A sheet holds at most 1,048,575 rows. Narrow the view, or take the CSV."))
        for place, value in enumerate(row):
            _write(sheet, number, place, value, moment)
    sheet.autofilter(0, 0, max(number, 1), len(header) - 1)


def _write(sheet, row, place, value, moment):
    if value is None or value == "":
        return
    if isinstance(value, datetime):
        local = timezone.localtime(value) if timezone.is_aware(value) else value
        sheet.write_datetime(row, place, local.replace(tzinfo=None), moment)
    elif isinstance(value, date):
        sheet.write_datetime(row, place, value)
    elif isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        sheet.write_number(row, place, value)
    else:
        sheet.write_string(row, place, str(value)[:XLSX_TEXT])


def asked_for(request):
    """`csv` or `xlsx` where `?format=` asks for the table as a file, else None."""
    kind = request.GET.get("format")
    return kind if kind in KINDS else None


def table_response(kind, stem, title, header, rows):
    """The table as `csv` or `xlsx`; the file is named by `stem` and the day."""
    name = f"{stem}-{timezone.localdate().isoformat()}.{kind}"
    if kind == "xlsx":
        return xlsx_response(name, title, header, rows)
    return csv_response(name, header, map(_plain, rows))


def _plain(row):
    return [value.isoformat(timespec="seconds") if isinstance(value, datetime) else value for value in row]


def streamed(name, lines):
    """Lines of CSV as a download called `name`."""
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
