"""Whether a person has to say which column of a file is what, or whether what is known already fits it."""

import json
from pathlib import Path

from kpis.imports import look, store
from kpis.imports.errors import UnusableFile
from kpis.imports.headers import undated
from kpis.imports.look import Look
from kpis.imports.mapping import Format, Mapping
from kpis.imports.toml import parse_mapping
from kpis.models import ColumnMapping, ImportBatch

# What stands as the mapping of a batch that is mapped by columns: nobody said yet, somebody did, somebody did before.
ASK, FORM, REMEMBERED = "ask", "form", "remembered"
# What another mapping, or another way to cut the file, may mend.
MENDABLE = frozenset(
    (
        *(
            "missing_columns",
            "few_columns",
            "ambiguous_column",
            "wrong_delimiter",
            "no_weeks",
            "weeks_twice",
            "mapping",
        ),
        *("no_header", "blank_header", "no_account", "no_sheet", "empty_sheet", "encoding", "looks_utf8", "long_field"),
        *("unknown_encoding", "unclosed_quote", "binary"),
    )
)


def must_be_mapped(batch: ImportBatch, folder: Path) -> bool:
    """Look at the file of a batch, and tell whether its mapping has to be said. Raises UnusableFile."""
    if batch.mapping == FORM or not look.has_columns(folder / store.DATA):
        return False
    seen = look.look_at(folder / store.DATA, asked_format(folder))
    look.keep(folder, seen)
    if batch.mapping == ASK:
        return True
    mapping = parse_mapping((folder / store.MAPPING).read_text("utf-8"), batch.mapping)
    known = remembered(batch.feed) if batch.mapping == REMEMBERED else None
    return not fits(mapping, seen) or bool(known and shape_of(mapping, seen) != set(known.columns))


def remembered(feed) -> ColumnMapping | None:
    """How the files of a feed are read, as somebody said it on a page."""
    return ColumnMapping.objects.filter(feed=feed).first() if feed else None


def fits(mapping: Mapping, seen: Look) -> bool:
    """Whether a file has every column that a mapping needs."""
    header = seen.header(mapping.format.header, mapping.format.header_lines)
    width = len(header) or max((len(cells) for _line, cells in seen.rows), default=0)
    needed = [column.source for column in mapping.columns.values() if not column.optional]
    needed += [source for derived in mapping.derived for source in derived.asked]
    own = {*mapping.helpers, *header} if mapping.format.header else set(mapping.helpers)
    return all(source <= width if isinstance(source, int) else _is_among(source, own) for source in needed)


def _is_among(source, names):
    return source.casefold() in {name.casefold() for name in names}


def shape(seen: Look, line: int, lines: int = 1) -> set[str]:
    """The headers of a file by which it is known again, in so many lines up to this one: weeks in them change."""
    return {undated(name) for name in seen.header(line, lines)} - {""}


def shape_of(mapping: Mapping, seen: Look) -> set[str]:
    """The same where a mapping says which lines they are."""
    return shape(seen, mapping.format.header, mapping.format.header_lines)


def ask_format(folder: Path, said: dict) -> None:
    """Have the file looked at again, cut as somebody said: `encoding`, `delimiter`, `sheet`; what is empty is found."""
    (folder / store.ASKED).write_text(json.dumps(said), "utf-8")
    (folder / store.LOOK).unlink(missing_ok=True)


def asked_format(folder: Path) -> Format:
    """How somebody said that the file is cut."""
    path = folder / store.ASKED
    said = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    return Format(said.get("delimiter") or None, said.get("encoding") or None, sheet=said.get("sheet") or None)


def is_mendable(problem: UnusableFile, folder: Path) -> bool:
    """Whether somebody who says how the file is read may get over a problem of the whole file."""
    try:
        return problem.code in MENDABLE and look.has_columns(folder / store.DATA)
    except UnusableFile:
        return False
