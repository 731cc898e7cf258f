"""POST once: the same request under the same Idempotency-Key has one effect, and is answered alike.

The key is claimed in a transaction of its own, so that everybody sees it is under way. The work and its answer then
commit together, and only while the claim still holds. A worker that dies leaves neither; its claim ends with the lease.
"""

import hashlib
import math
from datetime import timedelta
from functools import wraps

from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer

from kam.errors import Conflict
from kam.models import ApiToken, IdempotentRequest
from kam.sealing import seal, unseal

HEADER = "Idempotency-Key"
LEASE, KEPT = timedelta(seconds=60), timedelta(hours=24)
LONGEST = 255
KEPT_HEADERS = ("ETag", "Location")


class InFlight(exceptions.APIException):
    """409: the same request is being worked on; ask again after `wait` seconds."""

    status_code, default_code = 409, "in_flight"
    default_detail = gettext_lazy("The same request is under way. Try again later with the same key.")

    def __init__(self, wait):
        super().__init__()
        self.wait = wait


class Reused(exceptions.APIException):
    """422: the key stands for another request."""

    status_code, default_code = 422, "key_reused"
    default_detail = gettext_lazy("This Idempotency-Key was sent with another request. Take a new key for each.")


def once(view, handler):
    """`handler` of a POST, made to happen once for each key."""

    @wraps(handler)
    def answered(request, *args, **kwargs):
        key = key_of(request, required=view.action in view.needs_key)
        if not key:
            return handler(request, *args, **kwargs)
        row, is_new = _claim(_caller(request), key, fingerprint(request))
        return _work(view, row, lambda: handler(request, *args, **kwargs)) if is_new else _again(row)

    return answered


def key_of(request, *, required):
    """The key of the request, "" without one. Raises ValidationError (400) when it is required or not a key."""
    text = request.headers.get(HEADER, "").strip().strip('"')
    if not text and required:
        raise exceptions.ValidationError({HEADER: [_("Send a key of your own with this request, such as a UUID.")]})
    if len(text) > LONGEST or not (text.isascii() and text.isprintable()):
        said = _("At most %(most)d printable ASCII characters.")
        raise exceptions.ValidationError({HEADER: [said % {"most": LONGEST}]})
    return text


def fingerprint(request):
    """What the request asks for, in hex; keyed, so that a password in a body cannot be guessed from it."""
    mac = salted_hmac("kam.idempotency", f"{request.method}\n{request.get_full_path()}\n", algorithm="sha256")
    if (request.content_type or "").startswith("multipart/"):
        for name, values in sorted(request.data.lists()):
            for value in values:
                mac.update(repr((name, _content(value))).encode())
    else:
        mac.update(request.body)
    return mac.hexdigest()


def purge(now=None):
    """Forget the answers that are older than a day; returns how many."""
    old = (now or timezone.now()) - KEPT
    return IdempotentRequest.objects.filter(created_at__lt=old).delete()[0]


def _content(value):
    """Text of a form as it is, a file as the hash of its bytes."""
    if not hasattr(value, "chunks"):
        return value
    digest = hashlib.sha256()
    for piece in value.chunks():
        digest.update(piece)
    value.seek(0)
    return digest.hexdigest()


def _caller(request):
    return f"token:{request.auth.pk}" if isinstance(request.auth, ApiToken) else f"user:{request.user.pk}"


def _claim(caller, key, asked):
    """(row, True) when the work is ours to do, (row, False) when it is answered. Raises InFlight and Reused."""
    now = timezone.now()
    mine = {"fingerprint": asked, "lease_until": now + LEASE}
    row, made = IdempotentRequest.objects.get_or_create(caller=caller, key=key, defaults=mine)
    if row.fingerprint != asked:
        raise Reused
    if made or row.status is not None:
        return row, made
    abandoned = IdempotentRequest.objects.filter(pk=row.pk, status=None, lease_until__lt=now)
    if not abandoned.update(lease_until=mine["lease_until"]):
        raise InFlight(wait=max(1, math.ceil((row.lease_until - now).total_seconds())))
    row.lease_until = mine["lease_until"]
    return row, True


def _work(view, row, do):
    """Do it and keep the answer; what fails leaves no effect, and is kept only where trying again is no use."""
    try:
        with transaction.atomic():
            answer = do()
            _keep(row, answer)
            return answer
    except Exception as error:
        try:
            answer = view.handle_exception(error)
        except Exception:
            _release(row)
            raise
    if _may_go_better(answer):
        _release(row)
    else:
        _keep(row, answer)
    return answer


def _may_go_better(answer):
    return answer.status_code >= 500 or answer.status_code == 429 or "Retry-After" in answer.headers


def _keep(row, answer):
    """Store the answer. Raises Conflict, which undoes the work, when the lease ran out and another has taken over."""
    body = "" if answer.data is None else JSONRenderer().render(answer.data).decode()
    headers = {name: answer.headers[name] for name in KEPT_HEADERS if name in answer.headers}
    headers["Content-Type"] = answer.content_type or "application/json"
    ours = IdempotentRequest.objects.filter(pk=row.pk, status=None, lease_until=row.lease_until)
    if not ours.update(status=answer.status_code, headers=headers, body=seal(body)):
        raise Conflict(_("This took too long, and the same request has been taken up anew."), code="too_slow")


def _release(row):
    IdempotentRequest.objects.filter(pk=row.pk, status=None, lease_until=row.lease_until).delete()


def _again(row):
    """The stored answer, to the letter."""
    return HttpResponse(unseal(row.body), status=row.status, headers=row.headers | {"Idempotent-Replayed": "true"})
