"""Who may do what to a row that they see."""

from accounts.people import SEES_ALL, led_by
from kam.access import may_administer, may_have_deputies
from kam.roles import LEADERS, LOOK_AT_PEOPLE, Role

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


def may_look_at_people(user):
    """Administrators and auditors look at everybody, leaders at the people of their teams."""
    return user.is_active and user.role in LOOK_AT_PEOPLE


def may_name_deputy(user, person):
    """One's own; an administrator names anybody's, a leader those of their people."""
    if not may_have_deputies(person):
        return False
    return user.pk == person.pk or may_administer(user) or led_by(user).filter(pk=person.pk).exists()


def may_see_log(user):
    """Auditors read the whole log, administrators what is about people, teams and rights."""
    return user.is_active and user.role in SEES_ALL
