"""Who may do what to a row that they see."""

from kam.roles import LEADERS, Role

ASSIGNERS = frozenset({*LEADERS, Role.API_CLIENT})
KEEPERS = frozenset({Role.ACCOUNT_MANAGER, *ASSIGNERS})
HANDLERS = frozenset({*KEEPERS, Role.ANALYST, Role.FINANCE})


def may_create_account(user, row=None):
    """Leaders open accounts, and systems that keep master data; account managers are given theirs."""
    return user.is_active and user.role in ASSIGNERS


def may_edit(user, row=None):
    """Account, store, contact: whoever looks after the account, its leaders, and master-data systems."""
    return user.is_active and user.role in KEEPERS


def may_assign(user, row=None):
    """Who looks after an account, and where in the tree it stands, is decided by its leaders."""
    return user.is_active and user.role in ASSIGNERS


def may_handle_alert(user, alert=None):
    """Everyone who works with the data the alert is about, not those who only read or review."""
    return user.is_active and user.role in HANDLERS
