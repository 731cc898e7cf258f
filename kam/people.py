"""Writes about who may sign in: invite, change, deactivate, bring back. `by` is who administers."""

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from kam import handover, mail, services
from kam.access import must_administer
from kam.audit import log
from kam.errors import Conflict, Denied, Stale
from kam.invitations import link_for
from kam.models import ApiToken, User
from kam.roles import Role
from kam.sessions import end_sessions
from kam.templatetags.formats import listed


@transaction.atomic
def invite(*, by, **fields):
    """Make a person who cannot sign in yet, and mail them the link by which they choose a password.

    An API client gets no mail: it has tokens. Raises Denied and ValidationError.
    """
    must_administer(by)
    user = User(**fields)
    user.set_unusable_password()
    services.create(user, by=by)
    if user.role != Role.API_CLIENT:
        _send_invitation(user, by)
    return user


@transaction.atomic
def invite_again(user, *, by):
    """Mail a fresh link. Raises Denied, and Conflict for who has chosen a password, has left, or is no person."""
    must_administer(by)
    user = _held(user)
    if user.state != User.State.INVITED:
        raise Conflict(_("Only people who have not signed in yet are invited again."))
    _send_invitation(user, by)
    return user


def _send_invitation(user, by):
    user.invited_at = timezone.now()
    User.objects.filter(pk=user.pk).update(invited_at=user.invited_at)
    key = f"invitation:{user.invited_at.isoformat()}"
    mail.queue(user=user, kind="invitation", key=key, params={"link": link_for(user)}, by=by)


@transaction.atomic
def change_person(user, *, by, version, **fields):
    """Change a person nobody else changed since `version`; returns the fresh row.

    Another role or e-mail signs them out everywhere. Raises Denied (one's own role), Conflict (the last administrator),
    Stale and ValidationError.
    """
    must_administer(by)
    old = _held(user)
    if fields.get("role", old.role) != old.role:
        _may_change_role(old, fields["role"], by)
    new = services.change(old, by=by, version=version, fields=fields)
    if new.email != old.email:
        EmailAddress.objects.filter(user=new).delete()
    if (new.email, new.role) != (old.email, old.role):
        end_sessions(new)
    return new


def _may_change_role(user, role, by):
    if user.pk == by.pk:
        raise Denied(_("Nobody changes their own role. Ask another administrator."))
    if Role.API_CLIENT in (user.role, role):
        raise ValidationError({"role": _("A person does not become an API client, nor the other way round.")})
    _must_not_be_last(user)


@transaction.atomic
def deactivate(user, *, by, reason, version=None):
    """End a person's access now: sessions, tokens and password. What they did stays.

    Raises Denied (oneself), Conflict (the last administrator; something still belongs to them; no reason), Stale.
    """
    must_administer(by)
    user = _held(user)
    if user.pk == by.pk:
        raise Denied(_("Nobody deactivates themselves. Ask another administrator."))
    _must_be_version(user, version)
    if not user.is_active:
        raise Conflict(_("%(person)s is deactivated already.") % {"person": user})
    if not reason.strip():
        raise Conflict(_("Say why; the reason is kept in the log."), code="note_required")
    _must_not_be_last(user)
    _must_own_nothing(user)
    for token in ApiToken.objects.filter(user=user, revoked_at=None):
        services.revoke_token(token, by=by)
    user.set_unusable_password()
    return _switch(user, is_active=False, by=by, verb="deactivated", reason=reason)


@transaction.atomic
def reactivate(user, *, by, reason="", version=None):
    """Let a person in again; they choose a new password by a mailed link. Tokens stay revoked.

    Raises Denied, Conflict (not deactivated), Stale.
    """
    must_administer(by)
    user = _held(user)
    _must_be_version(user, version)
    if user.is_active:
        raise Conflict(_("%(person)s is active already.") % {"person": user})
    user = _switch(user, is_active=True, by=by, verb="reactivated", reason=reason)
    if user.role != Role.API_CLIENT:
        _send_invitation(user, by)
    return user


@transaction.atomic
def leave(user, *, by, successors, reason, seen=None, and_deactivate=False):
    """Hand over what `user` has, then deactivate them if asked, in one transaction; returns the Shares that moved.

    Raises what `hand_over` and `deactivate` raise; then nothing is changed.
    """
    moved = handover.hand_over(user, by=by, successors=successors, reason=reason, seen=seen)
    if and_deactivate:
        deactivate(user, by=by, reason=reason)
    return moved


def _switch(user, *, is_active, by, verb, reason):
    user.is_active = is_active
    user.version += 1
    user.save()
    log(user, verb, by=by, before={"is_active": not is_active}, after={"is_active": is_active}, reason=reason)
    end_sessions(user)
    return user


def _held(user):
    """The stored row, locked: nobody else changes this person, or gives them anything, meanwhile."""
    handover.one_at_a_time()
    return User.objects.select_for_update().get(pk=user.pk)


def _must_be_version(user, version):
    if version is not None and user.version != version:
        raise Stale.since(user)


def _must_not_be_last(user):
    """Somebody must be left to administer; two cannot remove each other, because both hold the lock of `_held`."""
    if user.role != Role.ADMIN:
        return
    if not User.objects.filter(role=Role.ADMIN, is_active=True).exclude(pk=user.pk).exists():
        raise Conflict(_("%(person)s is the last administrator.") % {"person": user})


def _must_own_nothing(user):
    """What must have an owner is handed over first."""
    left = [f"{share.label} ({share.count})" for share in handover.shares_of(user) if share.part.needed and share.count]
    if left:
        what = {"person": user, "things": listed(left)}
        raise Conflict(_("%(person)s still has: %(things)s. Hand over first.") % what, code="owns")
