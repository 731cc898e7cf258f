"""The REST API of the plans floor."""

import pytest
from django.urls import reverse

from kam.models import Entry
from kam.roles import Role
from plans import services, signing
from plans.models import Goal, Initiative, Plan, PlanMeasure, Signature
from tests import make
from tests.make import PASSWORD

pytestmark = pytest.mark.django_db

NOUNS = ("plans", "goals", "initiatives", "plan-measures", "signatures")


def url(noun, pk="", rest=""):
    return f"/api/v1/{noun}/{f'{pk}/' if pk else ''}{rest}"


@pytest.fixture
def account():
    return make.account(team=make.team())


@pytest.fixture
def author(plan, api_of):
    return api_of(plan.author)


def submitted(plan):
    Plan.objects.filter(pk=plan.pk).update(state="submitted", version=2)
    plan.refresh_from_db()
    return plan


def test_a_plan_reads_like_this(author, plan):
    response = author.get(url("plans", plan.pk))
    assert response.headers["ETag"].startswith('"1-')
    body = response.json()
    assert body.pop("updated_at").endswith("Z")
    assert body == {
        "id": plan.pk,
        "account": plan.account_id,
        "year": 2026,
        "revision": 1,
        "state": "draft",
        "author": plan.author_id,
        "where_we_stand": "Share of running rose.",
        "what_they_want": "",
        "white_space": "",
        "submitted_at": None,
        "comment": "",
        "version": 1,
    }


def test_its_parts_read_like_this(author, plan):
    goal = plan.goals.first()
    assert author.get(url("goals"), {"plan": plan.pk}).json()["results"][0]["title"] == goal.title
    work = author.get(url("initiatives"), {"goal": goal.pk}).json()["results"]
    assert [(row["owner"], row["due_on"]) for row in work] == [(plan.author_id, "2026-12-01")]
    rows = author.get(url("plan-measures"), {"plan": plan.pk}).json()["results"]
    assert [(row["measure"], row["target"], row["standing"]) for row in rows] == [
        ("sell_in", "1000.0000", "open"),
        ("otif", "0.9500", "open"),
    ]


def test_a_plan_is_written_submitted_and_signed(api_of, account, director):
    user = make.user()
    account.memberships.create(user=user)
    client = api_of(user)
    given = {"account": account.pk, "year": 2027, "where_we_stand": "Well."}
    plan = client.post(url("plans"), given).json()["id"]
    goal = client.post(url("goals"), {"plan": plan, "title": "Grow"}).json()["id"]
    work = {"goal": goal, "title": "Launch", "owner": user.pk, "due_on": "2027-03-01"}
    assert client.post(url("initiatives"), work).status_code == 201
    figure = {"goal": goal, "measure": "sell_in", "target": "3200000", "weight": "100"}
    assert client.post(url("plan-measures"), figure).status_code == 201
    assert client.get(url("plans", plan, "moves/")).json() == ["submit"]
    moved = client.post(url("plans", plan, "move/submit/"), {"note": "Please."}, headers={"If-Match": '"1"'})
    assert (moved.json()["state"], moved.headers["ETag"][:3]) == ("submitted", '"2-')
    given = {"password": PASSWORD, "note": "Good."}
    signed = api_of(director).post(url("plans", plan, "move/sign/"), given, headers={"If-Match": '"2"'})
    assert (signed.status_code, signed.json()["state"]) == (200, "signed")
    signature = client.get(url("signatures"), {"plan": plan}).json()["results"][0]
    assert (signature["signer"], signature["comment"]) == (director.pk, "Good.")
    assert signature["content_hash"] == signing.chained("", signature["snapshot"])
    assert {entry.source for entry in Entry.objects.filter(model__startswith="plans.")} == {"api"}


@pytest.mark.parametrize("given", [{}, {"password": "guess"}])
def test_signing_needs_the_password_of_the_caller(api_of, plan, director, given):
    submitted(plan)
    answer = api_of(director).post(url("plans", plan.pk, "move/sign/"), given, headers={"If-Match": '"2"'})
    assert (answer.status_code, answer.headers["Content-Type"]) == (403, "application/problem+json")
    assert (Signature.objects.count(), Plan.objects.get().state) == (0, "submitted")


@pytest.mark.parametrize(
    ("headers", "given", "status"),
    [
        ({}, {}, 428),
        ({"If-Match": '"1"'}, {}, 412),
        ({}, {"version": 1}, 412),
        ({"If-Match": '"2"'}, {"content_hash": "0" * 64}, 412),
        ({}, {"version": 2}, 200),
    ],
)
def test_only_what_was_seen_is_signed(api_of, plan, director, headers, given, status):
    submitted(plan)
    given |= {"password": PASSWORD}
    answer = api_of(director).post(url("plans", plan.pk, "move/sign/"), given, headers=headers)
    assert (answer.status_code, Signature.objects.count()) == (status, status == 200)


def test_an_author_cannot_sign_and_a_signed_plan_stays_signed(api_of, account, director):
    own = submitted(make.full_plan(account, author=director))
    client = api_of(director)
    given, headers = {"password": PASSWORD}, {"If-Match": '"2"'}
    assert client.post(url("plans", own.pk, "move/sign/"), given, headers=headers).status_code == 403
    other = submitted(make.full_plan(account, year=2027))
    Plan.objects.filter(pk=other.pk).update(state="signed")
    assert client.post(url("plans", other.pk, "move/sign/"), given, headers=headers).status_code == 409
    assert client.post(url("plans", other.pk, "move/return/"), {"note": "x", "version": 2}).status_code == 409
    assert Signature.objects.count() == 0


