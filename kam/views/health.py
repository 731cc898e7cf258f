"""Is the process alive, can it serve, does the work go on? Liveness never asks the database."""

import shutil

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import Http404, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from kam import jobs, metrics, pulse

MIN_FREE_BYTES = 100 * 1024**2


@login_not_required
@require_safe
def livez(request):
    """200 while the process lives."""
    return JsonResponse({"status": "ok"})


@login_not_required
@require_safe
def readyz(request):
    """200 when the database answers, is migrated, and there is room on the disk; Redis away is degraded, not down."""
    checks = {"database": _database(), "disk": _disk(), "redis": _redis()}
    down = checks["database"] != "ok" or checks["disk"] != "ok"
    status = "down" if down else "ok" if checks["redis"] == "ok" else "degraded"
    return JsonResponse({"status": status, "checks": checks}, status=503 if down else 200)


@login_not_required
@require_safe
def healthz_jobs(request):
    """200 while night, beat, workers and what waits keep within settings.JOB_LIMITS, else 503 with the reasons."""
    try:
        checks, wrong = jobs.report()
    except DatabaseError:
        checks, wrong = {}, ["the database is unreachable or not migrated"]
    answer = {"status": "late" if wrong else "ok", "checks": checks | {"reasons": wrong}}
    return JsonResponse(answer, status=503 if wrong else 200)


@login_not_required
@require_safe
def figures(request):
    """Prometheus' page for whoever holds KAM_METRICS_TOKEN; for everybody else there is none."""
    if not metrics.allowed(request.headers.get("Authorization", "")):
        raise Http404
    return HttpResponse(metrics.page(), content_type=CONTENT_TYPE_LATEST)


def _database():
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM django_migrations")
            return "ok" if cursor.fetchone()[0] else "not migrated"
    except DatabaseError:
        return "unreachable or not migrated"


def _disk():
    return "ok" if shutil.disk_usage(settings.VAR).free > MIN_FREE_BYTES else "full"


def _redis():
    return "ok" if pulse.queue_answers() else "unreachable"
