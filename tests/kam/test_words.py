"""Words: what of a name or number is found by which text, whatever people type, and that an index finds it."""

import pytest
from django.db import connection
from django.db.models import Value
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import Account, Contact, Store
from kam.words import named
from kpis.models import Product

pytestmark = pytest.mark.django_db

FOUND = {
    "Müller-Lüdenscheidt GmbH": ["müller", "MULLER LUD", "lüd", "müller-lüd", "gmbh mull"],
    "L'Oréal (Nord)": ["oreal", "l'or", "nord", "L’ORÉAL"],
    "H&M Hennes": ["h&m", "hennes & h"],
    "Straße 7": ["strasse", "STRASSE", "7"],
    "江岚百货": ["江", "江岚", "岚百", "百货", "百 江"],
    "7-11便利店 Nord": ["便利", "7-11便", "nord 利店"],
    "Магнит Косметик": ["магнит", "КОСМ"],
    "ΟΔΟΣ Αθηνών": ["οδος", "αθη"],
}
MISSED = {
    "Müller-Lüdenscheidt GmbH": ["enscheidt", "mullerlud", "lud y", "-", "&", ""],
    "江岚百货": ["百江", "货百", "江百", "江岚x"],
    "H&M Hennes": ["m", "&m"],
    "7-11便利店 Nord": ["x-11", "7-12"],
}


def met(name, number, text):
    """Whether a row with this name and number is found by a text."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT bool_and(kam_words(%s, %s) @@ kam_asked(word)) FROM unnest(%s::text[]) word",
            [name, number, text.split()],
        )
        return cursor.fetchone()[0]


def accounts(text):
    return list(Account.objects.found_by(text).values_list("name", flat=True))


@pytest.fixture
def named_so():
    for place, name in enumerate({**FOUND, **MISSED}):
        Account.objects.create(code=f"X-{place} a'b\\c", name=name, country="DE", currency="EUR")


def test_case_accents_punctuation_and_the_place_of_chinese_characters_do_not_matter(named_so):
    assert {
        name: [text for text in texts if name not in accounts(text)] for name, texts in FOUND.items()
    } == dict.fromkeys(FOUND, [])


def test_the_middle_of_a_word_and_another_order_of_chinese_characters_are_not_meant(named_so):
    assert {
        name: [text for text in texts if name in accounts(text)] for name, texts in MISSED.items()
    } == dict.fromkeys(MISSED, [])


def test_a_number_is_found_by_its_beginning_as_it_is_written(named_so):
    assert [len(accounts(text)) for text in ("X-1", "x-1 A'B\\C", "x1", "b\\c")] == [1, 1, 0, 0]


def test_so_many_words_that_no_name_has_them_are_cut_off(named_so):
    assert accounts("gmbh " * 5000) == ["Müller-Lüdenscheidt GmbH"]
    assert accounts("x" * 5000) == []


# Accents, marks, ligatures, quotes, operators, and what becomes several characters when it is taken apart.
ODD = "aAäÄßſﬁİ'\\\":*&|!()<-> \t岚百ガ\u3316\ufdfa\u0301\u037a9٣ก็ि𠀀😀"
TEXTS = st.text(st.sampled_from(ODD) | st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=200)


@settings(max_examples=60, deadline=None)
@given(name=TEXTS, number=TEXTS, text=TEXTS)
def test_nothing_that_can_be_typed_breaks_the_search_and_a_row_is_found_by_its_own_number(name, number, text):
    met(name, number, text)
    assert met(name, number, number) is not False


@pytest.mark.parametrize(
    ("model", "number", "index"),
    [
        (Account, "code", "account_words"),
        (Store, "code", "store_words"),
        (Contact, Value(""), "contact_words"),
        (Product, "code", "product_words"),
    ],
)
def test_an_index_finds_them_and_the_planner_is_not_told_how_often_words_occur(model, number, index):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SELECT attstattarget FROM pg_attribute WHERE attrelid = %s::regclass", [index])
        assert cursor.fetchall() == [(0,)]
    assert f"Index Scan on {index}" in model.objects.filter(named(["feld", "x-1"], number=number)).order_by().explain()