def test_a_change_names_the_version_it_was_made_from(author, plan):
    goal = plan.goals.first()
    for noun, row, given in (
        ("plans", plan, {"white_space": "41 of 84"}),
        ("goals", goal, {"title": "Grow more"}),
        ("initiatives", goal.initiatives.get(), {"budget": "95000.00"}),
        ("plan-measures", goal.measures.get(), {"weight": "40.00"}),
    ):
        assert author.patch(url(noun, row.pk), given).status_code == 428
        assert author.patch(url(noun, row.pk), given, headers={"If-Match": '"9"'}).status_code == 412
        changed = author.patch(url(noun, row.pk), given, headers={"If-Match": '"1"'})
        assert (changed.status_code, changed.headers["ETag"][:3]) == (200, '"2-')
        assert given.items() <= changed.json().items()


def test_parts_are_removed(author, plan):
    row = Initiative.objects.first()
    assert author.delete(url("initiatives", row.pk), headers={"If-Match": '"1"'}).status_code == 204
    assert Initiative.objects.count() == 1


PROTECTED = [
    ("plans", {"state": "signed"}),
    ("plans", {"author": 1}),
    ("plans", {"revision": 9}),
    ("plans", {"account": 1}),
    ("plans", {"comment": "x"}),
    ("goals", {"plan": 1}),
    ("goals", {"version": 9}),
    ("plan-measures", {"actual": "1"}),
    ("plan-measures", {"goal": 1}),
    ("initiatives", {"goal": 1}),
]


@pytest.mark.parametrize(("noun", "given"), PROTECTED)
def test_what_nobody_sets_cannot_be_set(author, plan, noun, given):
    rows = {"plans": Plan, "goals": Goal, "plan-measures": PlanMeasure, "initiatives": Initiative}
    row = rows[noun].objects.first()
    answer = author.patch(url(noun, row.pk), given, headers={"If-Match": '"1"'})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, list(given))


def test_a_submitted_plan_is_not_changed(author, plan):
    submitted(plan)
    goal = plan.goals.first()
    assert author.patch(url("plans", plan.pk), {"white_space": "x"}, headers={"If-Match": '"2"'}).status_code == 409
    assert author.post(url("goals"), {"plan": plan.pk, "title": "x"}).status_code == 409
    assert author.delete(url("goals", goal.pk), headers={"If-Match": '"1"'}).status_code == 409


def test_a_wrong_measure_or_a_second_plan_of_the_year_is_400(author, plan):
    goal = plan.goals.first()
    unknown = author.post(url("plan-measures"), {"goal": goal.pk, "measure": "karma", "target": "1"})
    assert (unknown.status_code, list(unknown.json()["errors"])) == (400, ["measure"])
    second = author.post(url("plans"), {"account": plan.account_id, "year": 2026})
    assert (second.status_code, "exists already" in str(second.json()["errors"])) == (400, True)


def test_a_stranger_finds_and_names_nothing(api_of, plan):
    client = api_of(make.user())
    goal = plan.goals.first()
    for noun, row in (("plans", plan), ("goals", goal), ("plan-measures", goal.measures.get())):
        assert client.get(url(noun, row.pk)).status_code == 404
        assert client.get(url(noun)).json()["results"] == []
        assert client.patch(url(noun, row.pk), {}).status_code == 404
    assert client.post(url("goals"), {"plan": plan.pk, "title": "x"}).status_code == 400
    assert client.post(url("plans", plan.pk, "move/submit/")).status_code == 404
    assert Goal.objects.count() == 2


def test_a_foreign_and_a_missing_id_answer_alike(api_of, plan):
    client = api_of(make.user())
    for noun in ("goals", "initiatives", "plan-measures", "signatures"):
        answers = [client.get(url(noun), {"plan": pk}).json() for pk in (plan.pk, 10**9)]
        assert answers[0] == answers[1]


def test_readers_do_not_write(api_of, plan, account):
    auditor = api_of(make.user(Role.AUDITOR))
    assert auditor.post(url("goals"), {"plan": plan.pk, "title": "x"}).status_code == 403
    reading = api_of(plan.author, scopes=["plans:read"])
    assert reading.get(url("plans", plan.pk)).status_code == 200
    assert reading.post(url("plans", plan.pk, "move/submit/")).status_code == 403
    assert Plan.objects.get().state == "draft"


@pytest.mark.parametrize("noun", NOUNS)
def test_a_list_costs_the_same_with_more_rows(api_of, director, account, noun, django_assert_max_num_queries):
    client, costs = api_of(director), []
    client.get(url(noun))
    for year in (2026, 2027, 2028):
        plan = submitted(make.full_plan(account, year=year))
        Initiative.objects.filter(goal__plan=plan).update(due_on=f"{year}-01-31")
        services.sign(plan, by=director, password=PASSWORD)
        with django_assert_max_num_queries(6) as counted:
            rows = client.get(url(noun)).json()["results"]
        costs.append((len(rows) > 0, len(counted)))
    assert costs[0] == costs[2]


def test_every_route_has_a_place_in_the_schema(client):
    client.force_login(make.user())
    schema = client.get(reverse("schema"), headers={"Accept": "application/json"}).content.decode()
    assert [noun for noun in NOUNS if f"/api/v1/{noun}/" not in schema] == []
