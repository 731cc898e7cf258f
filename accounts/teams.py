"""Writes about teams: who works where, and which accounts are theirs. `by` is a user."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import may_assign
from accounts.models import Account, Team, TeamMembership
from accounts.services import change_account
from kam import services
from kam.access import must_administer
from kam.errors import Conflict, Denied


@transaction.atomic
def create_team(*, by, **fields):
    """Open a team. Raises Denied and ValidationError."""
    must_administer(by)
    Team.one_move_at_a_time(fields)
    return services.create(Team(**fields), by=by)


@transaction.atomic
def change_team(team, *, by, version, **fields):
    """Rename or move a team, or change which accounts its rule catches. Raises Denied, Stale, ValidationError."""
    must_administer(by)
    Team.one_move_at_a_time(fields)
    return services.change(team, by=by, version=version, fields=fields)


@transaction.atomic
def remove_team(team, *, by):
    """Delete a team in which nobody works, which has no accounts and no team below; returns the Removal.

    Raises Denied and Conflict.
    """
    must_administer(by)
    team = Team.objects.select_for_update(of=("self",)).get(pk=team.pk)
    if team.memberships.exists() or team.accounts.exists() or team.children.exists():
        raise Conflict(_("Only an empty team can be deleted: without people, accounts and teams below."))
    return services.remove(team, by=by, undo_if="kam.access.may_administer")


def join_team(*, team, user, by):
    """Let a person work in a team. Raises Denied and ValidationError."""
    must_administer(by)
    return services.create(TeamMembership(team=team, user=user), by=by)


def leave_team(membership, *, by):
    """Take a person out of a team; returns the Removal by which it can be brought back. Raises Denied."""
    must_administer(by)
    return services.remove(membership, by=by, undo_if="kam.access.may_administer")


@transaction.atomic
def assign_accounts(*, team, accounts, by):
    """Give all these accounts to a team, or none; returns how many changed.

    Raises Denied, and ValidationError when `by` would lose sight of one.
    """
    if not may_assign(by):
        raise Denied(_("Only a leader decides who looks after an account."))
    wanted = Account.objects.select_for_update(of=("self",)).filter(pk__in=[a.pk for a in accounts]).order_by("pk")
    moving = [account for account in wanted if account.team_id != team.pk]
    for account in moving:
        change_account(account, by=by, version=None, team=team)
    return len(moving)
