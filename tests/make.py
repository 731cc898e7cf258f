"""Rows for tests: one function per noun, keyword defaults, unique where they must be."""

from itertools import count

from accounts.models import Account, Contact, Membership, Store, Team, TeamMembership
from kam.models import User
from kam.roles import Role

_numbers = count(1)


def user(role=Role.ACCOUNT_MANAGER, **kw):
    n = next(_numbers)
    row = User(**{"email": f"person{n}@example.com", "name": f"Person {n}", "role": role} | kw)
    row.set_unusable_password()
    row.save()
    return row


def team(*members, **kw):
    row = Team.objects.create(**{"name": f"Team {next(_numbers)}"} | kw)
    for person in members:
        TeamMembership.objects.create(team=row, user=person)
    return row


def account(*members, **kw):
    n = next(_numbers)
    row = Account.objects.create(
        **{"code": f"K-{n}", "name": f"Account {n}", "country": "DE", "currency": "EUR"} | kw
    )
    for person in members:
        Membership.objects.create(account=row, user=person)
    return row


def store(account, **kw):
    n = next(_numbers)
    return Store.objects.create(account=account, **{"code": f"S{n}", "name": f"Store {n}"} | kw)


def contact(account, **kw):
    fields = {"name": f"Contact {next(_numbers)}", "buying_role": Contact.BuyingRole.DECIDES} | kw
    return Contact.objects.create(account=account, **fields)
