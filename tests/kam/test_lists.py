"""Lists: columns, export of exactly this view, neighbours, saved views. The list of accounts stands for all."""

import io
import re
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
import pytest
from django.http import QueryDict
from django.urls import reverse
from django.utils.safestring import mark_safe

from kam import saved
from kam.downloads import xlsx_response
from kam.lists import Column, Table, chosen, counted, in_chunks, of_export, sorts_of
from kam.models import SavedView, User
from kam.roles import Role
from tests import make

pytestmark = pytest.mark.django_db
LIST = "/accounts/"

NAME = Column("name", "Name", lambda r: r["name"], sort=("name",))
STAKE = Column("stake", "At stake", lambda r: r["stake"], "money", sort=("stake", "name"), currency=lambda r: r["in"])
HIDDEN = Column("code", "Number", lambda r: r["name"].upper(), shown=False, always=True)
COLUMNS = (NAME, STAKE, HIDDEN)


def named(columns):
    return [c.name for c in columns]


def heads(client, query=""):
    table = client.get(f"{LIST}{query}").context["table"]
    return named(table.columns)


# Counts


def test_several_queries_are_counted_by_one_question(django_assert_num_queries):
    for _n in range(4):
        make.user()
    everybody = User.objects.all()
    with django_assert_num_queries(1):
        found = counted(
            everybody.filter(name="Nobody"), everybody.filter(pk__in=[]), everybody.order_by("name"), most=3
        )
    assert found == (0, 0, 3)


def test_of_a_query_for_distinct_values_these_are_counted():
    for name in ("Ada", "Ada", "Bo"):
        make.user(name=name)
    assert counted(User.objects.order_by().values("name").distinct()) == (2,)


# Columns


def test_a_reader_chooses_columns_and_always_keeps_the_first():
    assert named(chosen(COLUMNS, [])) == ["name", "stake"]
    assert named(chosen(COLUMNS, ["code"])) == ["name", "code"]
    assert named(chosen(COLUMNS, ["nonsense"])) == ["name"]


def test_an_export_has_the_columns_on_the_screen_and_those_it_always_has():
    assert named(of_export(COLUMNS, [])) == ["name", "stake", "code"]
    assert named(of_export(COLUMNS, ["code"])) == ["name", "code"]


def test_falling_turns_the_first_column_only():
    assert sorts_of(COLUMNS, "stake") == {
        "stake": ("stake", "name"),
        "name": ("name",),
        "-name": ("-name",),
        "-stake": ("-stake", "name"),
    }


def cells_of(table):
    return re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", table.drawn())


def test_one_currency_stands_in_the_header_and_several_beside_each_amount():
    one = Table(COLUMNS[:2], [{"name": "a", "stake": Decimal(8000), "in": "EUR"}], "x")
    assert [unit for _column, unit in one.heads()] == ["", "€\N{NO-BREAK SPACE}k"]
    assert cells_of(one) == ["a", "8"]
    rows = [{"name": "a", "stake": Decimal(8000), "in": "EUR"}, {"name": "b", "stake": Decimal(9000), "in": "GBP"}]
    two = Table(COLUMNS[:2], rows, "x")
    assert [unit for _column, unit in two.heads()] == ["", ""]
    assert cells_of(two) == [
        "a",
        "€\N{NO-BREAK SPACE}8.0\N{NO-BREAK SPACE}k",
        "b",
        "£\N{NO-BREAK SPACE}9.0\N{NO-BREAK SPACE}k",
    ]


def test_what_a_cell_holds_is_escaped():
    table = Table(COLUMNS[:2], [{"name": "<b>", "stake": None, "in": "EUR"}], "x", link=lambda row: "/a?b&c")
    assert cells_of(table) == ['<a href="/a?b&amp;c">&lt;b&gt;</a>', "–"]


def test_a_value_that_repeats_is_drawn_as_what_it_is():
    values = [1, "1", True, Decimal("1.0"), "<b>", mark_safe("<b>"), "<b>", None, 1]
    column = Column("v", "V", lambda row: row["v"])
    table = Table([COLUMNS[0], column], [{"name": "a", "v": value} for value in values], "x")
    assert cells_of(table)[1::2] == ["1", "1", "True", "1.0", "&lt;b&gt;", "<b>", "&lt;b&gt;", "–", "1"]


def test_chunks_lose_nothing():
    assert list(in_chunks(range(7), 3)) == [[0, 1, 2], [3, 4, 5], [6]]


def test_the_page_shows_the_columns_of_its_address(client_of):
    user = make.user()
    make.account(user)
    client = client_of(user)
    assert heads(client, "?column=team&column=state") == ["name", "state", "team"]
    assert "code" not in heads(client)


# Export


def workbook(response):
    content = b"".join(response.streaming_content)
    response.close()
    return openpyxl.load_workbook(io.BytesIO(content))


def test_a_workbook_of_this_view_has_typed_cells_and_no_formula(client_of):
    user = make.user()
    make.account(user, name="=1+1", code="A", tier="A")
    make.account(user, name="Berta", code="B", tier="B")
    response = client_of(user).get(f"{LIST}?format=xlsx&tier=A&column=alerts&column=stake")
    sheet = workbook(response).active
    assert [[c.value for c in row] for row in sheet.rows] == [
        ["Account", "Number", "At stake", "Currency", "Open alerts"],
        ["=1+1", "A", None, None, 0],
    ]
    assert [c.data_type for c in sheet[2]] == ["s", "s", "n", "n", "n"]
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref == "A1:E2"
    assert response["Content-Disposition"].startswith('attachment; filename="accounts-')


