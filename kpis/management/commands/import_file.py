import json
import sys
from contextlib import ExitStack
from pathlib import Path

from django.core.management.base import BaseCommand

from kam.tasks import ring
from kpis.imports.errors import UnusableFile
from kpis.imports.kinds import KINDS
from kpis.imports.messages import said
from kpis.imports.result import reason_of
from kpis.imports.services import joined_files, process, receive
from kpis.models import Feed, ImportBatch
from kpis.tasks import sum_at_once

State = ImportBatch.State
SHOWN = 20


class Command(BaseCommand):
    help = (
        "Import a file and print one JSON line. Exits 0 when it is stored (or was before, or a dry run finds no "
        "fault), 1 when rows are rejected and nothing is stored, 2 when the file cannot be used."
    )

    def add_arguments(self, parser):
        parser.add_argument("kind", choices=list(KINDS), metavar="KIND", help=", ".join(KINDS))
        parser.add_argument("path", metavar="PATH")
        parser.add_argument("--mapping", default="", help="a TOML file, or the name of one of ours")
        parser.add_argument("--feed", default="", metavar="CODE", help="the feed this file belongs to")
        parser.add_argument("--dry-run", action="store_true", help="check and compare only")

    def handle(self, *, kind, path, mapping, feed, dry_run, **options):
        try:
            batch = process(batch_id=self._receive(kind, Path(path), mapping, feed, dry_run).pk)
        except UnusableFile as problem:
            self._unusable(problem)
        if batch.state == State.UNUSABLE:
            self._unusable(said(batch.problem))
        self.stdout.write(json.dumps(summary(batch)))
        self._complain(batch)
        if batch.state == State.APPLIED:
            ring(sum_at_once)
        if batch.state == State.REJECTED:
            sys.exit(1)

    def _receive(self, kind, path, mapping, feed, dry_run):
        text = None
        if mapping.endswith(".toml"):
            text, mapping = self._text(Path(mapping)), Path(mapping).name
        row = Feed.objects.filter(code=feed).first() if feed else None
        if feed and row is None:
            raise UnusableFile("no_feed", feed=feed)
        names = sorted(joined_files(kind=kind, mapping=mapping, text=text, feed=row))
        found = [path.parent / name for name in names if (path.parent / name).is_file()]
        with ExitStack() as files:
            file = files.enter_context(_opened(path))
            return receive(
                kind=kind,
                file=file,
                file_name=path.name,
                by=None,
                feed=row,
                mapping=mapping,
                text=text,
                beside=[(other.name, files.enter_context(_opened(other))) for other in found],
                dry_run=dry_run,
            )

    def _text(self, path):
        try:
            return path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as problem:
            raise UnusableFile("no_file", path=str(path)) from problem

    def _complain(self, batch):
        for error in batch.errors.order_by("line", "pk")[:SHOWN]:
            self.stderr.write(f"{batch.file_name}:{error.line}: {error.column}: {reason_of(error)}")
        if batch.rejected > SHOWN:
            self.stderr.write(f"… {batch.rejected} rows")

    def _unusable(self, problem):
        self.stderr.write(str(problem))
        sys.exit(2)


def _opened(path):
    try:
        return path.open("rb")
    except OSError as problem:
        raise UnusableFile("no_file", path=str(path)) from problem


def summary(batch: ImportBatch) -> dict:
    """What the command prints: counts and sums, and what was ignored, created, changed, warned of."""
    found = {
        "batch": batch.pk,
        "rows": batch.rows,
        "accepted": batch.accepted,
        "rejected": batch.rejected,
        "units": _number(batch.units),
        "value": _number(batch.value),
        "state": batch.state,
        "ignored": batch.ignored,
        "created": batch.created,
        "changes": batch.changes,
        "warnings": [said(warning) for warning in batch.warnings],
    }
    return found | ({"duplicate_of": batch.duplicate_of_id} if batch.duplicate_of_id else {})


def _number(value):
    """A JSON number: whole where it is whole; exact up to fifteen digits."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)
