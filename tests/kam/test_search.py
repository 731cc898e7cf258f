"""Search: words that begin a number or a word of a name, of every kind of thing, and never what one does not see."""

import pytest
from django.urls import reverse

from kam import search
from kam.reading import reading
from kam.roles import Role
from tests import make

pytestmark = pytest.mark.django_db


def found(user, text):
    """Titles by the name of the kind."""
    return {group.label: [hit.title for hit in group.hits] for group in search.find(user, text)}


@pytest.fixture
def mia():
    return make.user(name="Mia")


@pytest.fixture
def feldkamm(mia):
    return make.account(mia, name="Feldkamm Sporthaus", code="DE-110")


def test_an_account_is_found_by_its_number_or_any_word_of_its_name(mia, feldkamm):
    for text in ("DE-1", "de-110", "Feld", "sport", "SPORTH feldk", "feldkamm de-110"):
        assert found(mia, text) == {"Accounts": ["Feldkamm Sporthaus"]}, text
    for text in ("haus", "110", "Feldkamm Outdoor", "%", "___", ""):
        assert found(mia, text) == {}, text


def test_accents_and_case_do_not_matter(mia):
    make.account(mia, name="Äpfel & Söhne")
    make.account(mia, name="江岚百货")
    assert found(mia, "apfel") == found(mia, "ÄPFEL") == found(mia, "sohn") == {"Accounts": ["Äpfel & Söhne"]}
    assert found(mia, "江岚") == {"Accounts": ["江岚百货"]}


def test_every_kind_of_thing_is_found(mia, feldkamm):
    make.store(feldkamm, code="007", name="Feldkamm Leipzig")
    make.contact(feldkamm, name="Paul Feldmann")
    make.agreement(feldkamm, number="A26-DE-110")
    make.plan(feldkamm, year=2026)
    make.product(code="FELD-1", name="Ball")
    assert found(mia, "feld") == {
        "Accounts": ["Feldkamm Sporthaus"],
        "People": ["Paul Feldmann"],
        "Stores": ["Feldkamm Leipzig"],
        "Plans": ["Feldkamm Sporthaus 2026"],
        "Agreements": ["A26-DE-110"],
        "Products": ["Ball"],
    }
    assert found(mia, "feldkamm 2026") == {"Plans": ["Feldkamm Sporthaus 2026"]}
    assert found(mia, "007") == {"Stores": ["Feldkamm Leipzig"]}


def test_nobody_finds_what_they_do_not_see(feldkamm):
    make.store(feldkamm, name="Feldkamm Leipzig")
    make.contact(feldkamm, name="Paul Feldmann")
    make.agreement(feldkamm, number="Feld-1")
    make.plan(feldkamm)
    for role in Role:
        stranger = make.user(role)
        assert found(stranger, "feld") == {} or role == Role.AUDITOR, role
    analyst = make.user(Role.ANALYST)
    feldkamm.team = make.team(analyst)
    feldkamm.save()
    assert set(found(analyst, "feld")) == {"Accounts", "Stores"}


def test_more_than_six_lead_to_the_list(mia):
    for n in range(8):
        make.account(mia, name=f"Nord {n}")
    (group,) = search.find(mia, "nord")
    assert ([hit.title for hit in group.hits], group.more) == ([f"Nord {n}" for n in range(6)], "/accounts/?q=nord")


@pytest.mark.parametrize("rows", [1, 3])
def test_a_search_costs_the_same_with_more_rows(mia, rows, django_assert_num_queries):
    for n in range(rows):
        account = make.account(mia, name=f"Nord {n}")
        make.store(account, name="Nord")
        make.contact(account, name="Nord")
        make.agreement(account, number=f"Nord-{n}")
        make.plan(account)
    with django_assert_num_queries(8), reading():  # deputies and accounts of the reader, and six kinds of things
        assert len(found(mia, "nord")["Stores"]) == rows


def test_the_page_and_the_list_under_the_field(client_of, mia, feldkamm):
    client, url = client_of(mia), reverse("search")
    page = client.get(url, {"q": "feld"})
    assert page.templates[0].name == "search.html"
    fragment = client.get(url, {"q": "feld"}, headers={"HX-Request": "true"})
    assert fragment.templates[0].name == "kit/search_results.html"
    assert [g.label for g in fragment.context["groups"]] == ["Accounts"]
    assert "Nothing is called" in client.get(url, {"q": "zzz"}).content.decode()


@pytest.mark.parametrize("text", ["\0feld", "%_\\", "' OR 1=1 --", "x" * 5000, "{{ 7|add:7 }}", "(?=a)*"])
def test_hostile_words_find_nothing_and_break_nothing(client_of, mia, feldkamm, text):
    answer = client_of(mia).get(reverse("search"), {"q": text})
    assert (answer.status_code, [g.label for g in answer.context["groups"]]) == (
        200,
        ["Accounts"] if "feld" in text else [],
    )


def test_pages_about_figures_are_found_by_those_who_read_figures(mia):
    assert found(mia, "deliv") == {"Pages": ["Deliveries"]}
    assert found(mia, "order lin") == {"Pages": ["Order lines"]}
    assert found(make.user(Role.FINANCE), "deliv") == {}
