"""Who may administer: people, teams and what people may do."""

from django.utils.translation import gettext as _

from kam.errors import Denied
from kam.roles import STANDS_IN, Role


def may_administer(user, row=None):
    """Administrators; they see no account, and cannot give themselves a role that does."""
    return user.is_active and user.role == Role.ADMIN


def must_administer(user):
    """Raise Denied unless `user` administers."""
    if not may_administer(user):
        raise Denied(_("Only administrators may do this."))


def may_have_deputies(user):
    """People whose role sees accounts by membership or team."""
    return user.is_active and any(user.role in below for below in STANDS_IN.values())
