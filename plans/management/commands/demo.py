from datetime import date

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from plans.demo import build


def day(text):
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"“{text}” is not a day: write it like 2026-11-24.") from error


class Command(BaseCommand):
    help = "Fill an empty database with the demo company: two dozen accounts, two years of facts, ten stories."

    def add_arguments(self, parser):
        parser.add_argument("--seed", type=int, default=1, help="the same seed and day give the same figures")
        parser.add_argument("--today", type=day, metavar="D", help="the day it is; facts end the day before")
        parser.add_argument("--if-empty", action="store_true", help="do nothing, and say so, where data is present")
        parser.add_argument("--public", action="store_true", help="also when KAM_BASE_URL is https")

    def handle(self, *args, seed, today, if_empty, public, **options):
        if not build.is_empty():
            if if_empty:
                self.stdout.write("The database holds data already: no demo company is made.")
                return
            raise CommandError(
                "The database holds data already, and the demo company never mixes with other data: "
                "run `make reset` first, or name an empty database with DATABASE_URL=."
            )
        if settings.HTTPS and not public:
            raise CommandError(
                f"{settings.BASE_URL} is a public address, and the demo company brings logins whose passwords lie in a "
                "file: say --public if that is meant."
            )
        started = timezone.now()
        built = build.build(seed=seed, today=today or timezone.now().date())
        rows = ", ".join(f"{count:,} {table.removeprefix('kpis_')}" for table, count in built.rows.items())
        seconds = (timezone.now() - started).total_seconds()
        self.stdout.write(f"The demo company is made in {seconds:.1f} s: {rows} rows.")
        self.stdout.write(f"Its logins are in {built.logins}, readable by you only.")
