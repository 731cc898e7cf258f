import time

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.models import Account
from kam import night
from plans import scale

WORDS = {"kpis_touched": "weeks to sum", "kpis_importbatch": "batches"}


class Command(BaseCommand):
    help = (
        "Fill the database with a company of any size: years of facts, agreements, plans, two people who can sign in."
    )

    def add_arguments(self, parser):
        parser.add_argument("--accounts", type=_number, default=200, metavar="N", help="200")
        parser.add_argument("--stores", type=_number, default=10, metavar="N", help="stores of each account; 10")
        parser.add_argument("--products", type=_number, default=500, metavar="N", help="500")
        parser.add_argument("--weeks", type=_number, default=104, metavar="N", help="weeks of history; 104")
        parser.add_argument("--rows", type=_number, default=1_000_000, metavar="N", help="of sell-through; 1000000")
        parser.add_argument("--add", action="store_true", help="also beside accounts that are there already")
        parser.add_argument("--public", action="store_true", help="also when KAM_BASE_URL is https")

    def handle(self, *, accounts, stores, products, weeks, rows, add, public, **options):
        if not add and Account.objects.exists():
            raise CommandError("There are accounts here already: say --add to put made-up ones beside them.")
        if settings.HTTPS and not public:
            raise CommandError(f"{settings.BASE_URL} is a public address: say --public if made-up people may sign in.")
        try:
            size = scale.size_for(accounts=accounts, stores=stores, products=products, weeks=weeks, rows=rows)
        except scale.Impossible as error:
            raise CommandError(str(error)) from error
        began = time.perf_counter()
        stored = scale.fill(size, night.default_date(), self._tell)
        seconds = time.perf_counter() - began
        self.stdout.write(f"{size.accounts:,} accounts, {_rate(sum(stored.values()), seconds)} in all.")
        self.stdout.write(
            f"Logins are in {scale.open_doors()}, readable by you only. The next import or night sums it all up."
        )

    def _tell(self, table, rows, seconds):
        self.stdout.write(f"{WORDS.get(table, table.removeprefix('kpis_'))}: {_rate(rows, seconds)}")


def _rate(rows, seconds):
    return f"{rows:,} rows in {seconds:,.1f} s, {rows / max(seconds, 0.001):,.0f} a second"


def _number(text):
    number = int(text.replace(",", "").replace("_", ""))
    if number < 1:
        raise ValueError
    return number
