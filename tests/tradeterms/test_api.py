"""The REST API of the terms floor."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kam.roles import Role
from tests import make
from tradeterms.models import Agreement, Finding, Term

pytestmark = pytest.mark.django_db


def url(noun, pk="", rest=""):
    return f"/api/v1/{noun}/{f'{pk}/' if pk else ''}{rest}"


def ids(client, noun, query=""):
    return [row["id"] for row in client.get(f"{url(noun)}{query}").json()["results"]]


@pytest.fixture
def term(mia):
    return make.term(make.agreement(mia.account, number="TA-1"))


def test_an_agreement_reads_like_this(api_of, mia, term):
    body = api_of(mia).get(url("agreements", term.agreement_id)).json()
    assert body.pop("updated_at").endswith("Z")
    assert body == {
        "id": term.agreement_id,
        "account": mia.account.pk,
        "number": "TA-1",
        "revision": 1,
        "title": "Annual agreement",
        "state": "in_force",
        "starts": "2026-01-01",
        "ends": "2026-12-31",
        "currency": "EUR",
        "signed_by_us": None,
        "signed_by_them": None,
        "version": 1,
    }


def test_a_term_comes_with_its_parameters_and_in_words(api_of, mia, term):
    body = api_of(mia).get(url("terms", term.pk)).json()
    assert body["params"] == {"days": 30, "grace_days": 0, "interest_rate": "0.0912"}
    assert body["sentence"].startswith("Pay invoices within 30 days of invoice date.")


def test_a_finding_comes_with_its_evidence_only_alone(api_of, mia, term):
    rows = [{"document": "9004417", "late": "1000.00"}]
    finding = make.finding(term, evidence=rows, expected="30", observed="49")
    one = api_of(mia).get(url("findings", finding.pk))
    (listed,) = api_of(mia).get(url("findings")).json()["results"]
    assert one.headers["ETag"].startswith('"1-')
    assert one.json()["evidence"] == rows
    assert {k: v for k, v in one.json().items() if k != "evidence"} == listed
    assert (listed["at_stake"], listed["expected"], listed["verdict"]) == ("1000.00", "30.0000", "breached")
    assert "was not paid in time" in listed["sentence"]


def test_only_visible_rows_are_there(api_of, mia, term):
    mine = make.finding(term)
    foreign = make.finding(make.term(make.agreement(make.account())))
    client = api_of(mia)
    assert (ids(client, "findings"), ids(client, "terms")) == ([mine.pk], [term.pk])
    assert client.get(url("findings", foreign.pk)).status_code == 404
    assert client.post(url("findings", foreign.pk, "move/send/")).status_code == 404


@pytest.mark.parametrize("noun", ["agreements", "terms", "findings"])
def test_an_analyst_reads_no_terms(api_of, term, noun):
    make.finding(term)
    user = make.user(Role.ANALYST)
    make.team(user, scope="everything")
    assert ids(api_of(user), noun) == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?verdict=breached", [0]),
        ("?verdict=breached&verdict=met", [1, 0]),
        ("?state=new", [0]),
        ("?open=true", [0]),
        ("?open=false", [1]),
        ("?due=2026-11-30", [0]),
        ("?kind=volume_rebate", []),
    ],
)
def test_filters_of_findings(api_of, mia, term, query, found):
    rows = [
        make.finding(term, act_by=date(2026, 11, 25)),
        make.finding(
            term, period_start=date(2026, 11, 1), period_end=date(2026, 11, 30), verdict="met", state="closed"
        ),
    ]
    assert ids(api_of(mia), "findings", query) == [rows[i].pk for i in found]


def test_a_finding_is_moved_over_the_api(api_of, mia, term):
    finding = make.finding(term)
    client = api_of(mia)
    assert client.get(url("findings", finding.pk, "moves/")).json() == ["send", "accept", "dispute"]
    answer = client.post(url("findings", finding.pk, "move/send/"), {"version": 1})
    assert (answer.status_code, answer.json()["state"], answer.headers["ETag"][:3]) == (200, "with_customer", '"2-')
    assert Finding.objects.get().state == "with_customer"


@pytest.mark.parametrize(
    ("name", "data", "status"),
    [
        ("reopen", {"note": "x", "version": 1}, 409),
        ("dispute", {"version": 1}, 409),
        ("waive", {"note": "x", "version": 1}, 403),
        ("send", {}, 428),
        ("send", {"version": 7}, 412),
        ("nonsense", {}, 404),
    ],
)
def test_a_move_that_is_refused_writes_nothing(api_of, mia, term, name, data, status):
    finding = make.finding(term)
    answer = api_of(mia).post(url("findings", finding.pk, f"move/{name}/"), data)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    assert (Finding.objects.get().state, Finding.objects.get().version) == ("new", 1)


def test_reading_needs_the_scope(api_of, mia, term):
    finding = make.finding(term)
    reader = api_of(mia, ["tradeterms:read"])
    assert reader.get(url("findings", finding.pk)).status_code == 200
    assert reader.post(url("findings", finding.pk, "move/send/")).status_code == 403
    assert api_of(mia, ["plans:read"]).get(url("terms", term.pk)).status_code == 403


def test_findings_are_not_written(api_of, mia, term):
    finding = make.finding(term)
    assert api_of(mia).post(url("findings"), {}).status_code == 405
    assert api_of(mia).patch(url("findings", finding.pk), {}).status_code == 405


AGREED = {"number": "TA-9", "title": "Next year", "starts": "2027-01-01", "ends": "2027-12-31", "currency": "EUR"}
REBATE = {"mode": "retrospective", "tiers": [{"from": "100000", "rate": "0.01"}]}


def test_an_agreement_is_written_put_in_force_and_revised(api_of, mia):
    client = api_of(mia)
    made = client.post(url("agreements"), AGREED | {"account": mia.account.pk})
    pk = made.json()["id"]
    assert (made.status_code, made.json()["state"], made["Location"][-len(url("agreements", pk)) :]) == (
        201,
        "draft",
        url("agreements", pk),
    )
    term = {"agreement": pk, "clause": "1", "kind": "volume_rebate", "side": "we_owe", "params": REBATE}
    added = client.post(url("terms"), term)
    assert (added.status_code, "1.0 %" in added.json()["sentence"].replace("\xa0", " ")) == (201, True)
    better = REBATE | {"tiers": [{"from": "100000", "rate": "0.02"}]}
    changed = client.patch(url("terms", added.json()["id"]), {"params": better}, headers={"If-Match": added["ETag"]})
    assert (changed.status_code, changed.json()["params"]["tiers"][0]["rate"]) == (200, "0.0200")
    given = {"title": "Next year, agreed"}
    assert client.patch(url("agreements", pk), given, headers={"If-Match": made["ETag"]}).json()["version"] == 2
    refused = client.post(url("agreements", pk, "move/publish/"), {"version": 2})
    assert (refused.status_code, Agreement.objects.get(pk=pk).state) == (403, "draft")
    lead = make.user(Role.TEAM_LEAD)
    mia.account.team = make.team(lead)
    mia.account.save()
    in_force = api_of(lead).post(url("agreements", pk, "move/publish/"), {"version": 2})
    assert (in_force.status_code, in_force.json()["state"]) == (200, "in_force")
    assert client.patch(url("agreements", pk), given, headers={"If-Match": '"3"'}).status_code == 409
    again = client.post(url("agreements", pk, "revise/"))
    assert (again.status_code, again.json()["revision"], again.json()["state"]) == (201, 2, "draft")
    assert Term.objects.filter(agreement=again.json()["id"]).get().params["tiers"][0]["rate"] == "0.0200"
    gone = client.delete(url("agreements", again.json()["id"]), headers={"If-Match": again["ETag"]})
    assert (gone.status_code, Agreement.objects.count(), Term.objects.count()) == (204, 1, 1)


@pytest.mark.parametrize(
    ("params", "field"),
    [({"mode": "x", "tiers": []}, "mode"), (REBATE | {"cap": 1}, "cap"), ([], "params"), ("x", "params")],
)
def test_wrong_parameters_of_a_term_are_named(api_of, mia, params, field):
    agreement = make.agreement(mia.account, state="draft")
    given = {"agreement": agreement.pk, "clause": "1", "kind": "volume_rebate", "side": "we_owe", "params": params}
    answer = api_of(mia).post(url("terms"), given)
    assert (answer.status_code, field in str(answer.json()["errors"])) == (400, True)
    assert Term.objects.count() == 0


def test_whose_an_agreement_is_and_what_kind_a_term_is_stays(api_of, mia):
    term = make.term(make.agreement(mia.account, state="draft"))
    client = api_of(mia)
    for noun, pk, given in (
        ("agreements", term.agreement_id, {"number": "X"}),
        ("agreements", term.agreement_id, {"account": mia.account.pk}),
        ("terms", term.pk, {"kind": "volume_rebate"}),
        ("terms", term.pk, {"agreement": term.agreement_id}),
    ):
        answer = client.patch(url(noun, pk), given, headers={"If-Match": '"1"'})
        assert (answer.status_code, list(answer.json()["errors"])) == (400, list(given))


def test_systems_do_not_negotiate(api_of, mia):
    robot = make.user(Role.API_CLIENT)
    mia.account.team = make.team(robot)
    mia.account.save()
    answer = api_of(robot).post(url("agreements"), AGREED | {"account": mia.account.pk})
    assert (answer.status_code, Agreement.objects.count()) == (403, 0)


@pytest.mark.parametrize("noun", ["agreements", "terms", "findings"])
def test_lists_cost_the_same_with_one_row_and_with_three(api_of, mia, noun):
    client, costs = api_of(mia), []
    for rows in (1, 2):
        for _ in range(rows):
            make.finding(make.term(make.agreement(mia.account), Term.Kind.PAYMENT_TERM), owner=mia)
        client.get(url(noun))
        with CaptureQueriesContext(connection) as queries:
            client.get(url(noun))
        costs.append(len(queries))
    assert costs[0] == costs[1]
