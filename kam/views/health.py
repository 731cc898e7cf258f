"""Is the process alive, and can it serve? Liveness never asks the database."""

import shutil

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import JsonResponse
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

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
    try:
        cache._cache.get_client().ping()
    except (RedisError, OSError):
        return "unreachable"
    return "ok"
