"""A form that names somebody else's row, in the address or in the body: refused, and nothing is written."""

import pytest
from django.db import transaction
from django.urls import reverse

from kam.roles import Role
from tests import world
from tests.test_access import rows_written

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def here(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        yield world.build()
        transaction.set_rollback(True)


@pytest.fixture
def lead(client, here):
    client.force_login(here.people[Role.TEAM_LEAD])
    return client


def bodies(here):
    """(route, its arguments, a body that would do but for one reference, the name of that reference)."""
    own, foreign = here.own, here.foreign
    account = {"code": "NEW", "name": "New", "kind": "retailer", "direction": "sell_to", "state": "active"}
    account |= {"country": "DE", "currency": "EUR", "languages": "", "team": here.team.pk}
    agreement = {"number": "NEW", "title": "New", "currency": "EUR", "starts": "2027-01-01", "ends": "2027-12-31"}
    initiative = {"title": "New", "due_on": "2027-06-01"}
    yield "accounts:create", [], account | {"parent": foreign.account.pk}, "parent"
    yield "plans:create", [], {"account": foreign.account.pk, "year": 2030}, "account"
    yield "tradeterms:create", [], agreement | {"account": foreign.account.pk}, "account"
    yield "plans:initiative-create", [own.goal.pk], initiative | {"owner": 10**9}, "owner"
    yield "kpis:import-new", [], {"kind": "sell_through", "feed": foreign.feed.code}, "feed"


CASES = ("account", "plan", "agreement", "initiative", "import")


@pytest.mark.parametrize("number", range(len(CASES)), ids=CASES)
def test_a_form_takes_no_reference_to_a_row_of_others(here, lead, number):
    route, args, body, field = list(bodies(here))[number]
    before = rows_written()
    answer = lead.post(reverse(route, args=args), body)
    assert (answer.status_code, field in answer.context["form"].errors) == (422, True), answer.context["form"].errors
    assert rows_written() == before


def test_an_own_row_does_not_lead_to_one_below_it_that_belongs_to_others(here, lead):
    """The address names rows by their own number; each is looked up by the access rule, not through its parent."""
    before = rows_written()
    found = here.foreign
    urls = [reverse("plans:goal-create", args=[found.plan.pk]), reverse("plans:measure-create", args=[found.goal.pk])]
    urls += [
        reverse("tradeterms:term-update", args=[found.term.pk]),
        reverse("kpis:import-detail", args=[found.batch.pk]),
    ]
    urls += [reverse("accounts:store-update", args=[found.store.pk]), reverse("plans:signoff", args=[found.plan.pk])]
    assert {lead.post(url, {"version": 1, "title": "x"}).status_code for url in urls} <= {404, 405}
    assert rows_written() == before
