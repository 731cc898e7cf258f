"""Small files and mappings for the tests of imports."""

import io
import os
from datetime import date, datetime
from pathlib import Path

import pytest
import xlsxwriter

from kpis.imports.check import check_file
from kpis.imports.services import process, receive
from kpis.imports.toml import mapping_text, parse_mapping

FORMS = {"day": "dd.mm.yyyy", "moment": "dd.mm.yyyy hh:mm"}
SELL_THROUGH = """
kind = "sell_through"
optional = ["value", "stock"]
[columns]
account = "account"
store = "store"
product = "product"
week = "week"
units = "units"
value = "value"
stock = "stock"
"""

CREATES = """
[create.accounts]
country = { constant = "DE" }
currency = { constant = "EUR" }
[create.stores]
[create.products]
"""


def ours(name: str):
    """One of our mappings."""
    return parse_mapping(mapping_text(name), name)


def write(folder: Path, text: str | bytes, name: str = "file.csv") -> Path:
    """A file with that content."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def workbook(*sheets, **options) -> bytes:
    """An XLSX file of sheets, each (name, rows) or rows; cells are written by their type, errors such as #N/A too."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"strings_to_formulas": False, "strings_to_urls": False} | options) as book:
        formats = {name: book.add_format({"num_format": form}) for name, form in FORMS.items()}
        for sheet in sheets:
            name, rows = sheet if isinstance(sheet, tuple) else (None, sheet)
            page = book.add_worksheet(name)
            for at, row in enumerate(rows):
                for column, value in enumerate(row):
                    _write_cell(page, at, column, value, formats)
    return content.getvalue()


def _write_cell(page, row, column, value, formats):
    if isinstance(value, str) and value.startswith("#"):
        page.write_formula(row, column, "=NA()", value=value)
    elif isinstance(value, str):
        page.write_string(row, column, value)
    elif isinstance(value, datetime):
        page.write_datetime(row, column, value, formats["moment"])
    elif isinstance(value, date):
        page.write_datetime(row, column, value, formats["day"])
    elif value is not None:
        page.write(row, column, value)


def check(folder: Path, text: str | bytes, mapping: str):
    """The Result of checking that text by that TOML."""
    return check_file(write(folder, text), parse_mapping(mapping, "test.toml"))


def complaints(result) -> list[tuple]:
    """(line, column, value, code) of every fault, in the order of the file."""
    rows = result.errors.sort("line", maintain_order=True).select("line", "column", "value", "code").rows()
    return [tuple(row) for row in rows]


def data(*parts: str) -> Path:
    """A file or folder of the real data; skips without KAM_DATA, fails where the file is missing."""
    if not os.environ.get("KAM_DATA"):
        pytest.skip("KAM_DATA is not set: the real data is not here")
    path = Path(os.environ["KAM_DATA"]).joinpath(*parts)
    assert path.exists(), f"{path} is missing"
    return path


def take(text: str | bytes, mapping: str, *, kind: str = "sell_through", by=None, **options):
    """A text received and processed as a file; the finished batch."""
    content = io.BytesIO(text if isinstance(text, bytes) else text.encode())
    batch = receive(kind=kind, file=content, file_name="file.csv", by=by, text=mapping, mapping="test.toml", **options)
    return process(batch_id=batch.pk)
