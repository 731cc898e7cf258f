"""Rows for tests: one function per noun, keyword defaults, unique where they must be."""

from datetime import date
from itertools import count

from accounts.models import Account, Alert, Contact, Membership, Store, Team, TeamMembership
from kam.models import User
from kam.roles import Role
from plans.models import Goal, Initiative, Plan, PlanMeasure

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
    row = Account.objects.create(**{"code": f"K-{n}", "name": f"Account {n}", "country": "DE", "currency": "EUR"} | kw)
    for person in members:
        Membership.objects.create(account=row, user=person)
    return row


def store(account, **kw):
    n = next(_numbers)
    return Store.objects.create(account=account, **{"code": f"S{n}", "name": f"Store {n}"} | kw)


def contact(account, **kw):
    fields = {"name": f"Contact {next(_numbers)}", "buying_role": Contact.BuyingRole.DECIDES} | kw
    return Contact.objects.create(account=account, **fields)


def alert(account, **kw):
    n, day = next(_numbers), date(2026, 11, 23)
    fields = {"fingerprint": f"alert:{n}", "code": "test", "severity": Alert.Severity.WARNING}
    return Alert.objects.create(account=account, **fields | {"raised_on": day, "seen_on": day} | kw)


def plan(account, **kw):
    """A draft for 2026 with nothing in it; its author is a new member of the account."""
    author = kw.pop("author", None) or user()
    Membership.objects.get_or_create(account=account, user=author)
    return Plan.objects.create(**{"account": account, "year": 2026, "author": author} | kw)


def full_plan(account, **kw):
    """A plan that passes every check: two goals, each with an initiative and a measure."""
    state = kw.pop("state", Plan.State.DRAFT)
    row = plan(account, **{"where_we_stand": "Share of running rose."} | kw)
    for position, (measure, target) in enumerate((("sell_in", "1000"), ("otif", "0.95")), 1):
        aim = goal(row, position=position)
        initiative(aim, owner=row.author)
        plan_measure(aim, measure=measure, target=target, weight=50)
    Plan.objects.filter(pk=row.pk).update(state=state)
    row.refresh_from_db()
    return row


def goal(plan, **kw):
    return Goal.objects.create(plan=plan, **{"title": f"Goal {next(_numbers)}"} | kw)


def initiative(goal, **kw):
    return Initiative.objects.create(
        goal=goal, **{"title": f"Initiative {next(_numbers)}", "due_on": date(2026, 12, 1)} | kw
    )


def plan_measure(goal, **kw):
    return PlanMeasure.objects.create(goal=goal, **{"measure": "sell_in", "target": "1000", "weight": 100} | kw)
