"""The life of a batch: received → read and checked → applied, all or nothing, or kept with every reason why not."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from typing import BinaryIO

from django.db import IntegrityError, OperationalError, transaction
from django.db.models import F, Q
from django.utils import timezone

from kam.audit import log
from kam.leases import heartbeat, take_turns
from kpis.imports import asking, brought, kept, store, straight, weeks, workbook
from kpis.imports.apply import apply, keeps_good_rows
from kpis.imports.beside import sums_beside
from kpis.imports.check import check_file, corrections_of, unfold
from kpis.imports.copying import copy_in
from kpis.imports.corrections import Corrections, is_correction
from kpis.imports.errors import MappingError, UnusableFile
from kpis.imports.mapping import Mapping
from kpis.imports.progress import Overtaken, Phase, Progress, mine
from kpis.imports.ready import ready_mapping
from kpis.imports.result import Result
from kpis.imports.toml import mapping_text, parse_mapping
from kpis.models import Feed, ImportBatch, ImportError

State = ImportBatch.State
LEASE = timedelta(minutes=2)
BEATS = 1.0
ATTEMPTS = 3
TOLD = {State.APPLIED: "imported", State.REJECTED: "rejected", State.UNUSABLE: "unusable"}
BIGGEST_SUM = 10**17


class Undone(Exception):
    """Rolls back what was tried, when rows are bad or when only a check was asked for; it has the Result."""


def receive(
    *,
    kind: str,
    file: BinaryIO,
    file_name: str,
    by,
    feed: Feed | None = None,
    mapping: str = "",
    text: str | None = None,
    beside: Iterable[tuple[str, BinaryIO]] = (),
    dry_run: bool = False,
    by_form: bool = False,
    corrects: ImportBatch | None = None,
) -> ImportBatch:
    """Store a file as a waiting batch; `process` reads it.

    `mapping` names one of our mappings, unless `text` is the TOML itself; without either it is what somebody mapped the
    feed's columns to, else the feed's, else that for the messages in the file, else the kind's default. With `by_form`
    a person maps the columns where none of these fits. `beside` holds (name, file) of the files that the mapping joins,
    `corrects` is the batch whose bad rows these are. Raises UnusableFile when mapping or feed is for another kind, or
    the mapping is not usable.
    """
    by_form = by_form and not mapping and text is None
    mapping, text = _chosen(mapping, text, feed)
    if mapping == "default" and text is None:
        mapping = ready_mapping(kind, file) or mapping
    if feed and feed.kind != kind:
        raise UnusableFile("feed_kind", feed=feed.code, found=feed.kind, kind=kind)
    text, found = _usable(kind, mapping, text)
    beside = list(beside)
    joins = {lookup.file for lookup in found.lookups} | {name for name, _file in beside if is_correction(name)}
    stored = store.keep(file, kind, text, [pair for pair in beside if pair[0] in joins], _whose(by, feed))
    return ImportBatch.objects.create(
        feed=feed,
        kind=kind,
        mapping=mapping[:80],
        file_name=file_name[:255],
        stored_name=stored.name,
        size=stored.size,
        content=stored.content,
        sha256=stored.sha256,
        dry_run=dry_run,
        by=by,
        by_form=by_form,
        corrects=corrects,
    )


def _chosen(mapping, text, feed):
    """(name, text) of the mapping that counts; without text it is one of ours."""
    known = asking.remembered(feed) if not mapping and text is None else None
    if known:
        return asking.REMEMBERED, known.text
    return mapping or (feed.mapping if feed else "") or "default", text


def _whose(by, feed):
    """Whose the files are that are told to be the same; those of an account's feed are everybody's who sees it."""
    return "" if by is None or (feed and feed.account_id) else str(by.pk)


def joined_files(*, kind: str, mapping: str = "", text: str | None = None, feed: Feed | None = None) -> set[str]:
    """Names of the files that must lie beside the imported one. Raises UnusableFile as `receive` does."""
    _, found = _usable(kind, *_chosen(mapping, text, feed))
    return {lookup.file for lookup in found.lookups}


def _usable(kind, name, text):
    try:
        text = mapping_text(f"default_{kind}" if name == "default" else name) if text is None else text
        found = parse_mapping(text, name)
    except MappingError as problem:
        raise UnusableFile("mapping", problem=str(problem)) from problem
    if found.kind.name != kind:
        raise UnusableFile("wrong_kind", name=name, found=found.kind.name, kind=kind)
    return text, found


def process(*, batch_id: int) -> ImportBatch:
    """Read a waiting batch to its end; a batch that somebody else is reading, or that is done, is left alone.

    What a killed process left behind is taken up again when its lease is over. The outcome is the batch's state:
    applied, checked (dry run), duplicate, rejected, mapping (a person is asked), or unusable with a `problem`.
    """
    if not _claim(batch_id):
        return ImportBatch.objects.get(pk=batch_id)
    batch = ImportBatch.objects.select_related("feed__account", "by", "corrects").get(pk=batch_id)
    progress = Progress(batch, LEASE)
    try:
        with heartbeat(progress.tell, min(BEATS * 3, LEASE.total_seconds())):
            _read(batch, progress)
    except Overtaken:
        batch.refresh_from_db()
    except BaseException as problem:
        if isinstance(problem, OperationalError) and progress.is_lost:  # its statement was stopped
            return ImportBatch.objects.get(pk=batch.pk)
        mine(batch).update(lease_until=timezone.now())
        raise
    if batch.state not in (State.READING, State.REJECTED):  # the report of a rejected workbook is made from its text
        workbook.forget(store.folder_of(batch.stored_name) / store.DATA)
    return batch


def _read(batch, progress):
    """Read a batch; what makes its file unusable is told, or asked of a person who may mend it. Raises Overtaken."""
    try:
        _run(batch, progress)
    except UnusableFile as problem:
        asks = batch.by_form and asking.is_mendable(problem, store.folder_of(batch.stored_name))
        told = {"code": problem.code, "params": problem.params}
        _finish(batch, State.MAPPING if asks else State.UNUSABLE, problem=told)


def _claim(batch_id):
    now = timezone.now()
    free = Q(state=State.WAITING) | Q(state=State.READING, lease_until__lt=now, attempt__lt=ATTEMPTS)
    claimed = ImportBatch.objects.filter(free, pk=batch_id)
    return claimed.update(state=State.READING, lease_until=now + LEASE, attempt=F("attempt") + 1)


def left_behind():
    """Batches whose reader died and that may be tried again; those tried too often are given up."""
    lost = ImportBatch.objects.filter(state=State.READING, lease_until__lt=timezone.now())
    with transaction.atomic():
        for batch in lost.filter(attempt__gte=ATTEMPTS).select_for_update(skip_locked=True):
            _finish(batch, State.UNUSABLE, problem={"code": "failed", "params": {"times": ATTEMPTS}})
    return lost.filter(attempt__lt=ATTEMPTS)


def _run(batch, progress):
    folder = store.folder_of(batch.stored_name)
    if batch.by_form:
        progress.begin(Phase.LOOKING)
        if asking.must_be_mapped(batch, folder):
            return _finish(batch, State.MAPPING)
        batch.content = batch.content or store.content_of(batch.stored_name, batch.kind, _whose(batch.by, batch.feed))
    if first := _first(batch):
        return _duplicate(batch, first)
    mapping = mapping_of(batch)
    kept.sweep(folder)
    brought.forget(folder)
    progress.begin(Phase.OPENING)
    unfold(folder / store.DATA, mapping)
    if straight.may_go(batch, mapping):
        with suppress(straight.Doubt), sums_beside() as beside:
            return _store(batch, lambda: straight.stored(batch, mapping, progress, beside))
        progress.rows = 0
    result = check_file(folder / store.DATA, mapping, folder, progress, fixes_of(batch, mapping))
    progress.begin(Phase.COMPARING)
    return _store(batch, lambda: (result, apply(result, mapping, batch)))


def _store(batch, stored):
    """Store what came of a file as `stored` does in one transaction, which it gives back as Result and Outcome."""
    try:
        with transaction.atomic():
            _apply(batch, stored)
    except Undone as undone:
        result = undone.args[0]
        refused = result.rejected and not _stores_some(batch, result)
        _refuse(batch, result) if refused else _finish(batch, State.CHECKED, result)
    except IntegrityError:
        if not (first := _first(batch)):
            raise
        _duplicate(batch, first)


def fixes_of(batch: ImportBatch, mapping: Mapping) -> Corrections | None:
    """The corrected rows of a batch; alone where the good rows of what it corrects are stored already."""
    alone = batch.corrects is not None and batch.corrects.state == State.APPLIED
    return corrections_of(store.folder_of(batch.stored_name), mapping, alone=alone)


def mapping_of(batch: ImportBatch) -> Mapping:
    """The mapping a batch was received with, and its feed's account for lines that name none."""
    text = (store.folder_of(batch.stored_name) / store.MAPPING).read_text("utf-8")
    mapping = parse_mapping(text, batch.mapping)
    account = batch.feed.account if batch.feed else None
    return mapping.with_constants(account=account.code) if account and mapping.kind.field("account") else mapping


