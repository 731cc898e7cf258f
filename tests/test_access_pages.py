"""Every page × method × role × own and foreign row. A route missing from the policy fails."""

from datetime import date

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse
from django.utils.translation import get_language
from drf_spectacular.generators import SchemaGenerator

from kam.roles import Role
from tests import policy, world
from tests.test_access import aliases, rows_written

pytestmark = pytest.mark.usefixtures("here")


@pytest.fixture(scope="module")
def here(django_db_setup, django_db_blocker):
    """One world for all tests of this file, in a transaction that is rolled back: none of them may change it."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield world.build()
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def clients(here):
    """A signed-in browser per role."""
    found = {}
    for role, person in here.people.items():
        found[role] = Client()
        found[role].force_login(person)
    return found


@pytest.fixture(scope="module", autouse=True)
def _one_description():
    """The description of the API is the same for whoever may read it, and takes long: here it is made once."""
    written, make = {}, SchemaGenerator.get_schema

    def get_schema(generator, request=None, public=False):
        assert public
        if get_language() not in written:
            written[get_language()] = make(generator, request, public)
        return written[get_language()]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SchemaGenerator, "get_schema", get_schema)
        yield


def routes(patterns, namespace=""):
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name}"
        else:
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from routes(pattern.url_patterns, inner)


def test_every_route_stands_in_the_policy():
    named = {n for n in routes(get_resolver().url_patterns) if not n.startswith(("api-", *policy.PERSONAL))}
    listed = {*policy.PAGES, *policy.LISTS, *policy.OTHERS, *policy.OPEN, *policy.SECRET}
    assert named - listed - {"night-rerun", "logout"} == {"None"} & named
    assert listed - named == set()


def row_of(here, whose, noun):
    return getattr(here, noun) if noun in policy.COMMON else aliases(getattr(here, whose), noun)


def address(route, page, row):
    return reverse(route, kwargs={"pk": row.pk} | page.get("kwargs", {}))


@pytest.mark.parametrize("route", sorted(policy.PAGES))
def test_reading_a_page(here, clients, route):
    page = policy.PAGES[route]
    if page.get("post_only"):
        return
    got, want = {}, {}
    for role, client in clients.items():
        for whose in ("own", "foreign"):
            row = row_of(here, whose, page["noun"])
            answer = client.get(address(route, page, row))
            got[role, whose] = answer.status_code
            b"".join(answer.streaming_content if answer.streaming else ())  # a download is read to its end
            want[role, whose] = reading(page, role, whose)
    assert got == want


def reading(page, role, whose):
    foreign = whose == "foreign" and page["noun"] not in policy.COMMON
    if role not in page["see"] or (foreign and role not in page.get("sees_all", {Role.AUDITOR})):
        return 404
    return 200 if page["do"] is None or role in page["do"] or page.get("all_read") else 403


@pytest.mark.parametrize("route", sorted(policy.PAGES))
def test_a_denied_request_changes_nothing(here, clients, route):
    """POST, PUT, PATCH and DELETE by everyone who may not: refused, and no row was written on the way."""
    page = policy.PAGES[route]
    wrong = {}
    for role, client in clients.items():
        for whose in ("own", "foreign"):
            may = reading(page, role, whose) == 200 and role in (page["do"] or ())
            row, before = row_of(here, whose, page["noun"]), rows_written()
            answers = [getattr(client, verb)(address(route, page, row)) for verb in ("put", "patch", "delete")]
            if not may:
                answers.append(client.post(address(route, page, row), {"version": 1, "next": "/"}))
            statuses = {a.status_code for a in answers}
            if not statuses <= {403, 404, 405} or rows_written() != before:
                wrong[role, whose] = (statuses, rows_written() - before)
    assert wrong == {}


@pytest.mark.parametrize("route", sorted(policy.LISTS))
def test_lists_name_own_accounts_only(here, clients, route):
    got, want = {}, {}
    for role, client in clients.items():
        answer = client.get(reverse(route))
        text = (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode()
        got[role] = (answer.status_code in (200, 403, 404), here.foreign.account.name in text and role != Role.AUDITOR)
        want[role] = (True, False)
        if role in policy.LISTS[route]:
            assert here.own.account.name in text, role
    assert got == want


@pytest.mark.parametrize("route", sorted(policy.LISTS))
@pytest.mark.parametrize(
    "query",
    [
        "q=Foreign",
        "account={account}",
        "team={team}",
        "sort=account__owner__password",
        "account__code__startswith=F",
        "page_size=100000",
    ],
)
def test_no_filter_opens_a_list(here, clients, route, query):
    query = query.format(account=here.foreign.account.pk, team=here.foreign.account.team_id)
    for role in set(Role) - {Role.AUDITOR}:
        answer = clients[role].get(f"{reverse(route)}?{query}")
        text = (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode()
        assert here.foreign.account.code not in text, role


@pytest.mark.parametrize("route", sorted(policy.OTHERS))
def test_pages_without_a_row_open_for_the_roles_of_the_policy(here, clients, route):
    kwargs = {"day": date(2026, 11, 23)} if route == "night-day" else {}
    got = {role: client.get(reverse(route, kwargs=kwargs)).status_code for role, client in clients.items()}
    refused = 404 if route.startswith("night") else 403
    want = {role: 200 if role in policy.OTHERS[route] else refused for role in Role}
    if route == "night":
        want = {role: 302 if status == 200 else status for role, status in want.items()}
    if route == "set_language":
        want = dict.fromkeys(Role, 405)
    assert got == want


def test_strangers_are_sent_to_sign_in(here):
    stranger = Client()
    for route, page in policy.PAGES.items():
        answer = stranger.get(address(route, page, row_of(here, "own", page["noun"])))
        assert (answer.status_code, answer.headers.get("Location", "").split("?")[0]) == (302, "/account/login/"), route
    for route in policy.LISTS:
        assert stranger.get(reverse(route)).status_code == 302, route


@pytest.mark.parametrize("route", sorted(policy.SECRET))
def test_a_page_behind_a_secret_of_the_server_is_not_there(clients, route):
    for client in (Client(), *clients.values()):
        assert client.get(reverse(route)).status_code == 404


@pytest.mark.parametrize("route", sorted(policy.OPEN))
def test_health_is_open_and_says_no_secret(route):
    assert set(Client().get(reverse(route)).json()) <= {"status", "checks"}
