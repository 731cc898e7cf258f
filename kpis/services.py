"""Writes of the KPI floor that people ask for: targets, and files handed in for import."""

from contextlib import ExitStack
from functools import partial

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _

from kam import services
from kam.audit import log
from kam.errors import Conflict, Denied
from kam.measures import all_measures
from kam.tasks import ring
from kam.workflow import move
from kpis.access import may_keep_house_feeds, readable_measures
from kpis.feeds.standing import faults
from kpis.imports import corrections, store, undo
from kpis.imports.errors import UnusableFile
from kpis.imports.services import joined_files, own_mapping, receive
from kpis.models import AcceptedWeek, Feed, ImportBatch, Target
from kpis.tasks import apply_batch, sum_at_once, watch_feeds_due
from kpis.workflow import IMPORT, folder_of_kept


def set_target(*, by, **fields):
    """Say which figure an account shall reach. Raises ValidationError, also for a measure that `by` does not read."""
    target = Target(**fields)
    _known(target.measure, by)
    return services.create(target, by=by)


def change_target(target, *, by, version, **fields):
    """Change a target that nobody else changed since `version`. Raises Stale and ValidationError."""
    _known(fields.get("measure", target.measure), by)
    return services.change(target, by=by, version=version, fields=fields)


def remove_target(target, *, by):
    """Take a target away; returns the Removal."""
    return services.remove(target, by=by, undo_if="kpis.access.may_set_target")


def create_feed(*, by, **fields):
    """Expect a file. Raises Denied for a file of the whole house by somebody who keeps none, ValidationError."""
    _of_house(fields.get("account"), by)
    return services.create(Feed(**fields), by=by)


def change_feed(feed, *, by, version, **fields):
    """Change what is expected. Raises Denied, Stale and ValidationError."""
    _of_house(fields.get("account", feed.account), by)
    return services.change(feed, by=by, version=version, fields=fields)


def remove_feed(feed, *, by):
    """Expect a file no more; returns the Removal. Raises ProtectedError when files came by it."""
    return services.remove(feed, by=by, undo_if="kpis.access.may_keep_feed")


@transaction.atomic
def accept_week(feed, week, *, by, reason) -> AcceptedWeek:
    """Take a feed's week as it is, for a reason. Raises ValidationError, and Conflict where nothing is wrong."""
    if not any(fault.week == week for fault in faults(timezone.now(), [feed])):
        raise Conflict(_("Nothing is wrong with this week any more."))
    row = services.create(AcceptedWeek(feed=feed, week=week, reason=reason), by=by)
    transaction.on_commit(partial(ring, watch_feeds_due))
    return row


@transaction.atomic
def watch_week_again(accepted, *, by):
    """Judge a week again that was taken as it is."""
    services.remove(accepted, by=by)
    transaction.on_commit(partial(ring, watch_feeds_due))


def _of_house(account, by):
    if account is None and by is not None and not may_keep_house_feeds(by):
        raise Denied(_("Files about all accounts are kept by analysts and administrators."))


def _known(measure, by):
    if measure not in (all_measures() if by is None else readable_measures(by)):
        raise ValidationError({"measure": _("There is no measure “%(code)s”.") % {"code": measure}})


@transaction.atomic
def upload(
    *, by, kind, file, feed=None, mapping="", text=None, beside=(), dry_run=False, by_form=False, corrects=None
) -> ImportBatch:
    """Take a file in and have it read outside of the request; the batch says what becomes of it.

    With `by_form` its columns are asked for where no mapping fits. `beside` holds the files that the mapping joins,
    `corrects` is the batch whose bad rows these are. Raises ValidationError when a file is too large, no mapping fits,
    or a file to join is missing.
    """
    for name, handed in [("file", file), *(("beside", other) for other in beside)]:
        _refuse_large(name, handed)
    found = {"kind": kind, "feed": feed, "mapping": mapping, "text": text}
    try:
        joins = _joined(sorted(joined_files(**found)), beside)
        batch = receive(
            **found,
            file=file,
            file_name=file.name,
            beside=joins,
            by=by,
            dry_run=dry_run,
            by_form=by_form,
            corrects=corrects,
        )
    except UnusableFile as problem:
        raise ValidationError({"mapping": str(problem)}) from problem
    transaction.on_commit(partial(ring, apply_batch, batch.pk))
    return batch


