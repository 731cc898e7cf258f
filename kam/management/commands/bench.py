import json

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from kam.floors import gathered

REPORT = settings.BASE_DIR / "var" / "bench.json"


class Command(BaseCommand):
    help = "Measure speeds on a scratch database of its own; print a table and write var/bench.json."

    def add_arguments(self, parser):
        parser.add_argument("--only", metavar="NAME", help="run one bench")

    def handle(self, *, only, **options):
        chosen = gathered("bench", "BENCHES")  # by name, functions that yield figures
        if only and only not in chosen:
            raise CommandError(f"No bench {only!r}. There are: {', '.join(chosen)}.")
        figures = []
        for name, function in chosen.items():
            if only in (None, name):
                figures += self._measure(name, function)
        REPORT.parent.mkdir(exist_ok=True)
        REPORT.write_text(json.dumps(figures, indent=1) + "\n")

    def _measure(self, name, function):
        figures = []
        for figure in function(self.stdout.write):
            figures.append(
                {"name": f"{name}: {figure['name']}"} | {k: figure[k] for k in ("figure", "unit", "limit", "ok")}
            )
            shown = figures[-1]
            verdict = "" if shown["limit"] is None else f"  limit {shown['limit']}  {'ok' if shown['ok'] else 'MISSED'}"
            self.stdout.write(f"{shown['name']:<58}{shown['figure']:>14,.3f} {shown['unit']:<10}{verdict}")
        return figures
