"""A table of text being written: a line of facts, a header, a line for each row. No Django here."""

import json
from collections.abc import Iterable
from itertools import islice

from kpis.imports.sheet_cells import CELL, clean

ROWS = 1_000
# No field of ours is so long: what is cut is too long all the same, and a header that every row repeats does not grow.
LONGEST_CELL = 1_000
# Room for the facts, which are only known at the end and stand at the beginning.
FACTS = 8_000


class Table:
    """Writes rows by their columns; `close` writes the facts, and must be called."""

    def __init__(self, out, family: str, columns: dict[str, str]):
        self.out = out
        self.facts = {"family": family, "columns": columns}
        out.write(" " * FACTS + "\n" + CELL.join(columns) + "\n")

    def write(self, rows: Iterable[dict[str, str]]) -> None:
        """Write rows of text by column; what a row does not have is empty."""
        names, rows = list(self.facts["columns"]), iter(rows)
        while some := list(islice(rows, ROWS)):
            self.out.writelines(CELL.join([_cell(row.get(name, "")) for name in names]) + "\n" for row in some)

    def close(self, ignored: dict[str, int]) -> None:
        """Write the facts; `ignored` counts the messages of other kinds."""
        self.out.seek(0)
        named = {name[:20]: count for name, count in ignored.items()}
        self.out.write(json.dumps(self.facts | {"ignored": named}).ljust(FACTS))


def _cell(text):
    text = text[:LONGEST_CELL]
    return text if text.isprintable() else clean(text)
