"""Log lines: one line for people, or JSON for machines. Each names its request, nothing forges a second one,
and what is secret or personal does not appear.

Settings, gunicorn and Celery all take `config`; nothing here needs settings, so that it works before they are read.
"""

import logging
import re
from contextvars import ContextVar
from datetime import UTC
from functools import cache

from django.contrib.admindocs.utils import (
    remove_non_capturing_groups,
    replace_metacharacters,
    replace_named_groups,
    replace_unnamed_groups,
)
from pythonjsonlogger.json import JsonFormatter

# What is being done: {"request_id": …} for a task, or the request itself, so that its lines know its user as well.
_task: ContextVar[dict] = ContextVar("task", default={})  # noqa: B039 (never changed in place)
_request: ContextVar = ContextVar("request", default=None)

HIDDEN = "•••"
# The second belt: no code logs these on purpose, but messages of libraries and the database may quote them.
PRIVATE = (
    (re.compile(r"\bkam_\d+\.[\w-]+"), HIDDEN),  # API tokens
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}"), rf"\1 {HIDDEN}"),
    (re.compile(r"(://)[^/\s:@]*:[^/\s@]+@"), rf"\1{HIDDEN}@"),  # passwords in addresses of servers
    (re.compile(r"(/[^\s?]*)\?[^\s\"']+"), rf"\1?{HIDDEN}"),  # what people search for, and keys in links
    (re.compile(r"(?s)\b(DETAIL: ).*?(?=\n\S|\Z)"), rf"\1{HIDDEN}"),  # Postgres quotes rows there
    (re.compile(r"\b(?!celery@)[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), HIDDEN),
)
FIELDS = ("time", "level", "logger", "message", "request_id", "user_id", "task", "method", "route", "status", "ms")
FIELDS += ("exception",)


def config(*, machine: bool, level: str = "INFO") -> dict:
    """The `dictConfig` of all processes: to stderr, as JSON for a `machine`, else one line for people."""
    formatter = {"()": "kam.logs.JsonLines" if machine else "kam.logs.OneLine"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"context": {"()": "kam.logs.Context"}},
        "formatters": {"chosen": formatter},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "chosen", "filters": ["context"]}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            "django.request": {"level": "ERROR"},  # the line of each request tells the rest, with its route
            "gunicorn.http.wsgi": {"level": "ERROR"},  # would warn of every HEAD, whose body it drops
            "gunicorn.error": {"level": level, "propagate": True, "handlers": []},
            "celery.app.trace": {"level": "WARNING"},  # quotes the arguments of every task
            "celery.worker.strategy": {"level": "WARNING"},
        },
    }


def hide(text: str) -> str:
    """`text` without tokens, passwords, query strings, e-mail addresses and quoted rows."""
    for pattern, instead in PRIVATE:
        text = pattern.sub(instead, text)
    return text


def visible(text: str) -> str:
    """`text` with what cannot be printed shown as an escape."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


class Context(logging.Filter):
    """Gives each record its request or task, and puts the route where Django would name the path."""

    def filter(self, record):
        request = _request.get()
        record.__dict__.update(_task.get() if request is None else about(request))
        asked = getattr(record, "request", None)
        if asked is not None and isinstance(record.args, tuple):
            path = getattr(asked, "path", None)
            record.args = tuple(route_of(asked) if arg == path else arg for arg in record.args)
        return True


class OneLine(logging.Formatter):
    """One line for people. Lines of a traceback follow indented, so that none looks like a record."""

    def __init__(self):
        super().__init__("%(asctime)s %(levelname)s %(name)s%(context)s %(message)s")

    def format(self, record):
        known = [str(getattr(record, name, None) or "-") for name in ("request_id", "user_id")]
        record.context = "" if known == ["-", "-"] else f" [{' '.join(known)}]"
        return super().format(record)

    def formatMessage(self, record):
        return visible(hide(super().formatMessage(record)))

    def formatException(self, ei):
        return "\n".join(f"    {visible(line)}" for line in hide(super().formatException(ei)).splitlines())


class JsonLines(JsonFormatter):
    """One JSON object a line, of `FIELDS` only: what else a library hangs on a record stays out."""

    def __init__(self):
        renamed = {"levelname": "level", "name": "logger", "exc_info": "exception"}
        super().__init__(["levelname", "name", "message"], rename_fields=renamed, timestamp="time")

    def process_log_record(self, log_data):
        log_data["time"] = log_data["time"].astimezone(UTC).isoformat(timespec="milliseconds")
        return {k: _shown(log_data[k]) for k in FIELDS if log_data.get(k) is not None}


def _shown(value):
    return hide(value) if isinstance(value, str) else value


def during(request):
    """Let all lines until `after` belong to `request`; returns what `after` wants."""
    return _request.set(request)


def after(token) -> None:
    """The request is done."""
    _request.reset(token)


def request_id() -> str | None:
    """The id of the request that is being answered, or that asked for this task; None outside."""
    request = _request.get()
    return _task.get().get("request_id") if request is None else request.id


def task_begins(name: str, request_id: str | None) -> None:
    """Let all lines until `task_ends` belong to this task, and to the request that asked for it."""
    _task.set({"task": name} | ({"request_id": request_id} if request_id else {}))


def task_ends() -> None:
    """The task is done."""
    _task.set({})


def about(request) -> dict:
    """What a line says about its request: id, and the user's once somebody has asked who it is."""
    user = request.__dict__.get("user")
    lazy = hasattr(user, "_wrapped")
    known = request.__dict__.get("_cached_user") if lazy else user
    found = {"request_id": getattr(request, "id", None), "user_id": getattr(known, "pk", None)}
    return {name: value for name, value in found.items() if value is not None}


def route_of(request) -> str:
    """The pattern of the page that answers `request`, never the address itself."""
    match = getattr(request, "resolver_match", None)
    return "unmatched" if match is None else plain_route(match.route)


@cache
def plain_route(route: str) -> str:
    """A route without the regular expressions of libraries: /api/v1/accounts/<pk>/."""
    named = replace_named_groups(remove_non_capturing_groups(route))
    return "/" + replace_metacharacters(replace_unnamed_groups(named)).lstrip("/")