def own_mapping(batch: ImportBatch) -> str | None:
    """The text of the mapping that was handed in with a batch; None where it was one of ours."""
    text = (store.folder_of(batch.stored_name) / store.MAPPING).read_text("utf-8")
    try:
        ours, _ = _usable(batch.kind, batch.mapping, None)
    except UnusableFile:
        return text
    return None if text == ours else text


def _apply(batch, stored):
    """Everything that must happen together. Raises Undone to have it rolled back."""
    take_turns(f"kam:import:{batch.content}")  # the same file given twice at once is read twice, but applied once
    if not mine(batch).exists():
        raise Overtaken
    if not batch.dry_run and _first(batch):
        raise IntegrityError("applied meanwhile")
    result, outcome = stored()
    batch.created, batch.changes = outcome.created, outcome.changes
    result.weeks = outcome.weeks
    if batch.dry_run or result.rejected and not _stores_some(batch, result):
        raise Undone(result)
    _finish(batch, State.APPLIED, result)


def _stores_some(batch, result):
    """Whether good rows are stored although others are bad: only where its feed says so."""
    return keeps_good_rows(batch) and result.accepted > 0


def _first(batch):
    """The batch that applied the same file for the same feed, or None."""
    same = ImportBatch.objects.filter(feed=batch.feed, kind=batch.kind, content=batch.content, state=State.APPLIED)
    return same.first()


