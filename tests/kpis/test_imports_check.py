from datetime import date
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.imports.errors import UnusableFile
from kpis.imports.kinds import KINDS
from kpis.imports.messages import SENTENCES
from kpis.imports.toml import mapping_text
from tests.kpis.files import CREATES, SELL_THROUGH, check, complaints, write

HEAD = "account,store,product,week,units,value\n"
GOOD = "K-1,S1,P1,2026-11-16,5,10.00\n"
INVOICES = """
kind = "invoices"
unassigned = true
[columns]
account = "customer"
document = "invoice"
product = "article"
invoiced_on = "day"
quantity = "quantity"
price = "price"
[[derived]]
name = "value"
product_of = ["quantity", "price"]
round = true
[[rules]]
name = "totals"
action = "skip"
when = { column = "article", equals = "TOTAL" }
[[rules]]
name = "samples"
action = "ignore"
when = [{ column = "price", in = ["0", "0.00"] }, { column = "invoice", starts_with = ["C"], not = true }]
[[rules]]
name = "credit notes"
action = "credit_note"
when = { column = "invoice", starts_with = "c", ignore_case = true }
[[rules]]
name = "charges"
action = "charge"
when = { column = "article", matches = "^(post|bank .*)$" }
"""
INVOICE_HEAD = "customer,invoice,article,day,quantity,price\n"


def refused(folder, text, mapping=SELL_THROUGH):
    with pytest.raises(UnusableFile) as caught:
        check(folder, text, mapping)
    assert str(caught.value)
    return caught.value.code, caught.value.params


def test_a_good_file(tmp_path):
    result = check(tmp_path, HEAD + GOOD + "K-1,S2,P1,2026-11-16,-1,-2.50\n", SELL_THROUGH)
    assert (result.rows, result.accepted, result.rejected) == (2, 2, 0)
    assert (result.units, result.value) == (D(4), D("7.50"))
    row = result.frame.row(1, named=True)
    assert row == {"line": 3, "account": "K-1", "store": "S2", "product": "P1", "week": date(2026, 11, 16),
        "units": D(-1), "value": D("-2.50")}  # fmt: skip


def test_every_fault_of_every_row_is_told(tmp_path):
    bad = "K-1,S1,P1,2026-11-17,x,y\n,S1,P1,2026-02-30,5,1.005\n"
    result = check(tmp_path, HEAD + bad + GOOD, SELL_THROUGH)
    assert complaints(result) == [
        (2, "week", "2026-11-17", "not_monday"),
        (2, "units", "x", "number"),
        (2, "value", "y", "number"),
        (3, "account", "", "required"),
        (3, "week", "2026-02-30", "date"),
        (3, "value", "1.005", "too_precise"),
    ]
    assert (result.rows, result.accepted, result.rejected, result.units) == (3, 1, 2, D(5))


def test_sentences_say_line_column_value_and_reason(tmp_path):
    result = check(tmp_path, HEAD + GOOD.replace("5,", "five,") + GOOD.replace("16", "31"), SELL_THROUGH)
    assert list(result.sentences()) == [
        (2, "units", "five", "“five” is not a number."),
        (3, "week", "2026-11-31", "“2026-11-31” is not a date written as 2026-11-16."),
    ]


def test_duplicate_keys_name_both_lines(tmp_path):
    other = GOOD.replace("S1", "S2")
    result = check(tmp_path, HEAD + GOOD + other + GOOD.replace("5,", "6,") + GOOD, SELL_THROUGH)
    assert complaints(result) == [
        (4, "account, store, product, week", "K-1 / S1 / P1 / 2026-11-16", "duplicate"),
        (5, "account, store, product, week", "K-1 / S1 / P1 / 2026-11-16", "duplicate"),
    ]
    assert [sentence for *_, sentence in result.sentences()] == [
        "The same key stands in line 2 already: K-1 / S1 / P1 / 2026-11-16."
    ] * 2


def test_ragged_rows_are_rows(tmp_path):
    result = check(tmp_path, HEAD + "K-1,S1\n" + GOOD, SELL_THROUGH)
    assert (result.rows, result.accepted, result.rejected) == (2, 1, 1)
    assert [sentence for *_, sentence in result.sentences()] == ["The line has 2 columns instead of 6."]


