"""The edges of the API, asked of every noun of the router: parameters, bodies, methods, and what belongs to others.

None of it is answered with a fault of ours, shows a foreign row or changes anything.
"""

from itertools import cycle

import pytest
from django.db import transaction
from django_filters import MultipleChoiceFilter

from accounts.models import Notification
from kam.models import Delivery, Removal, SavedView, Webhook
from kam.roles import Role
from kam.urls import router
from tests import world
from tests.test_access import rows_written, token_client

NOUNS = {prefix: viewset for prefix, viewset, _name in router.registry}
VERBS = ("get", "post", "put", "patch", "delete")
HOSTILE = (
    "' OR 1=1 --",
    "1;SELECT pg_sleep(9)",
    "%",
    "\\",
    "1e400",
    "-1",
    "9" * 30,
    "null",
    "\ufffd",
    "{}",
    "a" * 9000,
)
FORGED = ("owner__password__startswith", "user__email", "pk__in", "_connector", "_negated", "order_by", "fields", "by")


@pytest.fixture(scope="module")
def house(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        here = world.build()
        of_others(here)
        yield here
        transaction.set_rollback(True)


@pytest.fixture
def here(house):
    with transaction.atomic():
        yield house
        transaction.set_rollback(True)


@pytest.fixture
def lead(here):
    return token_client(here, Role.TEAM_LEAD)


def of_others(here):
    """What belongs to one person, of somebody who is not asking."""
    other, entry = here.user, here.own.entry
    SavedView.objects.create(user=other, page="accounts:list", name="Zq-hidden")
    hook = Webhook.objects.create(user=other, name="Zq-hook", url="https://example.com/", events=["*.*:*"])
    Delivery.objects.create(webhook=hook, entry=entry)
    Removal.objects.create(by=other, label="Zq-gone", model="kpis.category", object_id="1", undo_if="x", rows=[])
    Notification.objects.create(user=other, account=here.own.account, key="zq", code="member_made", at=world.NOON)


def url(prefix, *more):
    return "/".join(["/api/v1", prefix, *more, ""])


def filters_of(viewset):
    found = getattr(viewset, "filterset_class", None)
    declared = found.base_filters if found else dict.fromkeys(getattr(viewset, "filterset_fields", ()))
    return dict(declared)


@pytest.mark.parametrize("prefix", NOUNS)
def test_no_value_of_a_parameter_is_a_fault_of_ours_or_shows_more(lead, prefix):
    """A3, A13: each filter, the order and the paging take text that is none of theirs."""
    everything = {str(row) for row in lead.get(url(prefix)).json()["results"]}
    names = [*filters_of(NOUNS[prefix]), "ordering", "after", "before", "page_size", "limit"]
    for name, text in zip(names, cycle(HOSTILE)):
        answer = lead.get(url(prefix), {name: text})
        assert answer.status_code in (200, 400), (name, text)
        if answer.status_code == 200:
            assert {str(row) for row in answer.json()["results"]} <= everything, (name, text)


@pytest.mark.parametrize("prefix", NOUNS)
def test_lookups_that_nobody_offered_are_refused_by_name(lead, prefix):
    """A14: nobody's password, e-mail or key decides what a list shows."""
    asked = dict.fromkeys(set(FORGED) - set(filters_of(NOUNS[prefix])), "a")
    answer = lead.get(url(prefix), asked)
    assert (answer.status_code, set(answer.json()["errors"])) == (400, set(asked))


@pytest.mark.parametrize("prefix", NOUNS)
def test_a_parameter_that_is_sent_twice_is_refused(lead, prefix):
    """A41: which of the two counts would be a guess; filters that take several values take them."""
    filters = filters_of(NOUNS[prefix])
    single = {name for name, found in filters.items() if not isinstance(found, MultipleChoiceFilter)} | {"page_size"}
    answer = lead.get(url(prefix), dict.fromkeys({*filters, "page_size"}, ["1", "2"]))
    assert (answer.status_code, set(answer.json()["errors"])) == (400, single)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("a name twice", b'{"code": "Z", "name": "a", "name": "b"}'),
        ("a name twice inside", b'{"code": "Z", "name": {"a": 1, "a": 2}}'),
        ("more than any number", b'{"account": 1e400, "code": "Z", "name": "a"}'),
        ("less than any number", b'{"account": -1e400, "code": "Z", "name": "a"}'),
        ("no number", b'{"account": NaN, "code": "Z", "name": "a"}'),
        ("too many digits", b'{"account": ' + b"9" * 5000 + b"}"),
        ("a mark before it", b'\xef\xbb\xbf{"code": "Z"}'),
        ("two bodies", b'{"code": "Z"}{"code": "Y"}'),
    ],
)
def test_a_body_that_can_be_read_in_two_ways_is_not_read(lead, name, body):
    """A41: smuggled past whoever looked at it first."""
    before = rows_written()
    answers = [lead.post(url(noun), body, content_type="application/json") for noun in ("stores", "stores/bulk")]
    assert [(a.status_code, a["Content-Type"]) for a in answers] == [(400, "application/problem+json")] * 2
    assert rows_written() == before


