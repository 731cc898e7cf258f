"""The facts behind a figure, narrowed to a product, a store or a document."""

import pytest
from django.urls import reverse

from kam.models import StepRun
from tests import make
from tests.kpis import facts
from tests.kpis.facts import DAY, WEEK

pytestmark = pytest.mark.django_db


@pytest.fixture
def mia():
    return make.user()


@pytest.fixture
def rows(client_of, mia):
    """What stands on the page of facts of a measure, for a query."""
    StepRun.objects.create(date=DAY, step="measures", state="done")
    site = client_of(mia)

    def read(account, measure, query="", name=lambda row: row.product.code):
        url = reverse("kpis:facts", args=[account.pk, measure])
        answer = site.get(f"{url}?week={WEEK}&{query}")
        return sorted(name(row) for row in answer.context["page"].rows)

    return read


def test_sell_through_is_narrowed_to_a_product_and_a_store(rows, mia):
    account = make.account(mia)
    here, there = make.store(account, code="S-1", name="Kiel"), make.store(account, code="S-2", name="Hamburg")
    ball, shoe = facts.product(code="B-1", name="Ball"), facts.product(code="R-1", name="Running shoe")
    for store, product in ((here, ball), (here, shoe), (there, ball)):
        facts.sold(account, store=store, of=product)
    asked = ("", "product_named=b-", "product_named=running", "store_named=kiel", "store_named=S-2", "store_named=x")
    assert [rows(account, "sell_through", query) for query in asked] == [
        ["B-1", "B-1", "R-1"], ["B-1", "B-1"], ["R-1"], ["B-1", "R-1"], ["B-1"], [],
    ]  # fmt: skip


def test_invoices_and_orders_are_narrowed_to_a_product_and_a_paper(rows, mia):
    account = make.account(mia)
    ball = facts.product(code="B-1", name="Ball")
    facts.invoiced(account, document="R-1", of=ball)
    facts.invoiced(account, document="R-2")
    facts.ordered(account, order_number="O-1", product=ball)
    facts.ordered(account, order_number="O-2")
    assert rows(account, "sell_in", "product_named=B-1") == rows(account, "sell_in", "document=r-1") == ["B-1"]
    assert rows(account, "otif", "product_named=ball") == rows(account, "otif", "order=O-1") == ["B-1"]


def test_open_items_are_narrowed_to_a_document(rows, mia):
    account = make.account(mia)
    for document in ("R-1", "R-2"):
        facts.item(account, amount=5, document=document)
    assert rows(account, "overdue_share", "document=R-2", name=lambda row: row.document) == ["R-2"]


def test_dropping_the_filters_keeps_the_week(client_of, mia, rows):
    account = make.account(mia)
    facts.sold(account)
    url = reverse("kpis:facts", args=[account.pk, "sell_through"])
    answer = client_of(mia).get(f"{url}?week={WEEK}&product_named=nothing")
    assert [(chip.label, chip.value) for chip in answer.context["chips"]] == [("Product: number or name", "nothing")]
    text = answer.content.decode()
    assert f'href="?week={WEEK}"' in text
    assert f'<input type="hidden" name="week" value="{WEEK}">' in text


def test_a_target_is_called_by_the_name_of_its_measure(client_of, mia):
    account = make.account(mia, name="Nordmart")
    facts.target(account, "otif", "0.96")
    text = client_of(mia).get(reverse("kpis:target", args=[account.pk, "otif", 2026])).content.decode()
    assert text.count("Nordmart · OTIF") == 2
    assert "Nordmart otif" not in text
