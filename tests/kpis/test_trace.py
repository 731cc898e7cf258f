"""From a figure to the line of the file: `?row=` on the page of facts."""

from io import BytesIO

import pytest
from django.urls import reverse

from accounts.models import Membership
from kam.roles import Role
from kpis.behind import name_of
from kpis.imports import store
from kpis.imports.services import process, receive
from kpis.models import InvoiceLine, OpenItem, OrderLine, SellThrough
from tests import make
from tests.kpis import facts

pytestmark = pytest.mark.django_db

FILES = {
    "sell_through_units": (
        "sell_through",
        SellThrough,
        "account,store,product,week,units\nK,S1,B,2026-11-16,2\nK,S1,A,2026-11-16,3\n",
    ),
    "otif": (
        "orders",
        OrderLine,
        "account,order_number,line_number,product,ordered_on,requested_on,ordered\n"
        "K,PO,1,B,2026-11-02,2026-11-18,1\nK,PO,2,A,2026-11-02,2026-11-18,3\n",
    ),
    "sell_in": (
        "invoices",
        InvoiceLine,
        "account,document,product,invoiced_on,quantity,value\nK,RE,A,2026-11-18,1,1.00\nK,RE,A,2026-11-18,3,3.00\n",
    ),
    "overdue_share": (
        "open_items",
        OpenItem,
        "account,document,issued_on,due_on,amount\nK,R1,2026-11-02,2026-11-18,1.00\nK,R2,2026-11-02,2026-11-18,3.00\n",
    ),
}
WANTED = {
    SellThrough: {"product__code": "A"},
    OrderLine: {"line_number": "2"},
    InvoiceLine: {"occurrence": 2},
    OpenItem: {"document": "R2"},
}


@pytest.fixture
def mia():
    return make.user(Role.ACCOUNT_MANAGER)


@pytest.fixture
def account(mia):
    row = make.account(mia, code="K")
    make.store(row, code="S1")
    for code in ("A", "B"):
        facts.product(code=code)
    return row


def imported(kind, text, by):
    batch = receive(kind=kind, file=BytesIO(text.encode()), file_name=f"{kind}.csv", by=by)
    assert process(batch_id=batch.pk).state == "applied"
    return batch


@pytest.mark.parametrize("code", sorted(FILES))
def test_a_fact_is_shown_with_its_line_of_the_file(client, mia, account, code):
    kind, model, text = FILES[code]
    batch = imported(kind, text, mia)
    fact = model.objects.get(**WANTED[model])
    client.force_login(mia)
    page = reverse("kpis:facts", args=[account.pk, code])
    answer = client.get(page, {"week": "2026-11-16", "row": name_of(fact)})
    source = answer.context["source"]
    head, _first, line = text.splitlines()
    assert (source["batch"], source["sees_batch"], source["line"].number) == (batch, True, 3)
    assert source["line"].cells == tuple(zip(head.split(","), line.split(","), strict=True))
    assert f'href="{reverse("kpis:import-detail", args=[batch.pk])}"' in answer.content.decode()


def test_who_does_not_see_the_file_sees_the_line_of_their_fact(client, mia, account):
    colleague = make.user(Role.ACCOUNT_MANAGER)
    Membership.objects.create(account=account, user=colleague)
    imported("open_items", FILES["overdue_share"][2], colleague)
    fact = OpenItem.objects.get(document="R2")
    client.force_login(mia)
    answer = client.get(reverse("kpis:facts", args=[account.pk, "overdue_share"]), {"row": fact.pk})
    assert (answer.context["source"]["sees_batch"], answer.context["source"]["line"].number) == (False, 3)


def test_a_file_that_is_gone_is_said_to_be_gone(client, mia, account):
    batch = imported("open_items", FILES["overdue_share"][2], mia)
    (store.folder_of(batch.stored_name) / store.DATA).unlink()
    client.force_login(mia)
    url = reverse("kpis:facts", args=[account.pk, "overdue_share"])
    answer = client.get(url, {"row": OpenItem.objects.get(document="R2").pk})
    assert answer.context["source"]["line"] is None
    assert "The file is not kept" in answer.content.decode()


@pytest.mark.parametrize("code", ["overdue_share", "sell_through_units"])
@pytest.mark.parametrize("row", ["x", "0", "99999999999999999999", "1.2", "2026-02-31.1.1", "2026-11-16.1.1"])
def test_a_row_that_is_not_there_is_not_found(client, mia, account, code, row):
    client.force_login(mia)
    assert client.get(reverse("kpis:facts", args=[account.pk, code]), {"row": row}).status_code == 404


def test_a_row_of_another_account_is_not_found(client, mia, account):
    other = facts.item(make.account())
    client.force_login(mia)
    url = reverse("kpis:facts", args=[account.pk, "overdue_share"])
    assert client.get(url, {"row": other.pk}).status_code == 404


def test_a_file_that_its_mapping_no_longer_fits_is_no_fault(client, mia, account):
    batch = imported("open_items", FILES["overdue_share"][2], mia)
    (store.folder_of(batch.stored_name) / store.DATA).write_text("something,else\n1,2\n")
    client.force_login(mia)
    url = reverse("kpis:facts", args=[account.pk, "overdue_share"])
    assert client.get(url, {"row": OpenItem.objects.get(document="R2").pk}).context["source"]["line"] is None