@pytest.mark.parametrize("prefix", NOUNS)
def test_other_methods_than_those_offered_change_nothing(lead, prefix):
    """A11: lists, rows and every action of a noun, by every verb that it does not have and by forged headers."""
    viewset, before = NOUNS[prefix], rows_written()
    actions = {("detail" if a.detail else "list", a.url_path): set(a.mapping) for a in viewset.get_extra_actions()}
    for (where, path), offered in actions.items():
        address = url(prefix, "1", path) if where == "detail" else url(prefix, path)
        address = address.replace("(?P<name>[a-z_]+)", "submit")
        for verb in set(VERBS) - offered:
            assert getattr(lead, verb)(address).status_code == 405, (verb, address)
    assert lead.get(url(prefix), HTTP_X_HTTP_METHOD_OVERRIDE="DELETE").status_code == 200
    assert {lead.put(url(prefix, *more)).status_code for more in ((), ("1",))} == {405}
    assert rows_written() == before


@pytest.mark.parametrize("prefix", ["webhooks", "deliveries", "notifications", "saved-views", "removals"])
def test_what_belongs_to_others_is_neither_listed_nor_found(here, prefix):
    """A3: by whatever filter or id, not even by who sees everything; nor can it be written."""
    model, other = NOUNS[prefix].queryset.model, here.user
    theirs = [str(row.pk) for row in model.objects.visible_to(other) if owner(row) == other]
    assert theirs
    for role in (Role.TEAM_LEAD, Role.ADMIN, Role.AUDITOR):
        client = token_client(here, role)
        queries = [{}, *({name: key} for name in filters_of(NOUNS[prefix]) for key in (*theirs, other.pk, "Zq"))]
        for query in queries:
            answer = client.get(url(prefix), query)
            shown = answer.json()["results"] if answer.status_code == 200 else []
            assert [row["id"] for row in shown if str(row["id"]) in theirs] == [], (role, query)
        actions = [a.url_path for a in NOUNS[prefix].get_extra_actions() if a.detail]
        for key in theirs:
            answers = [client.get(url(prefix, key)), *(client.post(url(prefix, key, path)) for path in actions)]
            answers += [client.patch(url(prefix, key), {}), client.delete(url(prefix, key))]
            assert {answer.status_code for answer in answers} <= {404, 405}, role


def owner(row):
    row = row.webhook if isinstance(row, Delivery) else row
    return row.by if isinstance(row, Removal) else row.user


def test_no_list_within_a_row_is_without_end(here, lead):
    """A35: every reader of the row, and of everybody's events, would pay for it."""
    manager = token_client(here, Role.ACCOUNT_MANAGER)
    hook = {"name": "W", "url": "https://example.com/", "events": ["*.*:*"] * 51}
    tag = {"If-Match": f'"{here.own.account.version}"'}
    answers = {
        "events": manager.post(url("webhooks"), hook),
        "languages": lead.patch(url("accounts", str(here.own.account.pk)), {"languages": ["de"] * 301}, headers=tag),
    }
    assert {name: (a.status_code, list(a.json()["errors"])) for name, a in answers.items()} == {
        name: (400, [name]) for name in answers
    }


@pytest.mark.parametrize("path", ["nouns/", "accounts.json", "accounts/1/2/3/", "/accounts/"])
def test_an_address_that_is_not_there_is_a_problem_too(lead, path):
    answer = lead.get(f"/api/v1/{path}")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


def test_a_fault_of_ours_is_a_problem_without_a_word_of_its_cause(lead, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("Zq-secret")

    monkeypatch.setattr(NOUNS["accounts"], "list", broken)
    lead.raise_request_exception = False
    answer = lead.get(url("accounts"))
    assert (answer.status_code, answer["Content-Type"]) == (500, "application/problem+json")
    assert "Zq-secret" not in answer.content.decode()


@pytest.mark.parametrize("year", [0, 1999, 2101])
def test_a_target_is_of_a_year_that_plans_have(here, lead, year):
    answer = lead.post(url("targets"), {"account": here.own.account.pk, "measure": "otif", "year": year, "value": "1"})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["year"])
