"""`manage.py real DATA`: known answers from real files; exits 1 on any difference."""

import time
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from accounts.models import Account
from plans.real.cases import WIDTH, shown
from plans.real.sets import SETS, look
from plans.real.steps import Unusable

WIDTHS = (66, WIDTH, WIDTH)


class Command(BaseCommand):
    help = "Import real data, run nights inside it, and print expected beside got. Needs an empty database."

    def add_arguments(self, parser):
        parser.add_argument("folder", metavar="DATA", help="the folder that holds the sets")
        parser.add_argument("--only", choices=list(SETS), metavar="SET", help=", ".join(SETS))

    def handle(self, *, folder, only, **options):
        if not Path(folder).is_dir():
            raise CommandError(f"There is no folder {folder}: say where the real data is.")
        if Account.objects.exists():
            raise CommandError("The database holds data already: real data is compared in an empty one.")
        different = sum(self._set(name, folder) for name in ([only] if only else SETS))
        if different:
            raise CommandError(f"{different} differences.")
        self.stdout.write("\nNo differences.")

    def _set(self, name, folder):
        """Print one set; returns the number of differences."""
        self.stdout.write(f"\n{SETS[name].title}")
        self._row("what", "expected", "got", "ok")
        started, different = time.monotonic(), 0
        try:
            for case in look(name, folder):
                different += not case.is_ok
                self._case(case)
        except Unusable as problem:
            self.stdout.write(f"    {problem}")
            different += 1
        self.stdout.write(f"{time.monotonic() - started:.1f} s")
        return different

    def _case(self, case):
        self._row(case.what, shown(case.expected), shown(case.got), "ok" if case.is_ok else "DIFFERENT")
        for line in case.differences():
            self.stdout.write(f"    {line}")

    def _row(self, *cells):
        padded = (cell.ljust(width) for cell, width in zip(cells, (*WIDTHS, 0), strict=True))
        self.stdout.write(" ".join(padded).rstrip())
        self.stdout.flush()
