"""Every refusal of the API is an application/problem+json (RFC 9457) with a sentence for people."""

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation, ValidationError
from django.db import IntegrityError, OperationalError
from django.db.models import ProtectedError
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler, set_rollback

from kam.errors import Conflict, Denied, Stale

TITLES = {
    400: gettext_lazy("Invalid request"),
    401: gettext_lazy("Not signed in"),
    403: gettext_lazy("Not allowed"),
    404: gettext_lazy("Not found"),
    405: gettext_lazy("Method not allowed"),
    406: gettext_lazy("Not acceptable"),
    409: gettext_lazy("Not possible now"),
    410: gettext_lazy("Gone"),
    412: gettext_lazy("Changed meanwhile"),
    413: gettext_lazy("Too large"),
    415: gettext_lazy("Unsupported media type"),
    422: gettext_lazy("Cannot be processed"),
    428: gettext_lazy("Version required"),
    429: gettext_lazy("Too many requests"),
}

# What the database says when two writers wait for each other: serialization failure, deadlock, lock not to be had.
BUSY = ("40001", "40P01", "55P03")
# Codes of refusals that a program may want to tell apart from others of the same status.
TOLD = ("in_flight", "key_reused", "restored")


def handle(error, context):
    """DRF's exception handler: services raise the same errors for pages and the API.

    An error that carries `item` happened to that item of a bulk request, and is told of it.
    """
    answer = _answer(error, context)
    item = getattr(error, "item", None)
    if answer is not None and item is not None:
        told = answer.data.get("errors", {"non_field_errors": [answer.data["detail"]]})
        answer.data["errors"] = {str(item): told}
    return answer


def _answer(error, context):
    if isinstance(error, Conflict):
        return problem(412 if isinstance(error, Stale) else 409, error.message, code=error.code)
    if isinstance(error, ProtectedError):
        return problem(409, _("Other rows depend on this one."), code="protected")
    if isinstance(error, ValidationError):
        return problem(400, _("Some fields are not valid."), errors=_fields(error))
    if isinstance(error, Denied):
        return problem(403, error.message)
    if isinstance(error, SuspiciousOperation):
        too_big = isinstance(error, RequestDataTooBig)
        return problem(413, _("The request is too large.")) if too_big else problem(400, _("The request is malformed."))
    if isinstance(error, IntegrityError):
        return problem(409, _("Somebody wrote the same at the same moment."), code="conflict")
    if isinstance(error, OperationalError) and getattr(error.__cause__, "sqlstate", "") in BUSY:
        return problem(409, _("Somebody is writing these rows. Try again."), code="busy", retry_after=1)
    if isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    response = exception_handler(error, context)
    return response and _from_drf(response, getattr(error, "default_code", ""))


def problem(status_code, detail, *, retry_after=None, **extra):
    """A problem response; anything written so far in this request is rolled back."""
    set_rollback()
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    body = {
        "type": "about:blank",
        "title": str(TITLES.get(status_code, _("Error"))),
        "status": status_code,
        "detail": str(detail),
    } | extra
    return Response(body, status=status_code, headers=headers, content_type="application/problem+json")


def _fields(error):
    if hasattr(error, "error_dict"):
        return {("non_field_errors" if k == "__all__" else k): v for k, v in error.message_dict.items()}
    return {"non_field_errors": error.messages}


def _from_drf(response, code):
    data = response.data
    if isinstance(data, dict) and set(data) == {"detail"}:
        answer = problem(response.status_code, data["detail"], **({"code": code} if code in TOLD else {}))
    else:
        errors = data if isinstance(data, dict) else {"non_field_errors": data}
        answer = problem(response.status_code, _("Some fields are not valid."), errors=errors)
    for name, value in response.headers.items():
        if name != "Content-Type":
            answer[name] = value
    return answer
