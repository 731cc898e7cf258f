"""Everything together, in one transaction: either the whole demo company is there, or nothing of it."""

from dataclasses import dataclass

from django.db import transaction

from accounts.models import Account, Team
from kam.models import User
from kpis.models import Product
from plans.demo import accounts, columns, contacts, forecasts, people, plans, products, tables, targets, terms
from plans.demo.days import Days
from plans.demo.facts import Facts


@dataclass(frozen=True)
class Built:
    """What came out: rows by table, and where the logins are."""

    rows: dict
    logins: object


def is_empty():
    """Whether nobody has put anything into this database yet."""
    return not any(model.objects.exists() for model in (User, Team, Account, Product))


@transaction.atomic
def build(*, seed, today, cast=None):
    """Make the demo company in an empty database; the figures are the same for the same seed and day.

    `cast` says which accounts there are and which stories they tell: by default all of them, all twelve.
    """
    cast = cast or accounts.Cast()
    days = Days(today)
    staff, logins = people.users()
    teams = people.teams(staff)
    clients = accounts.build(cast, staff, teams)
    stores = accounts.stores(cast, clients, seed)
    articles = products.catalogue()
    facts = Facts(cast, stores, articles, days, seed)
    made = products.build(articles)
    rows = facts.store(clients, made)
    columns.build(staff, articles, days)
    contacts.build(cast, clients, staff, seed)
    targets.build(clients, facts)
    terms.build(clients, facts)
    plans.build(clients, staff, facts)
    forecasts.build(clients, made, staff, facts)
    tables.analyze()
    return Built(rows, people.write_logins(logins))
