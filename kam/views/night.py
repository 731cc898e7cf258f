"""The night as people see it: steps, shards, rows, seconds, progress, failures, and running it again."""

from dataclasses import dataclass
from statistics import median

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Max, Min
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import TemplateView, View

from kam import night, tasks
from kam.audit import log
from kam.models import StepRun
from kam.roles import Role
from kam.sentences import note_sentence, step_label

RERUNNERS = frozenset({Role.ADMIN, Role.ANALYST})
USUAL_NIGHTS = 14
LEVELS = {"done": "good", "failed": "bad", "running": "info", "skipped": "warning", "waiting": "neutral"}


@dataclass
class StepRow:
    """One step of one night, summed over its shards, as `kit/night_steps.html` shows it."""

    code: str
    number: int
    runs: list
    usual: float | None = None
    problem: dict | None = None

    @property
    def name(self):
        return step_label(self.code)

    @property
    def shards(self):
        return [r.state for r in self.runs]

    @property
    def done(self):
        return sum(r.state in night.FINISHED for r in self.runs)

    @property
    def total(self):
        return len(self.runs)

    @property
    def rows(self):
        return sum(r.rows for r in self.runs)

    @property
    def seconds(self):
        return sum(r.seconds or 0 for r in self.runs)

    @property
    def state(self):
        """The worst state of its shards, which is what people need to see first."""
        states = {r.state for r in self.runs}
        worst = next((s for s in ("failed", "running", "waiting", "skipped", "done") if s in states), "waiting")
        return "running" if worst == "waiting" and states != {"waiting"} else worst

    @property
    def level(self):
        return LEVELS[self.state]

    @property
    def word(self):
        return StepRun.State(self.state).label


class NightAccess:
    """Mix-in: 404 for people who have no business with the night's bookkeeping."""

    def dispatch(self, request, *args, **kwargs):
        if not StepRun.objects.visible_to(request.user).query.is_empty():
            return super().dispatch(request, *args, **kwargs)
        raise Http404


class Nights(NightAccess, TemplateView):
    """The most recent night, or an empty state that says how to start one."""

    template_name = "night/night.html"

    def get(self, request, *args, **kwargs):
        latest = StepRun.objects.visible_to(request.user).aggregate(day=Max("date"))["day"]
        if latest:
            return redirect("night-day", day=latest)
        return super().get(request, *args, **kwargs)


class NightPage(NightAccess, TemplateView):
    """One night: its steps with their shards, what went wrong, and how long nights take; htmx asks for it again."""

    template_name = "night/night.html"

    def get_template_names(self):
        return ["night/_progress.html"] if self.request.htmx else [self.template_name]

    def get_context_data(self, day, **kwargs):
        runs = list(StepRun.objects.visible_to(self.request.user).filter(date=day).order_by("pk"))
        if not runs:
            raise Http404
        usual, may_rerun = _usual_seconds(day), self.request.user.role in RERUNNERS
        rows = _step_rows(runs, usual, day, self.request.user, may_rerun)
        return super().get_context_data(
            day=day,
            steps=rows,
            outcome=night.outcome(day),
            done=sum(s.done for s in rows),
            total=len(runs),
            failed=sum(r.state == "failed" for r in runs),
            skipped=sum(r.state == "skipped" for r in runs),
            started_at=min((r.started_at for r in runs if r.started_at), default=None),
            finished_at=max((r.finished_at for r in runs if r.finished_at), default=None),
            may_rerun=may_rerun,
            has_usual=bool(usual),
            share=sum(s.done for s in rows) / len(runs),
            history=_history(day),
            **_neighbours(day),
            **kwargs,
        )


def _step_rows(runs, usual, day, user, may_rerun):
    rows = []
    for number, step in enumerate(night.steps(), 1):
        mine = [r for r in runs if r.step == step.name]
        rows.append(StepRow(step.name, number, mine, usual.get(step.name), _problem(step, mine, day, user, may_rerun)))
    return rows


def _problem(step, runs, day, user, may_rerun):
    """What people should know about a step: its first failure with a way to run it again, or why it was skipped."""
    failed = next((r for r in runs if r.error), None)
    if failed:
        title = _("Shard %(shard)s, attempt %(attempt)s:") % {"shard": failed.shard, "attempt": failed.attempt}
        again = {"rerun_url": reverse("night-rerun", args=[day]), "rerun": {"what": step.name}} if may_rerun else {}
        return {"level": "bad", "title": title, "text": failed.error_for(user)} | again
    sentences = sorted({note_sentence(n["code"], n["params"]) for r in runs for n in r.notes})
    return {"level": "warning", "title": "", "text": " ".join(sentences)} if sentences else None


def _usual_seconds(day):
    """Median seconds of each step over the last nights before `day`."""
    spent, shards = {}, sum(step.shards for step in night.steps())
    earlier = StepRun.objects.filter(date__lt=day, state="done").order_by("-date")
    for run in earlier[: USUAL_NIGHTS * shards]:
        spent.setdefault(run.step, {}).setdefault(run.date, 0)
        spent[run.step][run.date] += run.seconds or 0
    return {step: median(by_day.values()) for step, by_day in spent.items()}


def _history(day):
    """Wall-clock seconds of the nights up to `day`, oldest first."""
    nights = (
        StepRun.objects.filter(date__lte=day, finished_at__isnull=False)
        .values("date")
        .annotate(first=Min("started_at"), last=Max("finished_at"))
        .order_by("-date")[:USUAL_NIGHTS]
    )
    return [{"date": n["date"], "seconds": (n["last"] - n["first"]).total_seconds()} for n in reversed(nights)]


def _neighbours(day):
    dates = StepRun.objects.order_by().values_list("date", flat=True).distinct()
    return {
        "previous_day": dates.filter(date__lt=day).order_by("-date").first(),
        "next_day": dates.filter(date__gt=day).order_by("date").first(),
    }


class Rerun(NightAccess, View):
    """POST: run a night's failures, one step and what follows, or the whole date again."""

    http_method_names = ["post"]

    def post(self, request, day):
        if request.user.role not in RERUNNERS:
            raise PermissionDenied
        run = StepRun.objects.visible_to(request.user).filter(date=day).first()
        if run is None:
            raise Http404
        self._again(request, day)
        log(run, "rerun", by=request.user, after={"date": day, "what": request.POST.get("what", "")})
        tasks.ring_ready(day)
        messages.success(request, _("The night runs again; this page follows it."))
        return redirect("night-day", day=day)

    def _again(self, request, day):
        what = request.POST.get("what", "")
        if what == "failures":
            night.rerun_failures(day)
        elif what in [s.name for s in night.steps()]:
            night.plan_night(day, from_step=what)
        else:
            night.plan_night(day)
