"""Writes about accounts, their places and people; `by` is a user, or None for the system."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import may_assign
from accounts.models import Account, Contact, Membership, Store
from kam import services
from kam.errors import Denied

ASSIGNMENT = ("parent", "team", "owner")


@transaction.atomic
def create_account(*, by, **fields):
    """Open an account. Raises ValidationError, also when `by` would not see what they made."""
    Account.one_move_at_a_time(fields)
    account = services.create(Account(**fields), by=by)
    _let_owner_in(account, by)
    _must_stay_visible(account, by)
    return account


@transaction.atomic
def change_account(account, *, by, version, **fields):
    """Change an account that nobody else changed since `version`.

    Raises Denied when `by` may not assign but would, Stale, and ValidationError, also when `by` would lose sight of it.
    """
    assigned = _assigned(account, fields)
    if assigned and by is not None and not may_assign(by, account):
        raise Denied(_("Only a leader decides who looks after an account."))
    if "parent" in assigned:
        Account.one_move_at_a_time(fields)
    account = services.change(account, by=by, version=version, fields=fields)
    if "owner" in assigned:
        _let_owner_in(account, by)
    if assigned or "country" in fields:
        _must_stay_visible(account, by)
    return account


def _assigned(account, fields):
    """Which of place in the tree, team and owner would differ from what is stored; forms have set `account`."""
    stored = Account.objects.values(*ASSIGNMENT).get(pk=account.pk)
    return [n for n in ASSIGNMENT if n in fields and stored[n] != (fields[n].pk if fields[n] else None)]


def _let_owner_in(account, by):
    """Whoever is named as account manager looks after the account, and so sees it."""
    if account.owner and not account.memberships.filter(user=account.owner).exists():
        add_member(account=account, user=account.owner, by=by)


def _must_stay_visible(account, by):
    if by is not None and not Account.objects.visible_to(by).filter(pk=account.pk).exists():
        raise ValidationError({"team": _("You would not see this account any more. Choose one of your teams.")})


def create_store(*, by, **fields):
    """Add a place to an account. Raises ValidationError."""
    return services.create(Store(**fields), by=by)


def change_store(store, *, by, version, **fields):
    """Change a store. Raises Stale and ValidationError."""
    _stays_with_account(store, fields)
    return services.change(store, by=by, version=version, fields=fields)


def create_contact(*, by, **fields):
    """Add a person at an account. Raises ValidationError."""
    return services.create(Contact(**fields), by=by)


def change_contact(contact, *, by, version, **fields):
    """Change what is known of a person. Raises Stale and ValidationError."""
    _stays_with_account(contact, fields)
    return services.change(contact, by=by, version=version, fields=fields)


def remove_contact(contact, *, by):
    """Forget a person at an account; who reported to them reports to nobody. Returns the Removal."""
    return services.remove(contact, by=by, undo_if="accounts.access.may_edit")


def _stays_with_account(row, fields):
    if "account" in fields and fields["account"].pk != row.account_id:
        raise ValidationError({"account": _("This cannot move to another account; add it there instead.")})


def add_member(*, account, user, by, function=""):
    """Let a person look after an account and everything below it. Raises ValidationError."""
    return services.create(Membership(account=account, user=user, function=function), by=by)


def remove_member(membership, *, by):
    """Take an account away from a person; returns the Removal by which it can be brought back."""
    return services.remove(membership, by=by, undo_if="accounts.access.may_assign")
