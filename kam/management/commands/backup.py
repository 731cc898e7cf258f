from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from kam import backup


class Command(BaseCommand):
    help = "Write database, uploaded files and a manifest into a new folder; KAM may go on meanwhile."

    def add_arguments(self, parser):
        parser.add_argument(
            "path", nargs="?", type=Path, help="a folder that does not exist yet; default var/backups/…"
        )

    def handle(self, *, path, **options):
        target = path or settings.VAR / "backups" / f"kam-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        try:
            manifest = backup.make(target)
        except backup.Unusable as error:
            raise CommandError(str(error)) from error
        size = sum(sealed["bytes"] for sealed in manifest["files"].values())
        self.stdout.write(f"{target}: {sum(manifest['rows'].values()):,} rows, {size / 1e6:,.1f} MB")
