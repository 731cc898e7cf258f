"""What people do about the columns of a file: say them, have it looked at again, keep them for a feed, forget them."""

from dataclasses import asdict
from functools import partial

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from kam import services
from kam.errors import Conflict, Denied
from kam.tasks import ring
from kam.workflow import move
from kpis.access import may_keep_feed
from kpis.imports import asking, look, store
from kpis.imports.errors import MappingError
from kpis.imports.look import Look
from kpis.imports.mapping import Mapping
from kpis.imports.toml import parse_mapping
from kpis.models import ColumnMapping, Feed, ImportBatch
from kpis.tasks import apply_batch
from kpis.workflow import IMPORT

SAMPLED = 12


@transaction.atomic
def say_columns(
    batch: ImportBatch, *, by, text: str, remember: bool = False, version: int | None = None
) -> ImportBatch:
    """Say by TOML how a file that waits for it is read, and have it checked; nothing is stored yet.

    With `remember` its feed's next files are read so too. Raises Conflict in another state, Stale, Denied,
    ValidationError for a mapping that cannot be.
    """
    _parsed(text, batch.kind)
    batch = move(batch, IMPORT, "map", by=by, version=version)
    folder = store.folder_of(batch.stored_name)
    (folder / store.MAPPING).write_text(text, "utf-8")
    if remember and batch.feed:
        remember_columns(batch.feed, by=by, text=text, seen=look.kept(folder))
    transaction.on_commit(partial(ring, apply_batch, batch.pk))
    return batch


@transaction.atomic
def look_again(batch: ImportBatch, *, by, encoding="", delimiter="", sheet="", version=None) -> ImportBatch:
    """Have a file of which nothing was stored looked at, as it is cut so, and its columns mapped anew.

    What is empty is found out. Raises Conflict in another state, and where the file is gone; Stale; Denied.
    """
    batch = move(batch, IMPORT, "look", by=by, version=version)
    said = {"encoding": encoding, "delimiter": delimiter, "sheet": sheet}
    asking.ask_format(store.folder_of(batch.stored_name), said)
    transaction.on_commit(partial(ring, apply_batch, batch.pk))
    return batch


@transaction.atomic
def remember_columns(feed: Feed, *, by, text: str, seen: Look | None = None, version=None) -> ColumnMapping:
    """Read the next files of a feed by this TOML. `seen` is a file it was made for: others are asked for again.

    Raises Denied, Stale, and ValidationError for a mapping that cannot be.
    """
    mapping = _parsed(text, feed.kind)
    _keeps(feed, by)
    fields = {"text": text, "by": by}
    if seen:
        rows = [row for row in seen.rows if row[0] <= mapping.format.header + SAMPLED]
        fields |= {
            "columns": sorted(asking.shape_of(mapping, seen)),
            "sample": asdict(seen) | {"rows": rows},
        }
    known = ColumnMapping.objects.filter(feed=feed).first()
    if known is None:
        return services.create(ColumnMapping(feed=feed, **fields), by=by)
    return services.change(known, by=by, version=version, fields=fields)


def change_mapping(known: ColumnMapping, *, by, version, feed=None, text=None) -> ColumnMapping:
    """Read the files of its feed by another TOML; the same again leaves it to who said it.

    Raises Denied, Stale, Conflict for another feed, ValidationError.
    """
    if feed is not None and feed != known.feed:
        raise Conflict(_("A mapping stays with its feed."))
    if text in (None, known.text):
        _keeps(known.feed, by)
        return services.change(known, by=by, version=version, fields={})
    return remember_columns(known.feed, by=by, text=text, version=version)


def forget_columns(known: ColumnMapping, *, by) -> None:
    """Read the next files of its feed as the feed says. Raises Denied."""
    _keeps(known.feed, by)
    services.remove(known, by=by)


def _keeps(feed, by):
    if by is not None and not may_keep_feed(by, feed):
        raise Denied(_("How files of all accounts are read is said by analysts and administrators."))


def _parsed(text, kind) -> Mapping:
    try:
        mapping = parse_mapping(text, asking.FORM)
    except MappingError as problem:
        raise ValidationError({"mapping": str(problem)}) from problem
    if mapping.kind.name != kind:
        said = {"found": mapping.kind.name, "kind": kind}
        raise ValidationError({"mapping": _("The mapping is for %(found)s, not for %(kind)s.") % said})
    return mapping