def test_a_header_only(tmp_path):
    assert refused(tmp_path, HEAD) == ("no_rows", {})


def test_missing_columns_are_named_together(tmp_path):
    found = ["account", "store", "product", "value"]
    assert refused(tmp_path, "account,store,product,value\nK,S,P,1\n") == (
        "missing_columns",
        {"columns": ["week", "units"], "found": found},
    )


def test_a_wrong_delimiter_is_recognised(tmp_path):
    mapping = '[file]\ndelimiter = ";"\n'
    assert refused(tmp_path, HEAD + GOOD, SELL_THROUGH + mapping) == (
        "wrong_delimiter",
        {"delimiter": ";", "found": ","},
    )


def test_a_column_that_stands_twice_is_refused_only_where_it_is_used(tmp_path):
    assert refused(tmp_path, "units," + HEAD + "1," + GOOD) == ("ambiguous_column", {"column": "units"})
    result = check(tmp_path, "note,note," + HEAD + "a,b," + GOOD, SELL_THROUGH)
    assert (result.accepted, result.warnings[1]) == (1, ("unknown_columns", {"columns": ["note", "note"]}))


def test_columns_are_found_in_any_order_and_ignoring_case(tmp_path):
    result = check(tmp_path, "VALUE,Units,WEEK,product,Store ,account\n10.00,5,2026-11-16,P1,S1,K-1\n", SELL_THROUGH)
    assert (result.accepted, result.value) == (1, D(10))


def test_a_position_the_file_does_not_have(tmp_path):
    mapping = SELL_THROUGH.replace('"units"', "9")
    assert refused(tmp_path, HEAD + GOOD, mapping) == ("few_columns", {"position": 9, "line": 2, "found": 6})


def test_unknown_and_missing_optional_columns_are_warnings(tmp_path):
    result = check(tmp_path, "weather," + HEAD + "rain," + GOOD, SELL_THROUGH)
    assert result.warnings == [
        ("guessed_delimiter", {"delimiter": ","}),
        ("unknown_columns", {"columns": ["weather"]}),
        ("missing_optional", {"columns": ["stock"]}),
    ]


def test_a_file_without_account_needs_a_feed(tmp_path):
    mapping = SELL_THROUGH.replace('account = "account"', "")
    assert refused(tmp_path, HEAD + GOOD, mapping) == ("no_account", {})


def test_a_constant_that_is_no_value(tmp_path):
    assert refused(tmp_path, HEAD + GOOD, SELL_THROUGH + '[constants]\ncurrency = "euro"\n')[0] == "mapping"


def test_rules_drop_mark_and_are_counted(tmp_path):
    lines = ["1,A1,P1,2026-01-05,2,1.50", ",A1,POST,2026-01-05,1,4.00", "1,c2,P1,2026-01-05,-1,1.50",
        "1,A3,P1,2026-01-05,5,0.00", "1,C4,P1,2026-01-05,-5,0", "1,A3,TOTAL,soon,x,y",
        "1,A3,bank fee,2026-01-05,1,9"]  # fmt: skip
    result = check(tmp_path, INVOICE_HEAD + "\n".join(lines), INVOICES)
    assert (result.rows, result.accepted, result.rejected) == (7, 5, 0)
    assert result.ignored == {"totals": 1, "samples": 1}
    assert result.marked == {"credit notes": 2, "charges": 2}
    rows = result.frame.sort("line").select("line", "account", "is_credit", "is_charge", "value").rows()
    assert rows == [
        (2, "1", False, False, D("3.00")),
        (3, None, False, True, D("4.00")),
        (4, "1", True, False, D("-1.50")),
        (6, "1", True, False, D("0.00")),
        (8, "1", False, True, D("9.00")),
    ]
    assert ("unassigned", {"count": 1}) in result.warnings


def test_a_factor_is_told_once_and_by_its_own_name(tmp_path):
    result = check(tmp_path, INVOICE_HEAD + "1,A1,P1,2026-01-05,two,x\n", INVOICES)
    assert complaints(result) == [(2, "quantity", "two", "number"), (2, "price", "x", "number")]