def _duplicate(batch, first):
    fields = ("rows", "accepted", "rejected", "ignored", "units", "value")
    for name in fields:
        setattr(batch, name, getattr(first, name))
    batch.duplicate_of = first
    _finish(batch, State.DUPLICATE)


@transaction.atomic
def _finish(batch, state, result: Result | None = None, problem=None):
    """Set the outcome of a batch that is still ours. Raises Overtaken, also where it was cancelled meanwhile."""
    if not mine(batch).select_for_update().exists():  # not before: while the row is locked its lease cannot be renewed
        raise Overtaken
    if result:
        _count(batch, result)
        _keep_faults(batch, result)
        if result.weeks is not None:
            weeks.keep(batch.pk, result.weeks)
    batch.state, batch.problem = state, problem
    batch.lease_until, batch.finished_at = None, None if state == State.MAPPING else timezone.now()
    batch.phase = ""
    batch.save()
    if verb := TOLD.get(state):  # so that whoever gave the file is told
        log(batch, verb, by=batch.by, after=_summary(batch))


def _count(batch, result):
    batch.rows, batch.accepted, batch.rejected = result.rows, result.accepted, result.rejected
    batch.ignored = result.ignored
    batch.changes = batch.changes | ({"marked": result.marked} if result.marked else {})
    batch.warnings = [{"code": code, "params": params} for code, params in result.warnings]
    batch.units, batch.value = result.units, result.value
    for name in ("units", "value"):
        if abs(getattr(result, name) or 0) >= BIGGEST_SUM:
            raise UnusableFile("sum_too_large", field=name)


def _refuse(batch, result):
    """Nothing is applied; every fault is kept."""
    batch.created, batch.changes, result.weeks = {}, {}, None
    _finish(batch, State.REJECTED, result)


def _keep_faults(batch, result):
    rows = result.faults.with_columns(batch_id=batch.pk)
    copy_in(ImportError._meta.db_table, rows.select("batch_id", "line", "column", "value", "code", "params"))


def _summary(batch):
    names = ("file_name", "sha256", "rows", "accepted", "ignored", "created", "changes", "units", "value")
    return {name: getattr(batch, name) for name in names}
