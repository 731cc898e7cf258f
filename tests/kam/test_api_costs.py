"""Every list and every row of the API costs the same number of queries, whatever there is of it and hangs off it.

The house grows by two of everything, and every noun of the router is asked again: one that does not grow below fails.
"""

from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership, Notification, Team, TeamMembership
from kam.models import Delivery, Deputy, SavedView, StepRun, Webhook
from kam.roles import Role
from kam.services import remove
from kam.urls import router
from kpis.models import Category, CategoryWeek, ColumnMapping, ImportError, ProductWeek
from plans import signing
from tests import make, policy, world
from tests.kpis import facts, forecasts
from tests.test_access import aliases, key_text, noun_of, token_client

NOUNS = {prefix: viewset for prefix, viewset, _name in router.registry}
READERS = {"entries": Role.AUDITOR} | dict.fromkeys(("webhooks", "deliveries", "notifications"), Role.ACCOUNT_MANAGER)


def grow(here, number):
    """One more of everything, below the rows that are read one by one where it can stand there."""
    own, lead = here.own, here.people[Role.TEAM_LEAD]
    people(here, lead, number)
    accounts(here, own.account, number)
    kpis(own, own.account, number)
    ahead(own.account)
    terms(own, number)
    plans(own, here.user, number)
    SavedView.objects.create(user=lead, page="accounts:list", name=str(number))
    remove(Category.objects.create(code=f"gone-{number}", name="x"), by=lead, undo_if="kpis.access.may_keep_catalogue")


def people(here, lead, number):
    colleague, day = make.user(), date(2090 + number, 1, 1)
    TeamMembership.objects.create(team=here.team, user=colleague)
    Deputy.objects.create(person=lead, deputy=colleague, starts=day, ends=day)
    Team.objects.create(name=f"Below {number}", parent=here.team)


def accounts(here, account, number):
    manager = here.people[Role.ACCOUNT_MANAGER]
    make.account(team=here.team, parent=account)
    make.store(account)
    make.contact(account, reports_to=here.own.contact, our_owner=manager)
    make.alert(account)
    Membership.objects.create(account=account, user=make.user())
    entry = world.entry_of(account)
    StepRun.objects.create(date=world.DAY, step="measures", shard=number, state="done")
    Webhook.objects.create(user=manager, name=str(number), url="https://example.com/", events=["*.*:*"])
    Delivery.objects.create(webhook=here.webhook, entry=entry)
    Notification.objects.create(user=manager, account=account, key=f"more {number}", code="member_made", at=world.NOON)


def kpis(own, account, number):
    batch = facts.batch(own.feed)
    ImportError.objects.create(batch=own.batch, line=number + 10, code="not_a_number")
    ColumnMapping.objects.create(feed=facts.feed(account, code=f"more-{number}"), text="x")
    ball = facts.product(category=Category.objects.create(code=f"C{number}", name="x"))
    week = facts.weeks_back(number)
    facts.sold(account, week, store=own.store, of=ball, batch_id=batch.pk)
    facts.invoiced(account, of=ball, batch=batch)
    facts.ordered(account, product=ball, store=own.store)
    facts.item(account)
    facts.stocked(account, week, product=ball)
    facts.shipped(account, store=own.store)
    facts.served(account)
    facts.priced(account, product=ball)
    facts.told_us(account, product=ball)
    facts.earned(account, product=ball)
    facts.exchange()
    facts.account_week(account, facts.weeks_back(number + 1))
    ProductWeek.objects.create(account=account, product=ball, week=week)
    CategoryWeek.objects.create(account=account, category=ball.category, week=week)
    facts.value(account, week=week)
    facts.target(account, year=2040 + number)


def ahead(account):
    """One more product that is forecast, short and out of stock, with all that belongs to it."""
    found, ball = SimpleNamespace(account=account), facts.product()
    forecasts.cap(ball)
    world.forecast(found, make.user(), ball)
    world.stock_out(found, make.user(), ball)


def terms(own, number):
    make.agreement(own.account)
    make.term(own.agreement)
    month = date(2026, number, 1)
    make.finding(own.term, period_start=month, period_end=month + timedelta(days=27))


def plans(own, author, number):
    signed = world.full_plan(own.account, author, 2040 + number)
    signing.record(signed, author, "")
    make.goal(own.plan)
    make.initiative(own.goal)
    make.plan_measure(own.goal, measure=("otif", "backlog", "on_time")[number - 1], weight=0)


def row_of(here, prefix):
    noun = noun_of(NOUNS[prefix])
    if noun in policy.OWN:
        return NOUNS[prefix].queryset.model.objects.visible_to(here.people[Role.TEAM_LEAD]).earliest("pk")
    return getattr(here, noun) if noun in policy.SHARED else aliases(here.own, noun)


def asked(client, url):
    """(queries, JSON) of an address."""
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(url)
    assert answer.status_code == 200, (url, answer.json())
    return len(queries), answer.json()


def read(here):
    """By noun: how many rows its list has, what the list costs and what one row costs."""
    clients = {role: token_client(here, role) for role in {Role.TEAM_LEAD, *READERS.values()}}
    found = {}
    for prefix in NOUNS:
        client, url = clients[READERS.get(prefix, Role.TEAM_LEAD)], f"/api/v1/{prefix}/"
        size = "limit" if prefix == "changes" else "page_size"
        cost, body = asked(client, f"{url}?{size}=200")
        found[prefix] = len(body["results"]), cost, asked(client, f"{url}{key_text(row_of(here, prefix).pk)}/")[0]
    return found


@pytest.mark.django_db
def test_every_noun_costs_the_same_for_one_row_and_for_three():
    here = world.build()
    grow(here, 1)
    read(here)  # the last use of each token is noted once a minute
    before = read(here)
    for number in (2, 3):
        grow(here, number)
    after = read(here)
    assert [prefix for prefix in NOUNS if after[prefix][0] < before[prefix][0] + 2] == []
    assert {prefix: after[prefix][1:] for prefix in NOUNS} == {prefix: before[prefix][1:] for prefix in NOUNS}
    assert {prefix: costs for prefix, (_rows, *costs) in after.items() if max(costs) > MOST} == {}


MOST = 6