def test_numbers_days_and_times_keep_their_type():
    at = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
    row = [Decimal("1.5"), 3, date(2026, 2, 3), at, None, True, "0012"]
    sheet = workbook(xlsx_response("x.xlsx", "A/B:[c]", list("abcdefg"), [row])).active
    assert [c.value for c in sheet[2]] == [
        1.5,
        3,
        datetime(2026, 2, 3),
        datetime(2026, 3, 1, 12, 30),
        None,
        "True",
        "0012",
    ]
    assert sheet.title == "A B  c"


def test_an_export_reads_in_chunks_with_a_fixed_number_of_queries(client_of, django_assert_max_num_queries):
    user = make.user()
    for _ in range(12):
        make.account(user)
    client = client_of(user)
    with django_assert_max_num_queries(9):
        lines = b"".join(client.get(f"{LIST}?format=csv").streaming_content).splitlines()
    assert len(lines) == 13


def test_an_unknown_format_is_the_page(client_of):
    assert client_of(make.user()).get(f"{LIST}?format=pdf").templates


# Next and previous in the list


def beside(client, account, query):
    return client.get(account.get_absolute_url(), {"in": query}).context["neighbours"]


def test_a_page_knows_its_neighbours_in_the_list_it_was_opened_from(client_of):
    user = make.user()
    a, b, c = (make.account(user, name=n, tier=t) for n, t in (("Anna", "A"), ("Berta", "B"), ("Cora", "A")))
    client = client_of(user)
    found = beside(client, a, "sort=-name&tier=A")
    assert found == {
        "previous": f"{c.get_absolute_url()}?in=sort%3D-name%26tier%3DA",
        "next": "",
        "all": f"{LIST}?sort=-name&tier=A",
    }
    assert beside(client, b, "")["previous"] == f"{a.get_absolute_url()}?in="
    assert beside(client, b, "")["next"] == f"{c.get_absolute_url()}?in="


def test_neighbours_are_only_what_the_reader_sees(client_of):
    user = make.user()
    make.account(name="Aa")
    mine = make.account(user, name="Ab")
    make.account(name="Ac")
    assert beside(client_of(user), mine, "") == {"previous": "", "next": "", "all": LIST}


def test_a_page_that_was_not_opened_from_a_list_shows_none(client_of):
    user = make.user()
    account = make.account(user)
    assert client_of(user).get(account.get_absolute_url()).context["neighbours"] is None


def test_a_row_that_left_the_list_still_leads_back(client_of):
    user = make.user()
    account = make.account(user, tier="A")
    assert beside(client_of(user), account, "tier=B&after=x") == {
        "previous": "",
        "next": "",
        "all": f"{LIST}?tier=B&after=x",
    }


# Saved views


def keep(client, name="Mine", query="tier=A&sort=-name", **extra):
    return client.post(reverse("view-save"), {"page": "accounts:list", "name": name, "query": query, **extra})


def test_a_view_is_kept_found_and_replaced_by_its_name(client_of):
    user = make.user()
    client = client_of(user)
    assert keep(client, query="tier=A&after=abc&format=csv")["Location"] == f"{LIST}?tier=A"
    keep(client, query="tier=B")
    assert list(SavedView.objects.values_list("name", "query", "shared")) == [("Mine", "tier=B", False)]
    (view,) = client.get(f"{LIST}?tier=B&after=").context["saved_views"]
    assert (view.current, view.mine) == (True, True)


def test_colleagues_see_what_is_shared_and_cannot_remove_it(client_of):
    owner, colleague = make.user(), make.user(Role.DIRECTOR)
    keep(client_of(owner), "Private")
    keep(client_of(owner), "For all", shared="on")
    client = client_of(colleague)
    (view,) = client.get(LIST).context["saved_views"]
    assert (view.name, view.mine) == ("For all", False)
    assert client.post(reverse("view-remove", args=[view.pk])).status_code == 403
    assert client.post(reverse("view-remove", args=[SavedView.objects.get(name="Private").pk])).status_code == 404
    assert SavedView.objects.count() == 2


def test_a_removed_view_can_be_brought_back_from_the_message(client_of):
    client = client_of(make.user())
    keep(client)
    page = client.post(reverse("view-remove", args=[SavedView.objects.get().pk]), follow=True)
    assert SavedView.objects.count() == 0
    *_earlier, message = page.context["messages"]
    client.post(message.extra_tags.removeprefix("undo:"))
    assert SavedView.objects.get().name == "Mine"


@pytest.mark.parametrize(
    ("page", "name"),
    [("nowhere", "x"), ("me", "x"), ("account_logout", "x"), ("accounts:list", ""), ("accounts:list", "x" * 61)],
)
def test_a_view_that_cannot_be_kept_is_said(client_of, page, name):
    client = client_of(make.user())
    answer = client.post(reverse("view-save"), {"page": page, "name": name, "query": ""}, follow=True)
    assert [m.level_tag for m in answer.context["messages"]] == ["error"]
    assert SavedView.objects.count() == 0


def test_the_canonical_query_does_not_depend_on_order_or_place():
    assert saved.clean(QueryDict("b=2&a=1&b=1&after=x&in=&c=")) == "a=1&b=1&b=2"