def test_a_product_that_is_too_large_or_too_fine(tmp_path):
    mapping = INVOICES.replace("round = true", "")
    result = check(
        tmp_path, INVOICE_HEAD + "1,A1,P1,2026-01-05,3,1.005\n1,A1,P2,2026-01-05,99999999999,99999999\n", mapping
    )
    assert [(line, column, code) for line, column, _, code in complaints(result)] == [
        (2, "value", "too_precise"),
        (3, "value", "too_large"),
    ]


def test_occurrences_count_equal_lines(tmp_path):
    lines = [
        "1,A1,P1,2026-01-05,2,1.50",
        "1,A1,P1,2026-01-05,2,1.50",
        "1,A1,P2,2026-01-05,2,1.50",
        "1,A2,P1,2026-01-05,1,1",
    ]
    result = check(tmp_path, INVOICE_HEAD + "\n".join(lines), INVOICES)
    found = result.frame.sort("line")["occurrence"].to_list()
    assert (found, result.rejected) == ([1, 2, 1, 1], 0)


@given(order=st.permutations(range(6)))
def test_the_order_of_rows_does_not_change_the_facts(tmp_path_factory, order):
    lines = ["1,A1,P1,2026-01-05,2,1.50", "1,A1,P1,2026-01-05,2,1.50", "1,A1,P1,2026-01-05,-2,1.50",
        ",A1,P1,2026-01-05,7,1", "1,A2,P1,2026-01-05,1,1", "1,A1,P1,2026-01-05,3,2"]  # fmt: skip
    text = INVOICE_HEAD + "\n".join(lines[place] for place in order)
    result = check(tmp_path_factory.mktemp("files"), text, INVOICES)
    facts = result.frame.drop("line").sort("account", "document", "product", "occurrence").rows()
    assert (
        facts
        == check(tmp_path_factory.mktemp("files"), INVOICE_HEAD + "\n".join(lines), INVOICES)
        .frame.drop("line")
        .sort("account", "document", "product", "occurrence")
        .rows()
    )


DERIVED = """
kind = "stores"
[columns]
account = "account"
code = "code"
[[derived]]
name = "chain"
from = "name"
first_words = 1
upper = true
[[derived]]
name = "city"
from = "name"
pattern = 'in (\\w+)$'
otherwise = "place"
default = "Nowhere"
[[derived]]
name = "kind"
from = "type"
[derived.values]
"S" = "outlet"
"W" = "warehouse"
[[derived]]
name = "name"
join_of = ["chain", "code"]
[[derived]]
name = "country"
from = "land"
first_chars = 2
"""


def test_derived_columns(tmp_path):
    text = "account,code,name,type,land,place\nK,1,Hy-Vee Food In Ames,S,DEU,X\nK,2,,W,USA,Bonn\nK,3, one  two,,,\n"
    result = check(tmp_path, text, DERIVED)
    rows = result.frame.select("name", "city", "kind", "country").rows()
    assert (rows, result.rejected) == (
        [
            ("HY-VEE 1", "Ames", "outlet", "DE"),
            ("2", "Bonn", "warehouse", "US"),
            ("ONE 3", "Nowhere", None, None),
        ],
        0,
    )


WEEKS = """
kind = "sell_through"
[columns]
account = "account"
store = "store"
product = "product"
units = "units"
[[derived]]
name = "week"
from = "week"
"""


def test_weeks_by_number_and_by_day(tmp_path):
    text = "account,store,product,week,units\nK,S,P,{},1\nK,S,P,{},2\n"
    numbered = check(tmp_path, text.format("1", "x"), WEEKS + "week_from = 2026-01-01\n")
    snapped = check(tmp_path, text.format("2026-01-01", "2026-13-01"), WEEKS + "monday = true\n")
    assert numbered.frame["week"].to_list() == snapped.frame["week"].to_list() == [date(2025, 12, 29)]
    assert complaints(numbered) == [(3, "week", "x", "week_number")]
    assert complaints(snapped) == [(3, "week", "2026-13-01", "date")]


