"""The tabs of an account: people and stores as lists, and the list of accounts one came from."""

import pytest
from django.urls import reverse

from accounts.models import Contact
from kam.roles import Role
from tests import make

pytestmark = pytest.mark.django_db
PARTS = ("detail", "contacts", "stores", "timeline")


@pytest.mark.parametrize("part", PARTS)
def test_each_tab_keeps_the_list_that_the_account_was_opened_from(client_of, part):
    mia = make.user()
    first, second = make.account(mia, name="Anna", tier="A"), make.account(mia, name="Berta", tier="A")
    context = client_of(mia).get(reverse(f"accounts:{part}", args=[first.pk]), {"in": "tier=A"}).context
    kept = "?in=tier%3DA"
    assert [tab.url for tab in context["tabs"] if tab.name != "alerts"] == [
        reverse(f"accounts:{name}", args=[first.pk]) + kept for name in PARTS
    ]
    assert context["neighbours"] == {
        "previous": "",
        "next": second.get_absolute_url() + kept,
        "all": "/accounts/?tier=A",
    }


@pytest.mark.parametrize("part", PARTS)
def test_opened_by_itself_an_account_has_plain_tabs_and_no_neighbours(client_of, part):
    mia = make.user()
    account = make.account(mia)
    context = client_of(mia).get(reverse(f"accounts:{part}", args=[account.pk])).context
    assert ([tab.name for tab in context["tabs"]], context["neighbours"]) == (
        ["overview", "alerts", "people", "stores", "timeline"],
        None,
    )
    assert not any("in=" in tab.url for tab in context["tabs"])


@pytest.fixture
def people():
    """An account with a buyer and a gatekeeper, and its manager."""
    mia = make.user(name="Mia")
    account = make.account(mia)
    fields = {"account": account, "attitude": -1}
    Contact.objects.create(name="Vera", buying_role="decides", power=5, title="Buyer", our_owner=mia, **fields)
    Contact.objects.create(name="Gero", buying_role="gatekeeper", power=2, email="gero@shop.example", **fields)
    return mia, reverse("accounts:contacts", args=[account.pk])


def names(answer):
    return [row.name for row in answer.context["rows"]]


def test_people_come_by_power_and_are_sorted_filtered_and_shown_as_wanted(client_of, people):
    mia, url = people
    site = client_of(mia)
    assert names(site.get(url)) == ["Vera", "Gero"]
    assert names(site.get(f"{url}?sort=name")) == ["Gero", "Vera"]
    assert names(site.get(f"{url}?buying_role=gatekeeper")) == names(site.get(f"{url}?q=ger")) == ["Gero"]
    shown = site.get(f"{url}?column=email").context["table"]
    assert [column.name for column in shown.columns] == ["name", "email"]
    assert "\N{MINUS SIGN}1" in site.get(url).content.decode()


def test_people_leave_as_a_table_with_their_addresses(client_of, people):
    mia, url = people
    lines = b"".join(client_of(mia).get(f"{url}?format=csv&column=role").streaming_content).decode().splitlines()
    assert lines == [
        "\N{ZERO WIDTH NO-BREAK SPACE}Name,Role in buying,E-mail,Phone",
        "Vera,Decides,,",
        "Gero,Gatekeeper,gero@shop.example,",
    ]


def test_people_lead_to_their_form_only_for_those_who_may_change_them(client_of, people):
    mia, url = people
    auditor = make.user(Role.AUDITOR)
    assert ["/edit/" in client_of(reader).get(url).content.decode() for reader in (mia, auditor)] == [True, False]
