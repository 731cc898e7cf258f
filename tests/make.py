"""Rows for tests: one function per noun, keyword defaults, unique where they must be."""

from datetime import date
from itertools import count

from accounts.models import Account, Alert, Contact, Membership, Store, Team, TeamMembership
from kam.models import User
from kam.roles import Role
from kpis.models import AccountWeek, InvoiceLine, OpenItem, OrderLine, Product
from plans.models import Goal, Initiative, Plan, PlanMeasure
from tradeterms.models import Agreement, Finding, Term

PASSWORD = "correct horse battery staple"
_numbers = count(1)


def user(role=Role.ACCOUNT_MANAGER, *, password=None, **kw):
    """A person, who has no password unless one is given."""
    n = next(_numbers)
    row = User(**{"email": f"person{n}@example.com", "name": f"Person {n}", "role": role} | kw)
    row.set_password(password)
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


def product(**kw):
    n = next(_numbers)
    return Product.objects.create(**{"code": f"P-{n}", "name": f"Product {n}"} | kw)


def invoice_line(account, value, day, **kw):
    fields = {"document": f"INV-{next(_numbers)}", "quantity": 1, "currency": account.currency} | kw
    fields.setdefault("product", Product.objects.first() or product())
    return InvoiceLine.objects.create(account=account, value=value, invoiced_on=day, **fields)


def open_item(account, amount, issued, **kw):
    """An unpaid invoice that is due at once; `paid_on` alone means that all of it was paid then."""
    fields = {"document": f"DOC-{next(_numbers)}", "due_on": issued, "currency": account.currency} | kw
    fields.setdefault("paid", amount if fields.get("paid_on") else 0)
    return OpenItem.objects.create(account=account, amount=amount, issued_on=issued, **fields)


def order_line(account, requested, **kw):
    """Ten units at 5.00, all received on the requested day."""
    n = next(_numbers)
    fields = {"order_number": f"O-{n}", "line_number": "1", "ordered_on": requested, "received_on": requested}
    fields |= {"ordered": 10, "received": 10, "price": "5.00", "currency": account.currency} | kw
    fields.setdefault("product", Product.objects.first() or product())
    return OrderLine.objects.create(account=account, requested_on=requested, **fields)


def account_week(account, week, **kw):
    return AccountWeek.objects.create(account=account, week=week, **{"currency": account.currency, "units": 1} | kw)


TERMS = {
    "volume_rebate": {
        "mode": "retrospective",
        "tiers": [{"from": "100000.00", "rate": "0.0100"}, {"from": "250000.00", "rate": "0.0200"}],
    },
    "minimum_purchase": {"amount": "250000.00", "penalty_rate": "0.0200"},
    "payment_term": {"days": 30, "grace_days": 0, "interest_rate": "0.0912"},
    "data_reporting": {"weekday": 1, "fee_per_week": "500.00"},
    "delivery_otif": {
        "minimum": "0.9500",
        "penalty_rate": "0.0100",
        "early_days": 0,
        "late_days": 0,
        "count": "units",
    },
}


def agreement(account, **kw):
    """In force from January to December 2026, without terms."""
    fields = {"number": f"TA-{next(_numbers)}", "title": "Annual agreement", "state": Agreement.State.IN_FORCE}
    fields |= {"starts": date(2026, 1, 1), "ends": date(2026, 12, 31), "currency": account.currency}
    return Agreement.objects.create(account=account, **fields | kw)


def term(agreement, kind="payment_term", **params):
    """A term of a kind with its usual parameters, of which `params` changes some."""
    owing = {"volume_rebate": Term.Side.WE_OWE, "delivery_otif": Term.Side.WE_OWE}
    side, clause = owing.get(kind, Term.Side.THEY_OWE), str(next(_numbers))
    return Term.objects.create(agreement=agreement, kind=kind, side=side, clause=clause, params=TERMS[kind] | params)


def finding(term, **kw):
    """One breached month of a payment term: 1,000.00 were late."""
    account = term.agreement.account
    fields = {"period_start": date(2026, 10, 1), "period_end": date(2026, 10, 31), "as_of": date(2026, 11, 23)}
    fields |= {"verdict": Finding.Verdict.BREACHED, "unit": "days", "currency": account.currency, "at_stake": "1000.00"}
    fields |= {"figures": {"late_items": 1, "late": "1000.00", "late_days": "10.0"}, "owner": account.owner}
    return Finding.objects.create(term=term, account=account, **fields | kw)
