"""Who may do what to a plan they see. Which plans a person sees is decided by `visible_to` alone."""

from accounts.models import Account
from kam.roles import Role
from plans.models import Plan

WRITERS = frozenset({Role.ACCOUNT_MANAGER, Role.TEAM_LEAD, Role.API_CLIENT})


def sees(user, plan):
    """True while the plan's account is still in the person's scope, whoever wrote the plan."""
    return Plan.objects.visible_to(user).filter(pk=plan.pk).exists()


def writes(user):
    """Who writes plans at all; a director may too, and another director then signs."""
    return user.is_active and (user.role in WRITERS or user.role == Role.DIRECTOR)


def may_create(user, account):
    """Those who look after the account write its plans."""
    return writes(user) and Account.objects.visible_to(user).filter(pk=account.pk).exists()


def may_edit(user, plan):
    """The author, and those who look after the account. A director edits only what they cannot sign."""
    is_theirs = user.role in WRITERS or (user.role == Role.DIRECTOR and plan.author_id == user.pk)
    return is_theirs and sees(user, plan)


def may_sign(user, plan):
    """Four eyes: a director of the account who neither wrote the plan nor stands in for who did."""
    if user.role != Role.DIRECTOR or plan.author_id == user.pk:
        return False
    return Plan.objects.visible_to(user).not_written_for(user).filter(pk=plan.pk).exists()


def is_system(user, plan):
    """Only the application itself, never a person."""
    return user is None
