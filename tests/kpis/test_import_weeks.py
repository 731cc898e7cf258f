"""What a file changed, by account and week, and taking it back: the pages and their twins in the API."""

import pytest
from django.urls import reverse

from kam.models import Entry
from kam.roles import Role
from kpis.imports.toml import mapping_text
from kpis.models import SellThrough
from tests import make
from tests.clients import Api
from tests.kpis import facts
from tests.kpis.files import take
from tests.kpis.test_api import V1, client_with, results

pytestmark = pytest.mark.django_db
HEAD = "account,store,product,week,units\n"
WEEKS = [facts.weeks_back(n).isoformat() for n in range(12)]


@pytest.fixture
def mia(client):
    person = make.user(Role.ACCOUNT_MANAGER)
    client.force_login(person)
    return person


@pytest.fixture
def account(mia):
    row = make.account(mia, code="K", name="Kaufhaus")
    make.store(row, code="S1")
    facts.product(code="P1")
    return row


def hand_in(by, *weeks, units=5, **options):
    text = HEAD + "".join(f"K,S1,P1,{week},{units}\n" for week in weeks)
    return take(text, mapping_text("default_sell_through"), by=by, **options)


def page(client, name, batch):
    return client.get(reverse(f"kpis:import-{name}", args=[batch.pk]))


def test_the_page_of_a_file_shows_its_latest_weeks(client, mia, account):
    hand_in(mia, WEEKS[0])
    batch = hand_in(mia, *WEEKS, units=7)
    context = page(client, "detail", batch).context
    assert [week.week.isoformat() for week in context["weeks"]] == WEEKS[:10]
    assert (context["week_count"], context["undoable"], context["weeks"][0].units_moved) == (12, True, 2)


def test_all_weeks_have_a_list_that_can_be_exported(client, mia, account):
    batch = hand_in(mia, *WEEKS[:2])
    answer = page(client, "weeks", batch)
    assert [row.week.isoformat() for row in answer.context["rows"]] == WEEKS[:2]
    url = reverse("kpis:import-weeks", args=[batch.pk])
    lines = b"".join(client.get(url, {"format": "csv"}).streaming_content).decode("utf-8-sig").splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == WEEKS[:2]


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same_for_one_and_three_weeks(client, mia, account, rows, django_assert_max_num_queries):
    batch = hand_in(mia, *WEEKS[:rows])
    page(client, "weeks", batch)
    with django_assert_max_num_queries(10):
        assert len(page(client, "weeks", batch).context["rows"]) == rows


def test_weeks_of_an_account_that_was_taken_away_are_not_shown(client, mia, account):
    batch = hand_in(mia, WEEKS[0])
    account.memberships.all().delete()
    assert (page(client, "detail", batch).context["weeks"], page(client, "weeks", batch).context["rows"]) == ([], [])


def undo(client, batch, reason="wrong week"):
    return client.post(reverse("kpis:import-undone", args=[batch.pk]), {"reason": reason}, follow=True)


def test_a_person_undoes_a_file_and_says_why(client, mia, account):
    batch = hand_in(mia, WEEKS[0])
    answer = undo(client, batch)
    assert (SellThrough.objects.count(), answer.context["object"].state) == (0, "undone")
    assert "The import was undone." in answer.content.decode()
    assert Entry.objects.get(verb="undone").reason == "wrong week"


def test_what_was_restated_since_is_refused_with_the_file_to_undo_first(client, mia, account):
    first = hand_in(mia, WEEKS[0])
    second = hand_in(mia, WEEKS[0], units=9)
    answer = undo(client, first)
    assert f"Import {second.pk} restated rows of this one" in answer.content.decode()
    assert (SellThrough.objects.get().units, answer.context["object"].state) == (9, "applied")


def test_a_check_can_be_looked_at_and_not_undone(client, mia, account):
    batch = hand_in(mia, WEEKS[0], dry_run=True)
    answer = page(client, "detail", batch)
    assert ("What it would change" in answer.content.decode(), answer.context["undoable"]) == (True, False)


def test_who_reads_and_does_not_import_does_not_undo(client, account, mia):
    batch = hand_in(mia, WEEKS[0], feed=facts.feed(account))
    client.force_login(make.user(Role.AUDITOR))
    assert page(client, "detail", batch).context["undoable"] is False
    assert (undo(client, batch).status_code, SellThrough.objects.count()) == (403, 1)


@pytest.fixture
def api(mia) -> Api:
    return client_with(mia, ["imports:read", "imports:write"])


def test_the_api_tells_weeks_and_undoes(api, mia, account):
    batch = hand_in(mia, WEEKS[0])
    url = f"{V1}/batches/{batch.pk}"
    assert results(api.get(f"{url}/weeks/")) == [
        {
            "account": account.pk,
            "week": WEEKS[0],
            "rows": 1,
            "new": 1,
            "changed": 0,
            "stores": 1,
            "units": "5.000",
            "value": None,
            "units_moved": "5.000",
            "value_moved": None,
        }
    ]
    answer = api.post(f"{url}/undo/", {"reason": "wrong"})
    assert (answer.status_code, answer.json()["state"], SellThrough.objects.count()) == (200, "undone", 0)
    assert api.post(f"{url}/undo/", {}).status_code == 409


def test_fixed_rows_can_be_sent_alone_where_good_rows_were_kept(client, mia, account):
    feed = facts.feed(account, keeps_good_rows=True)
    text = HEAD + f"K,S1,P1,{WEEKS[0]},5\nK,S1,P1,{WEEKS[1]},many\n"
    first = take(text, mapping_text("default_sell_through"), by=mia, feed=feed)
    assert (first.state, first.accepted, first.rejected) == ("applied", 1, 1)
    assert "The good rows are stored." in page(client, "detail", first).content.decode()
    second = take(HEAD + f"K,S1,P1,{WEEKS[1]},6\n", mapping_text("default_sell_through"), by=mia, feed=feed)
    assert (second.state, sorted(SellThrough.objects.values_list("units", flat=True))) == ("applied", [5, 6])
