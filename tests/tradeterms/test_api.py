"""The REST API of the terms floor."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kam.roles import Role
from tests import make
from tradeterms.models import Finding, Term

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
    assert one.headers["ETag"] == '"1"'
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
    assert (answer.status_code, answer.json()["state"], answer.headers["ETag"]) == (200, "with_customer", '"2"')
    assert Finding.objects.get().state == "with_customer"


@pytest.mark.parametrize(
    ("name", "data", "status"),
    [
        ("reopen", {"note": "x"}, 409),
        ("dispute", {}, 409),
        ("waive", {"note": "x"}, 403),
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


@pytest.mark.parametrize("noun", ["agreements", "terms", "findings"])
def test_terms_are_written_on_pages_only(api_of, mia, term, noun):
    assert api_of(mia).post(url(noun), {}).status_code == 405
    assert api_of(mia).patch(url(noun, term.pk), {}).status_code == 405


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
