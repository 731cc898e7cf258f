"""Files from watched folders: each that lies still is taken in once, imported as an upload is, and put away.

What is taken in is noted with its batch in one transaction (`WatchedFile`), and put away by one rename when the batch
is finished. Killed at any point, the next look goes on from there: a file that is noted is not taken in again, one that
is not noted has left nothing behind.
"""

import logging
from contextlib import ExitStack
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import IntegrityError, transaction

from kam.downloads import csv_line
from kam.tasks import ring
from kpis import services
from kpis.feeds.folders import DONE, FAILED, Changed, Folder, Sight, codes, folder, is_text, sayable
from kpis.imports.errors import UnusableFile
from kpis.imports.messages import said
from kpis.imports.report import faults, has_rows, report
from kpis.imports.services import joined_files, process
from kpis.models import Feed, ImportBatch, WatchedFile
from kpis.tasks import sum_at_once

logger = logging.getLogger(__name__)
State = ImportBatch.State
GOOD = (State.APPLIED, State.DUPLICATE, State.UNDONE)


class Watcher:
    """Looks at the folders of all feeds below a root, or at that of one feed.

    `in_place` imports in this process; else a worker does, and later looks find out what became of it. `stopping` is
    asked before each file.
    """

    def __init__(self, root: Path, *, code: str = "", in_place: bool = False, stopping=lambda: False):
        self.root, self.code, self.in_place, self.stopping = root, code, in_place, stopping
        self.before, self.told = {}, set()
        self.taken = self.done = self.failed = 0

    def look(self) -> None:
        """One look at every folder. A folder that cannot be read, or a file that cannot be moved, is told once."""
        folders = self._folders()
        named = [code for code, _path in folders if is_text(code)]
        feeds = Feed.objects.select_related("account").in_bulk(named, field_name="code")
        for code, path in folders:
            if code not in feeds:
                self._tell(path, "there is no feed called “%s”", code)
                continue
            try:
                with folder(path) as found:
                    self._look_at(feeds[code], found)
            except OSError as problem:
                self._tell(path, "%s cannot be watched: %s", path, problem.strerror)

    def _folders(self):
        if self.code:
            return [(self.code, self.root)]
        names, links = codes(self.root)
        for name in links:
            self._tell(self.root / name, "%s is a link, and not followed", self.root / name)
        return [(name, self.root / name) for name in names]

    def _look_at(self, feed, found: Folder):
        noted = self._put_away(feed, found)
        files, refused = found.files()
        for name in refused:
            self._tell((feed.code, name), "%s of feed %s is no plain file, and not touched", name, feed.code)
        still = [s for s in files if self.before.get((feed.pk, s.name)) == s and s.name not in noted]
        joins = _joins(feed) if still else set()
        for sight in still:
            if sight.name not in joins and not self.stopping():
                self._take(feed, found, sight, joins)
        self.before = {key: sight for key, sight in self.before.items() if key[0] != feed.pk}
        self.before |= {(feed.pk, sight.name): sight for sight in files}

    def _take(self, feed, found, sight, joins):
        """Take one file in, and note it, together. What is handed in wrongly is put away at once."""
        try:
            with transaction.atomic():
                batch = _received(feed, found, sight, joins)
                WatchedFile.objects.create(feed=feed, batch=batch, **vars(sight))
        except Changed:
            return
        except IntegrityError:  # another watcher of the same folder was faster
            return
        except (ValidationError, UnusableFile) as problem:
            texts = problem.messages if isinstance(problem, ValidationError) else [str(problem)]
            self._move(found, sight, FAILED, 0, [f"{text}\n" for text in texts])
            return
        self.taken += 1
        if self.in_place:
            state = process(batch_id=batch.pk).state
            self._put_away(feed, found)
            if state == State.APPLIED:
                ring(sum_at_once)

    def _put_away(self, feed, found):
        """Move away what is finished, and forget what is not there any more, or is another file by now.

        Returns the names of the others, which wait to be read.
        """
        left = set()
        for row in WatchedFile.objects.filter(feed=feed).select_related("batch"):
            seen = Sight(row.name, int(row.inode), row.size, row.changed_ns)
            if found.sight(row.name) != seen:
                row.delete()
            elif row.batch.state not in ImportBatch.OPEN:
                where = DONE if row.batch.state in GOOD else FAILED
                self._move(found, seen, where, row.batch_id, _report(row.batch))
                row.delete()
            else:
                left.add(row.name)
        return left

    def _move(self, found, sight, where, number, report):
        if found.put_away(sight, where, number, report):
            setattr(self, where, getattr(self, where) + 1)
            logger.info("%s is %s", sight.name, where)

    def _tell(self, key, text, *args):
        if key not in self.told:
            self.told.add(key)
            logger.warning(text, *map(sayable, args))


def _joins(feed):
    """Names of files in the folder that others are joined with; they stay."""
    try:
        return joined_files(kind=feed.kind, feed=feed)
    except UnusableFile:
        return set()


def _received(feed, found, sight, joins):
    """The waiting batch of a file. Raises Changed, ValidationError and UnusableFile."""
    with ExitStack() as files:
        file = File(files.enter_context(found.opened(sight)), name=sight.name)
        beside = []
        for name in sorted(joins):
            if other := found.sight(name):
                beside.append(File(files.enter_context(found.opened(other)), name=name))
        return services.upload(by=None, kind=feed.kind, file=file, feed=feed, beside=beside)


def _report(batch):
    """What is wrong with a file, as lines of its report; None where nothing is."""
    if batch.problem:
        return [f"{said(batch.problem)}\n"]
    if not batch.rejected:
        return None
    return report(batch) if has_rows(batch) else map(csv_line, faults(batch))
