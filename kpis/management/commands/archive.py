import sys
from datetime import date, datetime

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from kpis.archive import services
from kpis.imports.tables import TABLES
from kpis.models import ArchivedMonth

KINDS = [kind for kind, table in TABLES.items() if table.partitioned]


def month(text):
    try:
        return datetime.strptime(text, "%Y-%m").date()
    except ValueError as error:
        raise CommandError(f"“{text}” is not a month: write it like 2023-04.") from error


class Command(BaseCommand):
    help = "Write months of sell-through and stock that nobody needs daily into Parquet files, or bring them back."

    def add_arguments(self, parser):
        parser.add_argument("--kind", choices=KINDS, help="only this kind")
        parser.add_argument(
            "--older-than",
            type=int,
            default=settings.ARCHIVE_MONTHS,
            metavar="MONTHS",
            help=f"months that are kept in the database; {settings.ARCHIVE_MONTHS}",
        )
        parser.add_argument("--restore", nargs="+", type=month, metavar="2023-04", help="bring these months back")
        parser.add_argument("--list", action="store_true", help="what is archived, and whether the files are whole")

    def handle(self, *, kind, older_than, restore, list, **options):
        if list:
            return self._list()
        if older_than < 1:
            raise CommandError("The month that is not over yet stays.")
        chosen = [kind] if kind else KINDS
        if restore:
            moves = [(services.restore, one, day) for day in restore for one in chosen if self._is_away(one, day)]
            if not moves:
                raise CommandError("None of these months is archived.")
        else:
            cold = services.cold(timezone.now().date(), older_than)
            moves = [(services.archive, one, day) for one, day in cold if one in chosen]
        failed = [self._move(*move) for move in moves].count(False)
        services.sweep()
        if failed:
            sys.exit(1)
        return None

    def _is_away(self, kind, day: date):
        return ArchivedMonth.objects.filter(table=TABLES[kind].name, month=day).exists()

    def _move(self, service, kind, day):
        try:
            moved = service(kind, day)
        except services.Refused as problem:
            self.stderr.write(str(problem))
            return False
        if moved:
            self._tell(moved, "" if service is services.archive else ", brought back")
        return True

    def _list(self):
        for moved in ArchivedMonth.objects.all():
            self._tell(moved)
        problems = services.damaged()
        for problem in problems:
            self.stderr.write(problem)
        if problems:
            sys.exit(1)

    def _tell(self, moved, end=""):
        self.stdout.write(f"{moved}: {moved.rows:,} rows, {moved.size / 1e6:,.1f} MB{end}")
