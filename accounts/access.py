"""Who may do what to a row that they see."""

from kam.roles import LEADERS, Role

WRITERS = frozenset({Role.ACCOUNT_MANAGER, *LEADERS})
KEEPERS = frozenset({*WRITERS, Role.API_CLIENT})


def may_create_account(user):
    """Leaders open accounts, and systems that keep master data; managers are given theirs."""
    return user.is_active and user.role in LEADERS | {Role.API_CLIENT}


def may_edit(user, row):
    """Account, store, contact: whoever looks after the account and its leaders."""
    return user.is_active and user.role in KEEPERS


def may_assign(user, row):
    """Who looks after an account is decided by its leaders."""
    return user.is_active and user.role in LEADERS


def may_handle_alert(user, alert):
    """Everyone who works with the data the alert is about, not those who only read or review."""
    return user.is_active and user.role in {*KEEPERS, Role.ANALYST, Role.FINANCE}
