"""Versions in headers: from which version a change was made, and whether a copy is still what would be answered.

An ETag is `"<version>-<digest>"`: the version counts the saves of the row, the digest is of the answer itself, which
also holds what the night fills in and what is worded in the caller's language. If-Match asks for the version alone,
so `"<version>"` will do there; If-None-Match compares the whole.
"""

import hashlib
import re

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions, status
from rest_framework.renderers import JSONRenderer

from kam.errors import Stale

TAG = re.compile(r'(?:W/)?"?(\d{1,9})(?:-[0-9a-f]+)?"?\Z')


class VersionRequired(exceptions.APIException):
    """428: a change must say which version it was made from."""

    status_code = status.HTTP_428_PRECONDITION_REQUIRED
    default_detail = gettext_lazy("Send If-Match with the ETag you read.")


def etag(row, data):
    """The ETag of a row that is answered as `data`; rows without a version have the digest alone."""
    digest = hashlib.sha256(JSONRenderer().render(data)).hexdigest()[:16]
    return f'"{row.version}-{digest}"' if hasattr(row, "version") else f'"{digest}"'


def still_known(request, tag):
    """True when If-None-Match says that the caller holds this very answer."""
    known = [text.strip().removeprefix("W/") for text in request.headers.get("If-None-Match", "").split(",")]
    return tag in known


def seen_version(request, row, named=None):
    """The version in If-Match, else the one `named` in the body; None for rows that have none.

    Raises VersionRequired (428) without either, and Stale (412) when it is not the row's.
    """
    if not hasattr(row, "version"):
        return None
    texts = [text.strip() for text in request.headers.get("If-Match", "").split(",")]
    seen = {int(found[1]) for found in map(TAG.match, texts) if found} or ({named} if named is not None else set())
    if not seen and texts in ([""], ["*"]):
        raise VersionRequired
    if row.version not in seen:
        raise Stale(_("The row was changed since you read it."), current=row)
    return row.version


def hold(row, version):
    """Lock the stored row until the transaction ends. Raises Stale when its version is another or it is gone."""
    stored = type(row)._base_manager.select_for_update(of=("self",)).filter(pk=row.pk).first()
    if stored is None or stored.version != version:
        raise Stale(_("The row was changed since you read it."), current=stored)
    return stored
