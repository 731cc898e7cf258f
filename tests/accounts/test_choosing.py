"""Choosing an account where there are very many: by typing, with suggestions, and by links that name one."""

import re

import pytest
from django.urls import reverse

from kam.roles import Role
from tests import make

pytestmark = pytest.mark.django_db
FORM = {"HX-Request": "true", "HX-Target": "filter-form"}  # what a list is asked with when its filter is opened
LISTS = ("accounts:alert-list", "plans:list", "tradeterms:list", "tradeterms:finding-list", "kpis:feed-list",
         "kpis:target-list", "inbox:list")  # fmt: skip


@pytest.fixture
def mia():
    return make.user()


@pytest.fixture
def site(client_of, mia):
    return client_of(mia)


def alerts(site, query):
    rows = site.get(f"{reverse('accounts:alert-list')}?{query}").context["rows"]
    return sorted(row.account.code for row in rows)


def test_alerts_of_accounts_are_found_by_number_and_by_words_of_the_name(site, mia):
    named = (("N-1", "Nordmart Hamburg"), ("N-10", "Nordmart Kiel"), ("S-1", "Südmarkt"))
    accounts = [make.account(mia, code=code, name=name) for code, name in named]
    for account in accounts:
        make.alert(account)
    asked = ("account_named=nordm", "account_named=kiel+nord", "account_named=N-1", "account_named=n-1")
    assert [alerts(site, query) for query in asked] == [["N-1", "N-10"], ["N-10"], ["N-1"], ["N-1", "N-10"]]
    assert alerts(site, f"account={accounts[2].pk}") == ["S-1"]
    assert alerts(site, f"account={accounts[2].pk}&account_named=nord") == []


@pytest.mark.parametrize("route", LISTS)
def test_no_list_draws_all_accounts_to_choose_from(site, mia, route):
    for n in range(30):
        make.account(mia, name=f"Anybody {n}")
    page, form = (site.get(reverse(route), headers=asked).content.decode() for asked in ({}, FORM))
    assert [text.count("Anybody") for text in (page, form)] == [0, 0]
    assert [f'hx-get="{reverse("accounts:names")}"' in text for text in (page, form)] == [False, True]


def test_the_form_of_filters_keeps_the_account_that_a_link_named(site, mia):
    account = make.account(mia)
    link, nothing = f"?account={account.pk}", ""
    kept = f'<input type="hidden" name="account" value="{account.pk}"'
    url = reverse("accounts:alert-list")
    text = [site.get(f"{url}{query}", headers=FORM).content.decode() for query in (link, nothing)]
    assert [kept in found for found in text] == [True, False]
    assert 'type="hidden" name="account"' not in text[1]


def test_the_form_of_the_filters_carries_on_what_it_does_not_ask(site):
    """The period, the order and the columns of a page; not the page of the list, nor what its own fields say."""
    url = reverse("kpis:deliveries")
    text = site.get(f"{url}?weeks=26&due=promised&sort=name&column=otif&tier=A&after=x", headers=FORM).content.decode()
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="(\w+)">', text)
    assert hidden == [("weeks", "26"), ("due", "promised"), ("sort", "name"), ("column", "otif")]


def test_suggestions_are_the_first_of_the_accounts_one_sees(site, mia, client_of, django_assert_num_queries):
    for n in range(25):
        make.account(mia, code=f"N-{n:02}", name=f"Nordmart <{n:02}>")
    make.account(code="N-99", name="Nordmart of others")
    with django_assert_num_queries(5):
        text = site.get(reverse("accounts:names"), {"account_named": "nord"}).content.decode()
    assert text.count("<option") == 20
    assert text.startswith('<option value="N-00">Nordmart &lt;00&gt;</option>')
    assert "others" not in text
    assert client_of(make.user(Role.ADMIN)).get(reverse("accounts:names")).content == b""
