"""Versions in headers, and parameters that are known or refused."""

import pytest
from django.db import IntegrityError, OperationalError

from accounts import services
from kam.roles import Role
from kam.urls import router
from kpis.models import MeasureValue
from plans.models import PlanMeasure
from tests import make
from tests.clients import api_of  # noqa: F401 (fixture)

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead():
    return make.user(Role.TEAM_LEAD)


@pytest.fixture
def account(lead):
    return make.account(team=make.team(lead), name="Anna", code="A")


@pytest.fixture
def client(api_of, lead):  # noqa: F811
    return api_of(lead)


def url(row, noun="accounts"):
    return f"/api/v1/{noun}/{row.pk}/"


def test_a_copy_that_is_still_good_is_not_sent_again(client, account):
    tag = client.get(url(account))["ETag"]
    for known in (tag, f"W/{tag}", f'"x", {tag}'):
        again = client.get(url(account), headers={"If-None-Match": known})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
    client.patch(url(account), {"tier": "A"}, headers={"If-Match": tag})
    assert client.get(url(account), headers={"If-None-Match": tag}).json()["tier"] == "A"


def test_a_copy_in_another_language_is_another_copy(client, account):
    alert = make.alert(account, code="kpi_below_target")
    tag = client.get(url(alert, "alerts"), headers={"Accept-Language": "en"})["ETag"]
    headers = {"If-None-Match": tag, "Accept-Language": "de"}
    told = client.get(url(alert, "alerts"), headers=headers)
    same = client.get(url(alert, "alerts"), headers=headers | {"Accept-Language": "en"})
    assert same.status_code == 304
    assert told.status_code == (304 if told["ETag"] == tag else 200)


def test_what_the_night_fills_in_makes_a_copy_old_but_not_a_change_stale(client, account):
    row = make.full_plan(account).goals.first().measures.first()
    tag = client.get(url(row, "plan-measures"))["ETag"]
    PlanMeasure.objects.filter(pk=row.pk).update(actual=5)
    fresh = client.get(url(row, "plan-measures"), headers={"If-None-Match": tag})
    assert (fresh.status_code, fresh.json()["actual"], fresh.json()["version"]) == (200, "5.0000", 1)
    changed = client.patch(url(row, "plan-measures"), {"weight": "10"}, headers={"If-Match": tag})
    assert (changed.status_code, changed.json()["version"]) == (200, 2)


@pytest.mark.parametrize(
    ("tag", "status"),
    [('"1"', 200), ("1", 200), ('W/"1"', 200), ('"9", "1"', 200), ('"2"', 412), ('"x"', 412), ("*", 428), ("", 428)],
)
def test_if_match_names_the_version(client, account, tag, status):
    assert client.patch(url(account), {"tier": "A"}, headers={"If-Match": tag}).status_code == status


def test_what_is_deleted_was_seen(client, account):
    row = make.full_plan(account).goals.first().initiatives.first()
    term = make.term(make.agreement(account, state="draft"))
    target = client.post("/api/v1/targets/", {"account": account.pk, "measure": "otif", "year": 2026, "value": "1"})
    for path in (url(row, "initiatives"), url(term, "terms"), f"/api/v1/targets/{target.json()['id']}/"):
        codes = [client.delete(path, headers=h).status_code for h in ({}, {"If-Match": '"9"'}, {"If-Match": '"1"'})]
        assert codes == [428, 412, 204], path


def test_a_row_without_a_version_has_the_digest_alone(client, account, lead):
    MeasureValue.objects.create(
        account=account, measure="sell_in", week="2026-11-16", numerator=1, denominator=1, as_of="2026-11-22"
    )
    path = url(MeasureValue.objects.get(), "measure-values")
    tag = client.get(path)["ETag"]
    MeasureValue.objects.update(numerator=2)
    again = client.get(path, headers={"If-None-Match": tag})
    assert (len(tag), again.status_code, again["ETag"] == tag) == (18, 200, False)


def lists():
    return sorted((prefix, viewset) for prefix, viewset, _name in router.registry)


@pytest.mark.parametrize(("prefix", "viewset"), lists(), ids=[p for p, _v in lists()])
def test_an_unknown_parameter_is_refused_and_the_known_ones_named(client, prefix, viewset):
    answer = client.get(f"/api/v1/{prefix}/", {"colour": "red"})
    (said,) = answer.json()["errors"]["colour"]
    assert (answer.status_code, "Known: " in said) == (400, True)
    filters = getattr(viewset, "filterset_class", None)
    names = list(filters.base_filters) if filters else list(getattr(viewset, "filterset_fields", ()))
    assert [name for name in names if name not in said] == []


@pytest.mark.parametrize("query", ["tier=A", "page_size=1", "format=json", "fields=code"])
def test_one_row_takes_no_parameters(client, account, query):
    assert client.get(f"{url(account)}?{query}").status_code == 400
    assert client.patch(f"{url(account)}?{query}", {}, headers={"If-Match": '"1"'}).status_code == 400


@pytest.mark.parametrize(
    ("asked", "names"),
    [("code", ["B", "A"]), ("-code", ["A", "B"]), ("name", ["A", "B"]), ("-name", ["B", "A"]), ("tier", ["B", "A"])],
)
def test_lists_are_ordered_as_asked(client, lead, asked, names):
    team = make.team(lead)
    make.account(team=team, name="A", code="2", tier="B")
    make.account(team=team, name="B", code="1", tier="A")
    first = client.get("/api/v1/accounts/", {"ordering": asked, "page_size": 1}).json()
    second = client.get(first["next"]).json()
    assert [page["results"][0]["name"] for page in (first, second)] == names
    assert (second["next"], client.get(second["previous"]).json()["results"]) == (None, first["results"])


@pytest.mark.parametrize("asked", ["owner__password", "password", "-", "", "code,name", "sort_name", "--code", "pk"])
def test_lists_are_ordered_by_nothing_else(client, account, asked):
    """A9: an order tells as much as a column."""
    answer = client.get("/api/v1/accounts/", {"ordering": asked})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["ordering"])


def test_two_writers_at_the_same_moment_are_a_conflict_not_a_fault(client, account, monkeypatch):
    class Deadlock(Exception):
        sqlstate = "40P01"

    def broken(error):
        def create(**fields):
            raise error

        return create

    deadlock = OperationalError()
    deadlock.__cause__ = Deadlock()
    body = {"account": account.pk, "code": "S", "name": "x"}
    for error, code, wait in ((IntegrityError(), "conflict", None), (deadlock, "busy", "1")):
        monkeypatch.setattr(services, "create_store", broken(error))
        answer = client.post("/api/v1/stores/", body)
        assert (answer.status_code, answer.json()["code"], answer.get("Retry-After")) == (409, code, wait)
