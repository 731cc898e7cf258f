"""What is proposed for the columns of a file: what was said before, as far as it fits, and suggestions for the rest."""

from dataclasses import dataclass, replace

from kpis.columns import answers as answers_of
from kpis.columns import seen as seen_of
from kpis.columns.answers import Answers
from kpis.imports import asking, look, store
from kpis.imports.errors import MappingError
from kpis.imports.headers import bare, undated
from kpis.imports.kinds import KINDS, Kind
from kpis.imports.look import Look
from kpis.imports.mapping import Mapping
from kpis.imports.toml import parse_mapping
from kpis.models import ColumnMapping, ImportBatch


@dataclass(frozen=True)
class Proposal:
    """What the form begins with.

    `known` are the fields that somebody said before, `lost` the columns they said that this file has not, `new` those
    of this file that were not there before; both stay empty where nothing was said.
    """

    kind: Kind
    look: Look
    answers: Answers
    known: frozenset[str] = frozenset()
    lost: tuple[str, ...] = ()
    new: tuple[str, ...] = ()


def of_batch(batch: ImportBatch, header: tuple[int, int] | None = None) -> Proposal | None:
    """What is proposed for a file that was looked at; with `header`, for one whose header is that (line, how many).

    None where nothing was seen of it.
    """
    folder = store.folder_of(batch.stored_name)
    seen = look.kept(folder)
    if seen is None:
        return None
    text = (folder / store.MAPPING).read_text("utf-8")
    known = asking.remembered(batch.feed)
    before = _plain(text if batch.mapping != asking.REMEMBERED or known is None else known.text)
    if known and (before is None or not before.columns):
        before = _plain(known.text)
    return of_look(KINDS[batch.kind], seen, before, known.columns if known else (), header)


def of_known(known: ColumnMapping, header: tuple[int, int] | None = None) -> Proposal | None:
    """What was said of the files of a feed, on the file it was said of; None where the form cannot show that."""
    before = _plain(known.text)
    if before is None or not known.sample:
        return None
    return of_look(KINDS[known.feed.kind], look.of(known.sample), before, (), header)


def of_look(
    kind: Kind, seen: Look, before: Mapping | None, columns=(), header: tuple[int, int] | None = None
) -> Proposal:
    """The same for what was seen of any file, what was said before, and the headers that it was said of."""
    if before is None or header is not None:
        return Proposal(kind, seen, answers_of.suggested(kind, seen, header))
    said = answers_of.of_mapping(before, seen)
    at = seen_of.columns(seen, said.header, said.header_lines)
    names = {column.name.casefold(): column for column in at}
    here = {name: source for name, source in said.columns.items() if _is_here(source, names, len(at))}
    if not here:
        return Proposal(kind, seen, answers_of.suggested(kind, seen))
    fresh = answers_of.suggested(kind, seen, (said.header, said.header_lines))
    taken = {str(source).casefold() for source in here.values()}
    more = {
        name: source
        for name, source in fresh.columns.items()
        if name not in here and name not in said.constants and str(source).casefold() not in taken
    }
    words = {bare(word) for word in answers_of.measures(answers_of.wide_columns(kind, at))}
    below = {name: word for name, word in said.cells.items() if bare(word) in words}
    lost = tuple(str(source) for name, source in said.columns.items() if name not in here)
    lost += tuple(word for name, word in said.cells.items() if word and name not in below)
    new = tuple(column.shown for column in at if columns and undated(column.name) not in {"", *columns})
    answers = replace(said, columns=here | more, cells=below, encoding=seen.encoding, delimiter=seen.delimiter)
    return Proposal(kind, seen, answers, frozenset(here), lost, new)


def _is_here(source, names, width):
    return source <= width if isinstance(source, int) else source.casefold() in names


def _plain(text) -> Mapping | None:
    """A mapping that the form can show whole; None for any other."""
    try:
        mapping = parse_mapping(text, asking.FORM)
    except MappingError:
        return None
    return mapping if answers_of.is_plain(mapping) else None
