"""Keyset pages: no row lost or shown twice, whatever the direction, ties and empty values."""

import pytest
from django.db.models import OuterRef, Subquery
from django.test import RequestFactory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Account, Alert
from kam.keyset import BadCursor, Keyset
from tests import make

pytestmark = pytest.mark.django_db


def walk(keyset, rows, *, backwards=False):
    """Follow the links of a list from one end to the other."""
    path, seen = "/?", []
    key = "before" if backwards else "after"
    url = path
    while url:
        page = keyset.page(rows, RequestFactory().get(url))
        seen = [r.pk for r in page.rows] + seen if backwards else seen + [r.pk for r in page.rows]
        url = page.previous_url if backwards else page.next_url
        assert not url or key in url
    return seen


@pytest.mark.parametrize("field", ["at_stake", "-at_stake"])
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stakes=st.lists(st.one_of(st.none(), st.integers(0, 3)), min_size=1, max_size=9))
def test_walking_down_shows_every_row_once_with_empty_values_last(field, stakes):
    account = make.account()
    rows = [make.alert(account, at_stake=s, currency="EUR") for s in stakes]
    order = sorted(rows, key=lambda r: (r.at_stake is None, (r.at_stake or 0) * (-1 if field[0] == "-" else 1), r.pk))
    mine = Alert.objects.filter(account=account)
    assert walk(Keyset((field,), 2), mine) == [r.pk for r in order]


def test_going_back_shows_the_page_one_came_from():
    account = make.account()
    for stake in (5, None, 3, None, 1):
        make.alert(account, at_stake=stake, currency="EUR")
    keyset = Keyset(("-at_stake",), 2)
    first = keyset.page(Alert.objects.all(), RequestFactory().get("/"))
    second = keyset.page(Alert.objects.all(), RequestFactory().get(first.next_url))
    third = keyset.page(Alert.objects.all(), RequestFactory().get(second.next_url))
    assert [len(p.rows) for p in (first, second, third)] == [2, 2, 1]
    back = keyset.page(Alert.objects.all(), RequestFactory().get(third.previous_url))
    assert [r.pk for r in back.rows] == [r.pk for r in second.rows]
    again = keyset.page(Alert.objects.all(), RequestFactory().get(back.previous_url))
    assert [r.pk for r in again.rows] == [r.pk for r in first.rows]
    assert (first.previous_url, third.next_url) == ("", "")


def test_links_keep_the_rest_of_the_address():
    account = make.account()
    for _ in range(3):
        make.alert(account)
    page = Keyset(("pk",), 2).page(Alert.objects.all(), RequestFactory().get("/alerts/?state=open&before="))
    assert page.next_url.startswith("/alerts/?state=open&after=")


@pytest.mark.parametrize("text", ["%", "bm9wZQ", "W10", "W1sxXSwyXQ", "WzEsMiwzXQ"])
def test_a_damaged_cursor_is_refused(text):
    with pytest.raises(BadCursor):
        Keyset(("at_stake",), 2).page(Alert.objects.all(), RequestFactory().get("/", {"after": text}))


def test_an_order_by_a_value_that_is_looked_up_looks_it_up_once(django_assert_num_queries):
    stake = Alert.objects.filter(account=OuterRef("pk")).values("at_stake")[:1]
    accounts = Account.objects.annotate(stake=Subquery(stake))
    with django_assert_num_queries(1) as asked:
        Keyset(("-stake",), 2).page(accounts, RequestFactory().get("/"))
    assert asked[0]["sql"].count("SELECT") == 2
