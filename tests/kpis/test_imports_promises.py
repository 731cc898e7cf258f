"""What an import promises: what is exported is what was accepted, and every bad row is listed."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kam.roles import Role
from kpis.imports.report import report
from kpis.models import ImportBatch, SellThrough
from tests import make
from tests.kpis import facts
from tests.kpis.files import SELL_THROUGH, take

HEAD = "account,store,product,week,units,value\n"
WEEK = date(2026, 11, 16)
UNITS = st.one_of(st.decimals(-999, 9999, places=3).map(str), st.sampled_from(["", "x", "1,5", "1e3", "٣"]))
ROWS = st.dictionaries(
    st.tuples(st.sampled_from(["S1", "S2", "S9"]), st.sampled_from(["P1", "P2"]), st.integers(0, 3)),
    st.tuples(UNITS, st.decimals(0, 10**6, places=2).map(str)),
    min_size=1,
    max_size=24,
)


def exported(api):
    """What the API says of sell-through, page by page, in the words of a file."""
    url, found = "/api/v1/sell-through/?page_size=5", []
    while url:
        page = api.get(url).json()
        found += page["results"]
        url = page["next"]
    return found


@pytest.mark.django_db
@given(rows=ROWS)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_exported_is_what_was_accepted(rows, api_of):
    SellThrough.objects.all().delete()
    ImportBatch.objects.all().delete()
    account, stores, products, feed, api = _world(api_of)
    lines = {
        number: (store, product, WEEK - timedelta(weeks=back), units, value)
        for number, ((store, product, back), (units, value)) in enumerate(rows.items(), 2)
    }
    text = HEAD + "".join(",".join((account.code, *map(_quoted, line))) + "\n" for line in lines.values())
    batch = take(text, SELL_THROUGH, feed=feed)
    bad = set(batch.errors.values_list("line", flat=True))
    assert bad == {
        n for n, (store, _p, _w, units, _v) in lines.items() if store == "S9" or units in ("", "x", "1,5", "1e3", "٣")
    }
    good = {line for number, line in lines.items() if number not in bad}
    names = {store.pk: store.code for store in stores} | {f"p{p.pk}": p.code for p in products}
    got = {
        (
            names[r["store"]],
            names[f"p{r['product']}"],
            date.fromisoformat(r["week"]),
            Decimal(r["units"]),
            Decimal(r["value"]),
        )
        for r in exported(api)
    }
    assert got == {(s, p, w, Decimal(u), Decimal(v)) for s, p, w, u, v in good}


def _quoted(value):
    return f'"{value}"' if "," in str(value) else str(value)


def _world(api_of):
    """An account with two stores, two products and a feed that keeps good rows, made once for all examples."""
    feed = facts.Feed.objects.filter(code="promises").select_related("account").first()
    if feed is None:
        account = make.account(code="K-1")
        for code in ("S1", "S2"):
            make.store(account, code=code)
        for code in ("P1", "P2"):
            facts.product(code=code)
        feed = facts.feed(account, code="promises", keeps_good_rows=True)
    stores, products = list(feed.account.stores.all()), list(facts.Product.objects.filter(code__in=["P1", "P2"]))
    return feed.account, stores, products, feed, api_of(make.user(Role.AUDITOR))


@pytest.mark.django_db
def test_of_a_hundred_thousand_rows_every_one_of_ten_thousand_bad_ones_is_listed():
    account = make.account(code="K-1")
    for store in range(100):
        make.store(account, code=f"S{store}")
    products = [facts.product(code=f"P{n}") for n in range(100)]
    weeks = [WEEK - timedelta(weeks=back) for back in range(10)]
    lines = [
        f"K-1,S{n % 100},{products[n // 100 % 100].code},{weeks[n // 10_000]},{'x' if n % 10 == 3 else 1},1"
        for n in range(100_000)
    ]
    batch = take(HEAD + "\n".join(lines), SELL_THROUGH)
    assert (batch.state, batch.rows, batch.rejected) == ("rejected", 100_000, 10_000)
    assert list(batch.errors.order_by("line").values_list("line", flat=True)) == list(range(5, 100_002, 10))
    assert sum(1 for _line in report(batch)) == 10_001
