"""Tables that people download: CSV that is streamed, that Excel recognises, and that holds no formulas."""

import csv
import re

from django.http import StreamingHttpResponse

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


def streamed(name, lines):
    """Lines of CSV as a download called `name`."""
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
