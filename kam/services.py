"""Writes of the kernel, and the one way rows are saved with their version and audit entry."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from kam import removals
from kam.audit import log, snapshot
from kam.errors import Stale
from kam.models import ApiToken


@transaction.atomic
def create(row, *, by):
    """Validate and insert `row`, with an audit entry. Raises ValidationError."""
    row.full_clean()
    row.save()
    log(row, "created", by=by, after=snapshot(row))
    return row


@transaction.atomic
def change(row, *, by, version, fields, verb="changed", reason=""):
    """Set `fields` on the stored row if its version is still `version`; returns the fresh row.

    Raises Stale when somebody saved in between, ValidationError when the result is not valid. A change that
    changes nothing writes nothing.
    """
    stored = row._meta.model._base_manager.select_for_update(of=("self",)).get(pk=row.pk)
    if version is not None and stored.version != version:
        raise Stale.since(stored)
    before = snapshot(stored)
    for name, value in fields.items():
        setattr(stored, name, value)
    stored.full_clean()
    if snapshot(stored) == before:
        return stored
    if hasattr(stored, "version"):
        stored.version += 1
    stored.save()
    log(stored, verb, by=by, before=before, reason=reason)
    return stored


@transaction.atomic
def remove(row, *, by, reason="", undo_if=""):
    """Delete `row` with an audit entry that keeps what it was. Raises ProtectedError when others depend on it.

    With `undo_if`, the dotted name of `may(user, row)`, whoever removed it can bring it back: returns the Removal.
    """
    log(row, "removed", by=by, before=snapshot(row), after={}, reason=reason)
    if undo_if and by is not None:
        return removals.delete(row, by=by, undo_if=undo_if)
    row.delete()
    return None


@transaction.atomic
def issue_token(*, user, name, scopes, days, by):
    """Make an API token and return (token, full text). The text is shown once and not stored."""
    token = ApiToken(user=user, name=name, scopes=sorted(scopes), expires_at=timezone.now() + timedelta(days=days))
    text = token.set_secret()
    token.full_clean()
    token.save()
    log(token, "issued", by=by, after={"name": name, "scopes": token.scopes, "user": user.pk})
    return token, text


@transaction.atomic
def revoke_token(token, *, by, reason=""):
    """End a token now; a token that has ended stays as it is."""
    ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())
    log(token, "revoked", by=by, reason=reason)
