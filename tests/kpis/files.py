"""Small files and mappings for the tests of imports."""

import io
import os
from pathlib import Path

import pytest

from kpis.imports.check import check_file
from kpis.imports.services import process, receive
from kpis.imports.toml import parse_mapping

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


def write(folder: Path, text: str | bytes, name: str = "file.csv") -> Path:
    """A file with that content."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


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
