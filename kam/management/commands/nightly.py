import sys
import time
from datetime import date

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from kam import night
from kam.models import StepRun


class Command(BaseCommand):
    help = "Run the night for a business date, as beat does, and print what each step did."

    def add_arguments(self, parser):
        parser.add_argument("--date", type=date.fromisoformat, help="business date, default yesterday (UTC)")
        parser.add_argument("--from", dest="from_step", metavar="STEP", help="run this step and all after it again")
        parser.add_argument("--if-never", action="store_true", help="do nothing when any night has run before")

    def handle(self, *, date, from_step, if_never, **options):
        day = date or night.default_date()
        if day > timezone.now().date():
            raise CommandError(f"{day} is in the future: facts of that day cannot be complete.")
        if from_step and from_step not in [s.name for s in night.steps()]:
            raise CommandError(f"No step {from_step!r}. Steps: {', '.join(s.name for s in night.steps())}.")
        if if_never and StepRun.objects.filter(state=StepRun.State.DONE).exists() and not night.unfinished_nights():
            self.stdout.write("A night has run before; nothing to do.")
            return
        night.plan_night(day, from_step=from_step)
        self._drive(day)
        self._table(day)
        if night.outcome(day) != "done":
            sys.exit(1)

    def _drive(self, day):
        """Run what is ready until nothing is left; wait for shards that other workers hold."""
        while night.outcome(day) == "running":
            chosen = night.ready(day)
            for pk in chosen:
                self._say(night.run(pk), day)
            if not chosen:
                time.sleep(0.3)

    def _say(self, run, day):
        if run is None:
            return
        runs = StepRun.objects.filter(date=day)
        done, total = runs.filter(state__in=night.FINISHED).count(), runs.count()
        seconds = "" if run.seconds is None else f" {run.seconds:.1f} s"
        self.stdout.write(f"{done:>3} of {total}  {run.step} {run.shard}: {run.state}, {run.rows} rows{seconds}")
        self.stdout.flush()

    def _table(self, day):
        self.stdout.write(f"\nNight of {day}: {night.outcome(day)}")
        self.stdout.write(f"{'step':<16}{'shards':>8}{'rows':>12}{'seconds':>10}  state")
        for step in night.steps():
            runs = list(StepRun.objects.filter(date=day, step=step.name))
            states = ", ".join(sorted({r.state for r in runs}))
            seconds = sum(r.seconds or 0 for r in runs)
            self.stdout.write(f"{step.name:<16}{len(runs):>8}{sum(r.rows for r in runs):>12}{seconds:>10.2f}  {states}")
            for run in runs:
                if run.error:
                    self.stdout.write(f"    shard {run.shard}: {run.error}")
