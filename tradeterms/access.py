"""Who may do what to an agreement, a term or a finding that they see."""

from kam.roles import LEADERS, Role

WRITERS = frozenset({Role.ACCOUNT_MANAGER, *LEADERS})
HANDLERS = frozenset({*WRITERS, Role.API_CLIENT})


def may_create_agreement(user):
    """Whoever looks after accounts, and their leaders."""
    return user.is_active and user.role in WRITERS


def may_edit(user, agreement):
    """Agreements and their terms: whoever looks after the account, and its leaders."""
    return user.is_active and user.role in WRITERS


def may_publish(user, agreement):
    """What binds us is put in force, and ended, by those who lead."""
    return user.is_active and user.role in LEADERS


def may_handle(user, finding):
    """Settling findings with the customer, for people and for systems that do it for them."""
    return user.is_active and user.role in HANDLERS


def may_waive(user, finding):
    """Giving up money or a right needs a leader."""
    return user.is_active and user.role in LEADERS


def may_bring_back(user, term):
    """A term that was removed, as long as its agreement is a draft that the person may edit."""
    return term.agreement.is_editable and may_edit(user, term.agreement)