def _refuse_large(name, file):
    if file.size > settings.IMPORT_MAX_BYTES:
        most = filesizeformat(settings.IMPORT_MAX_BYTES)
        raise ValidationError({name: _("The file is too large; at most %(most)s are taken.") % {"most": most}})


def _joined(names, beside):
    """(name, file) of every file to join. Where one is wanted and one is there, it may have any name."""
    if len(names) == len(beside) == 1:
        return [(names[0], beside[0])]
    there = {file.name: file for file in beside}
    missing = [name for name in names if name not in there]
    if missing:
        said = {"files": ", ".join(missing)}
        raise ValidationError({"beside": _("The mapping joins %(files)s: hand it in with the file.") % said})
    return [(name, there[name]) for name in names]


def mapping_of_before(batch) -> str | None:
    """The mapping of one's own that a file came with, for its correction; None where there is none any more."""
    try:
        return own_mapping(batch)
    except OSError:
        return None


@transaction.atomic
def correct(batch, *, by, file) -> ImportBatch:
    """Take in the corrected report of a batch, as a batch of its own: its rows stand where the bad ones stood.

    Of a file of which nothing is stored the whole file is read anew; where its good rows are stored, the corrected ones
    alone. Raises Conflict for a file without bad rows, and where it is gone; ValidationError for one that is too large.
    """
    _refuse_large("file", file)
    state = ImportBatch.State
    if not batch.rejected or batch.state not in (state.REJECTED, state.APPLIED):
        raise Conflict(_("Only a file with bad rows can be corrected."))
    number = len(corrections.of(folder_of_kept(batch))) + 1
    named = [(corrections.NAME.format(number), file)]
    return _again(batch, by=by, beside=named, dry_run=batch.dry_run, corrects=batch)


@transaction.atomic
def import_checked(batch, *, by) -> ImportBatch:
    """Import the file of a batch that was only checked, as a batch of its own. Raises Conflict for any other."""
    if batch.state != ImportBatch.State.CHECKED:
        raise Conflict(_("Only a file that was checked without a fault can be imported from here."))
    return _again(batch, by=by, corrects=batch.corrects)


def _again(batch, *, by, beside=(), **fields):
    """The file of a batch, with what lies beside it and more, as a batch of its own."""
    folder = folder_of_kept(batch)
    with ExitStack() as files:
        there = [(p.name, files.enter_context(p.open("rb"))) for p in folder.iterdir() if not store.is_ours(p.name)]
        again = receive(
            kind=batch.kind,
            file=files.enter_context((folder / store.DATA).open("rb")),
            file_name=batch.file_name,
            by=by,
            feed=batch.feed,
            mapping=batch.mapping,
            text=(folder / store.MAPPING).read_text("utf-8"),
            beside=[*there, *beside],
            **fields,
        )
    transaction.on_commit(partial(ring, apply_batch, again.pk))
    return again


def cancel_import(batch, *, by) -> ImportBatch:
    """Take a file back of which nothing is stored yet, also while it is read. Raises Conflict for any other."""
    return move(batch, IMPORT, "cancel", by=by)


@transaction.atomic
def undo_import(batch, *, by, reason="") -> ImportBatch:
    """Take back what a file stored: its rows go, what it restated is as before. Its file and its history stay.

    Raises Conflict where it stored no facts, or where a later file restated some of its rows.
    """
    batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if not undo.can_be_undone(batch):
        raise Conflict(_("Only a file that stored facts can be undone."))
    counts = undo.undo(batch)
    batch.state = ImportBatch.State.UNDONE
    batch.save(update_fields=["state"])
    log(batch, "undone", by=by, after={"file_name": batch.file_name} | counts, reason=reason)
    transaction.on_commit(partial(ring, sum_at_once))
    return batch


@transaction.atomic
def hand_out(batch, *, by):
    """The file of a batch as it was handed in, open for reading; it is logged who took it. Raises FileNotFoundError."""
    path = store.data_of(batch.stored_name)
    if path is None:
        raise FileNotFoundError(batch.file_name)
    log(batch, "handed_out", by=by, after={"file_name": batch.file_name, "sha256": batch.sha256})
    return path.open("rb")