LOOKUP = """
[[lookup]]
file = "head.txt"
delimiter = "|"
header = 0
on = [["order", 1]]
bring = { account = 2, ordered_on = 3 }
"""
ORDERS = """
kind = "orders"
[columns]
order_number = "order"
line_number = "line"
product = "article"
ordered = "ordered"
"""
ORDER_FILE = "order,line,article,ordered\n1,1,P1,5\n2,1,P1,6\n"


def test_a_second_file_is_joined(tmp_path):
    write(tmp_path, "1|K-1|2026-01-05\n 2 |K-2|2026-01-06\n", "head.txt")
    result = check(tmp_path, ORDER_FILE, ORDERS + LOOKUP)
    assert result.frame.select("account", "ordered_on", "ordered").rows() == [
        ("K-1", date(2026, 1, 5), D(5)),
        ("K-2", date(2026, 1, 6), D(6)),
    ]


@pytest.mark.parametrize(
    ("missing", "accepted", "faults", "ignored"),
    [
        (
            "error",
            1,
            [(3, "order", "2", "not_found"), (3, "account", "", "required"), (3, "ordered_on", "", "required")],
            {},
        ),
        ("empty", 1, [(3, "account", "", "required"), (3, "ordered_on", "", "required")], {}),
        ("ignore", 1, [], {"head.txt": 1}),
    ],
)
def test_rows_without_partner(tmp_path, missing, accepted, faults, ignored):
    write(tmp_path, "1|K-1|2026-01-05\n", "head.txt")
    result = check(tmp_path, ORDER_FILE, ORDERS + LOOKUP + f'missing = "{missing}"\n')
    assert (result.accepted, complaints(result), result.ignored) == (accepted, faults, ignored)


def test_a_joined_file_that_is_missing_or_ambiguous_or_empty(tmp_path):
    assert refused(tmp_path, ORDER_FILE, ORDERS + LOOKUP) == ("no_lookup", {"file": "head.txt"})
    write(tmp_path, "1|K-1|2026-01-05\n1|K-2|2026-01-05\n", "head.txt")
    assert refused(tmp_path, ORDER_FILE, ORDERS + LOOKUP) == ("lookup_twice", {"file": "head.txt", "key": "1"})
    write(tmp_path, "", "head.txt")
    assert refused(tmp_path, ORDER_FILE, ORDERS + LOOKUP)[0] == "lookup"


def test_masters_that_may_be_created_are_named_once(tmp_path):
    named = CREATES.replace("[create.products]", '[create.products]\nname = "title"')
    text = "title," + HEAD + "," + GOOD + "Shoe," + GOOD.replace("S1", "S2") + "Boot," + GOOD.replace("S1", "S3")
    masters = check(tmp_path, text, SELL_THROUGH + named).masters
    assert masters["accounts"].select("code", "country", "currency").rows() == [("K-1", "DE", "EUR")]
    assert masters["stores"].select("account", "code").rows() == [("K-1", "S1"), ("K-1", "S2"), ("K-1", "S3")]
    assert masters["products"].select("code", "name").rows() == [("P1", "Shoe")]


def test_dates_in_order(tmp_path):
    text = "account,document,issued_on,due_on,amount\nK,1,2026-01-05,2026-01-04,5\n"
    result = check(tmp_path, text, mapping_text("default_open_items"))
    assert [(line, column, code) for line, column, _, code in complaints(result)] == [(2, "due_on", "date_order")]
    assert [sentence for *_, sentence in result.sentences()] == [
        "The date “2026-01-04” is before issued_on, and must not be."
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_the_default_mapping_takes_a_row_of_required_fields(tmp_path, kind):
    samples = {"date": "2026-01-05", "week": "2026-01-05", "decimal": "5", "integer": "1", "text": "name", "code": "C1"}
    fields = [field for field in KINDS[kind].fields if field.required]
    text = (
        ",".join(f.name for f in fields)
        + "\n"
        + ",".join("EUR" if f.shape == "currency" else samples[f.type] for f in fields)
        + "\n"
    )
    assert check(tmp_path, text, mapping_text(f"default_{kind}")).accepted == 1


def test_every_sentence_can_be_said():
    params = dict.fromkeys("abc", "")
    for code, text in SENTENCES.items():
        names = {part.split(")")[0]: 1 for part in str(text).split("%(")[1:]}
        assert str(text) % (params | names), code
