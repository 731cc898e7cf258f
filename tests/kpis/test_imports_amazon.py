"""Amazon vendor reports: entries of the list by ASIN become rows, read one by one; what is no report is refused."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpis.imports.refused import Refused
from tests.kpis.edi import report, rows

SALES, INVENTORY = "GET_VENDOR_SALES_REPORT", "GET_VENDOR_INVENTORY_REPORT"
SOLD = {"startDate": "2026-11-08", "endDate": "2026-11-14", "asin": "B1", "shippedUnits": 5, "customerReturns": 0}


def amount(number, currency="EUR"):
    return {"amount": number, "currencyCode": currency}


def refused(folder, content, wanted=SALES):
    with pytest.raises(Refused) as caught:
        rows(folder, content, wanted)
    return caught.value.code, caught.value.params


def test_sales_by_item(tmp_path):
    other = SOLD | {"asin": "B2", "startDate": "2026-11-01", "endDate": "2026-11-30", "shippedRevenue": None}
    content = report(SALES, "salesByAsin", SOLD | {"shippedRevenue": amount(150.50)}, other, salesAggregate=[{"x": 1}])
    first, second = rows(tmp_path, content, SALES)
    assert first == {
        **{"position": "1", "report_type": SALES, "marketplace": "A1PA6795UKMFR9", "report_period": "WEEK"},
        **{"start_date": "2026-11-08", "end_date": "2026-11-14", "week": "2026-11-09", "asin": "B1"},
        **{"shipped_units": "5", "customer_returns": "0", "shipped_revenue": "150.5", "currency": "EUR"},
    }
    assert (second["week"], "currency" in second) == ("2026-11-01/2026-11-30", False)


def test_stock_is_what_can_be_sold_and_what_cannot(tmp_path):
    content = report(
        *(INVENTORY, "inventoryByAsin"),
        SOLD | {f"{what}OnHandInventoryUnits": n for what, n in (("sellable", 90), ("unsellable", 8))},
        SOLD | {"sellableOnHandInventoryCost": amount(1.5), "unsellableOnHandInventoryCost": amount("x")},
        SOLD | {"sellableOnHandInventoryUnits": 7},
        SOLD,
    )
    names = ("on_hand_inventory_units", "on_hand_inventory_cost")
    found = [tuple(row.get(name, "") for name in names) for row in rows(tmp_path, content, INVENTORY)]
    assert found == [("98", ""), ("", ""), ("7", ""), ("", "")]


def test_the_report_may_say_what_it_is_behind_its_entries(tmp_path):
    said = json.loads(report(SALES, "salesByAsin", SOLD))
    turned = json.dumps(dict(reversed(said.items())), indent=1)
    assert rows(tmp_path, turned, SALES) == rows(tmp_path, json.dumps(said), SALES)


@pytest.mark.parametrize(
    ("written", "read"),
    [("150.00", "150.00"), ("1E3", "1000"), ("1.5e-2", "0.015"), ("-0", "-0"), ("1e999999999", "1e999999999")],
)
def test_numbers_are_read_as_they_are_written(tmp_path, written, read):
    content = report(SALES, "salesByAsin", SOLD | {"shippedUnits": 987}).replace("987", written)
    assert rows(tmp_path, content, SALES)[0]["shipped_units"] == read


GOOD = report(SALES, "salesByAsin", SOLD, SOLD)
DEEP = 100_000
WRONG = {
    "cut off": (GOOD[:-40], "json_broken", {"line": 1}),
    "cut off behind an entry": (GOOD[:-2], "json_broken", {"line": 1}),
    "more behind the end": (GOOD + "x", "json_broken", {"line": 1}),
    "a comma too many": (GOOD.removesuffix("}") + ",}", "json_broken", {"line": 1}),
    "a comma too many in the list": (GOOD.replace("}]}", "},]}"), "json_broken", {"line": 1}),
    "an error in the third line": (
        GOOD.replace('"salesByAsin"', '\n\nwhat, "salesByAsin"'),
        "json_broken",
        {"line": 3},
    ),
    "no report": ('{"a": 1}', "json_unknown", {}),
    "a list of reports": (f"[{GOOD}]", "json_unknown", {}),
    "a report that says nothing of itself": ('{"reportSpecification": 3}', "json_unknown", {}),
    "another report": (GOOD.replace("SALES", "TRAFFIC"), "no_message", {"found": ["GET_VENDOR_TRAFFIC_REPORT"]}),
    "entries that are none": (report(SALES, "salesByAsin", 1), "json_entries", {"key": "salesByAsin"}),
    "no list": (GOOD.replace("[{", '{"a": [{').replace("}]}", "}]}}"), "json_entries", {"key": "salesByAsin"}),
    "a key twice": (GOOD.replace('"asin"', '"endDate"'), "json_twice", {"key": "endDate"}),
    "a list twice": (GOOD.replace("}]}", '}], "salesByAsin": []}'), "json_twice", {"key": "salesByAsin"}),
    "too deep": (GOOD.replace('"B1"', "[" * DEEP + "]" * DEEP), "json_deep", {"line": 1}),
    "too deep beside": (GOOD.replace("}]}", '}], "x": ' + '{"a":' * DEEP), "json_deep", {"line": 1}),
    "too long": (GOOD.replace('"B1"', f'"{"B" * 10**6}'), "json_long", {"line": 1}),
    "several currencies": (
        report(SALES, "salesByAsin", SOLD | {"shippedRevenue": amount(1), "orderedRevenue": amount(1, "USD")}),
        *("json_currencies", {"position": 1}),
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_report_is_refused(tmp_path, name):
    content, code, params = WRONG[name]
    found = refused(tmp_path, content)
    assert (found[0], {name: found[1][name] for name in params}) == (code, params)


def test_what_is_not_utf_8(tmp_path):
    assert refused(tmp_path, GOOD.replace("B1", "Bü").encode("iso8859-1")) == ("json_encoding", {})


ENTRY = st.fixed_dictionaries(
    {"asin": st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=20)},
    optional={
        "shippedUnits": st.integers(-(10**9), 10**9),
        "customerReturns": st.integers(0, 10**9),
        "unknown": st.recursive(st.none() | st.booleans() | st.text(max_size=5), st.lists, max_leaves=5),
    },
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entries=st.lists(ENTRY, max_size=30), indent=st.sampled_from([None, 0, 3]), ascii_only=st.booleans())
def test_a_report_written_is_read_back(tmp_path, entries, indent, ascii_only):
    said = json.loads(report(SALES, "salesByAsin", *entries))
    found = rows(tmp_path, json.dumps(said, indent=indent, ensure_ascii=ascii_only), SALES)
    assert [(row["position"], row["asin"], row.get("shipped_units"), row.get("customer_returns")) for row in found] == [
        (str(at), entry["asin"], _text(entry.get("shippedUnits")), _text(entry.get("customerReturns")))
        for at, entry in enumerate(entries, 1)
    ]


def _text(number):
    return None if number is None else str(number)


def test_a_report_of_many_pieces(tmp_path):
    entries = [SOLD | {"asin": f"B{n}", "shippedUnits": n} for n in range(3000)]
    found = rows(tmp_path, report(SALES, "salesByAsin", *entries), SALES)
    assert [row["shipped_units"] for row in found] == [str(n) for n in range(3000)]
