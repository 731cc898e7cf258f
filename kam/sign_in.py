"""What follows when somebody's way of signing in changes: the audit log knows, and their other devices are out.

Who came in and who was refused stands in the log lines.
"""

import logging

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.db import transaction

from kam.audit import log
from kam.sessions import end_sessions

logger = logging.getLogger(__name__)

VERBS = {
    account.password_changed: "changed_password",
    account.password_set: "set_password",
    account.password_reset: "reset_password",
    mfa.authenticator_added: "added_factor",
    mfa.authenticator_removed: "removed_factor",
    mfa.authenticator_reset: "renewed_codes",
}


def connect():
    """Listen to django-allauth; called once, when apps are ready."""
    for signal, verb in VERBS.items():
        signal.connect(_changed(verb), weak=False, dispatch_uid=f"kam.sign_in.{verb}")
    user_logged_in.connect(_came_in, dispatch_uid="kam.sign_in.in")
    user_login_failed.connect(_refused, dispatch_uid="kam.sign_in.refused")
    mfa.authentication_failed.connect(_refused, dispatch_uid="kam.sign_in.factor_refused")


def _came_in(user, **kwargs):
    logger.info("user %s signed in", user.pk)


def _refused(user=None, **kwargs):
    """A wrong password names nobody; a wrong second factor comes after the right password."""
    logger.warning("sign-in refused: %s", f"second factor of user {user.pk}" if user else "password")


def _changed(verb):
    @transaction.atomic
    def changed(sender, request, user, authenticator=None, **kwargs):
        here = request.session.session_key if request.user.pk == user.pk else None
        log(user, verb, by=user, after={"factor": authenticator.type} if authenticator else {})
        end_sessions(user, keep=here)

    return changed
