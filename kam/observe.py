"""What is written down of every request: its id, one line, and a count."""

import logging
import re
import time
import uuid

from django.conf import settings

from kam import logs, metrics

logger = logging.getLogger("kam.requests")
WELL_FORMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
PROBES = {"/livez", "/readyz", "/healthz/jobs", "/metrics"}


def requests(get_response):
    """Name the request, answer it, tell how it went. The caller's X-Request-Id is kept if it is well-formed."""

    def middleware(request):
        began = time.perf_counter()
        request.id = _id(request.headers.get("X-Request-Id", ""))
        token = logs.during(request)
        try:
            response = get_response(request)
            _tell(request, response.status_code, time.perf_counter() - began)
        finally:
            logs.after(token)
        response.headers["X-Request-Id"] = request.id
        return response

    return middleware


def _id(given):
    return given if WELL_FORMED.fullmatch(given) else uuid.uuid4().hex


def _tell(request, status, seconds):
    """Seconds are those until the answer begins; a download goes on after that."""
    route = "static" if request.path.startswith(settings.STATIC_URL) else logs.route_of(request)
    metrics.count_request(request.method, route, status, seconds)
    level = logging.DEBUG if route == "static" or route in PROBES else logging.INFO
    facts = {"method": metrics.method(request.method), "route": route, "status": status, "ms": round(seconds * 1000)}
    logger.log(level, "%(method)s %(route)s %(status)s in %(ms)s ms", facts, extra=facts)
