"""EDIFACT and X12: messages become tables of their line items, and a file that is not whole is refused."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpis.imports.families import family_of
from kpis.imports.refused import Refused
from tests.kpis.edi import MARKS, edifact, escaped, message, rows, transaction, x12

SALES = (
    "BGM+73E::9+SDR1568+9",
    "DTM+137:20261117:102",
    "DTM+356:2026110120261130:718",
    "NAD+SE+5456789000017::9",
    "NAD+SU+3323456007896::9",
    "CUX+2:EUR:10",
    *("LOC+162+5456789000024::9", "DTM+356:2026110920261115:718"),
    *("LIN+1++5412345000105:SRV", "MOA+203:210000", "PRI+AAA:1500:CA:RTP", "QTY+153:140"),
    *("LIN+2++5412345000112:SRV", "QTY+153:3.5", "QTY+61:1"),
    *("LOC+162+5456789000031::9", "LIN+3++5412345000105:SRV", "QTY+153:60"),
)


def refused(folder, content, wanted="INVOIC", encoding="utf-8"):
    with pytest.raises(Refused) as caught:
        rows(folder, content, wanted, encoding)
    return caught.value.code, caught.value.params


def only(found, *names):
    return [tuple(row.get(name, "") for name in names) for row in found]


@pytest.mark.parametrize(
    ("start", "family"),
    [
        (b"UNA:+.? 'UNB+UNOC:3", "edifact"),
        (b"UNB+UNOC:3", "edifact"),
        (b"\xef\xbb\xbf\r\n UNB+UNOC:3", "edifact"),
        (b'UNB"UNOB=1"', "edifact"),
        (b"UNH+1+INVOIC", "edifact"),
        (b"ISA*00*", "x12"),
        (b"ISA\x1d00\x1d", "x12"),
        (b'{\n  "reportSpecification"', "json"),
        (b"{}", "json"),
        (b'[ {"a": 1}]', "json"),
        (b"PK\x03\x04", "workbook"),
        (b"UNB,units\n1,2", None),
        (b"UNABRIDGED,b\nUNB,2", None),
        (b"ISA,ISB,ISC\n", None),
        (b"ISABELLA*00*", None),
        (b"account,store", None),
        (b"[section]", None),
        (b"{curly", None),
    ],
)
def test_a_file_is_known_by_how_it_begins(start, family):
    assert family_of(start) == family


def test_sales_by_place(tmp_path):
    found = rows(tmp_path, edifact(message("SLSRPT", *SALES)), "SLSRPT")
    names = ("position", "store", "gtin", "week", "sold", "returned", "value", "currency", "reporter", "document")
    header = ("5456789000017", "SDR1568")
    assert only(found, *names) == [
        ("11", "5456789000024", "5412345000105", "2026-11-09", "140", "", "210000", "EUR", *header),
        ("15", "5456789000024", "5412345000112", "2026-11-09", "3.5", "1", "", "EUR", *header),
        ("19", "5456789000031", "5412345000105", "2026-11-01/2026-11-30", "60", "", "", "EUR", *header),
    ]


def test_stock_by_quantity(tmp_path):
    stock = (
        *("BGM+35+INVR1+9", "DTM+137:20261118:102", "DTM+366:20261115:102", "NAD+GY+5410738100050::9"),
        *("LIN+1++5412345100102:EN", "QTY+145:300", "LOC+18+DC1", "QTY+124:5", "LOC+18+DC1"),
        *("LIN+2++5412345100119:EN", "QTY+17:40"),
    )
    found = rows(tmp_path, edifact(message("INVRPT", *stock)), "INVRPT")
    assert only(found, "gtin", "quantity_code", "quantity", "store", "reporter", "stock_date") == [
        ("5412345100102", "145", "300", "DC1", "5410738100050", "2026-11-15"),
        ("5412345100102", "124", "5", "DC1", "5410738100050", "2026-11-15"),
        ("5412345100119", "17", "40", "", "5410738100050", "2026-11-15"),
    ]


def test_confirmed_by_quantity_or_by_what_was_done(tmp_path):
    lines = (
        *("LIN+1+3+5412345000105:SRV", "PIA+1+R-1:SA+B-1:BP", "QTY+21:10", "QTY+113:8", "DTM+67:20261124:102"),
        *("RFF+ON:PO-1:10",),
        *("LIN+2+5+5412345000112:SRV", "QTY+21:4"),
        *("LIN+3+7+5412345000129:SRV", "QTY+21:4"),
        *("LIN+4++5412345000136:SRV", "QTY+21:4"),
    )
    head = ("BGM+231+OR-1+4", "DTM+137:20261116:102", "RFF+ON:PO-1", "DTM+171:20261110:102")
    found = rows(tmp_path, edifact(message("ORDRSP", *head, *lines, "UNS+S", "CNT+2:4")), "ORDRSP")
    names = ("order_number", "order_line", "line_number", "supplier_item", "buyer_item", "ordered", "confirmed")
    assert only(found, *names, "promised_on") == [
        ("PO-1", "10", "1", "R-1", "B-1", "10", "8", "2026-11-24"),
        ("PO-1", "", "2", "", "", "4", "4", ""),
        ("PO-1", "", "3", "", "", "4", "0", ""),
        ("PO-1", "", "4", "", "", "4", "", ""),
    ]


def test_shipped_by_parcel(tmp_path):
    lines = (
        *("CPS+1", "CPS+2+1", "PAC+1++CT", "LIN+1++5412345000105:SRV", "QTY+12:6:PCE", "RFF+ON:PO-1:1"),
        *("CPS+3+1", "LIN+2++5412345000105:SRV", "QTY+12:4:PCE", "RFF+ON:PO-1:1"),
        *("LIN+3++5412345000112:SRV", "QTY+12:1", "RFF+ON:PO-2", "RFF+LI:7", "CNT+2:3"),
    )
    head = ("BGM+351+D-1+9", "DTM+137:20261116:102", "DTM+11:202611171230:203", "DTM+17:20261119:102")
    found = rows(tmp_path, edifact(message("DESADV", *head, *lines)), "DESADV")
    assert only(found, "document", "shipped_on", "expected_on", "order_number", "order_line", "quantity", "unit") == [
        ("D-1", "2026-11-17", "2026-11-19", "PO-1", "1", "6", "PCE"),
        ("D-1", "2026-11-17", "2026-11-19", "PO-1", "1", "4", "PCE"),
        ("D-1", "2026-11-17", "2026-11-19", "PO-2", "7", "1", ""),
    ]


INVOICE = ("BGM+380+R-1+9", "DTM+137:20261116:102", "NAD+BY+4098765000008::9", "CUX+2:EUR:4")


def test_a_price_of_a_hundred_and_a_line_without_amount(tmp_path):
    hundred = ("LIN+1++A-1:SA", "QTY+47:54", "PRI+AAA:3630.1724::NTP:100:C62")
    lines = (*hundred, "LIN+2++A-2:SA", "QTY+47:3", "PRI+AAA:1.335")
    found = rows(tmp_path, edifact(message("INVOIC", *INVOICE, *lines, "UNS+S", "MOA+77:1960.29")), "INVOIC")
    assert only(found, "quantity", "price", "value") == [("54", "36.301724", "1960.29"), ("3", "1.335", "4.01")]


def test_what_is_invoiced_counts_before_what_was_despatched_and_net_before_gross(tmp_path):
    both = (
        "LIN+1++A-1:SA",
        "QTY+12:9",
        "QTY+47:8",
        "MOA+66:90",
        "MOA+203:80",
        "PRI+AAB:12",
        "PRI+INV:11",
        "PRI+AAA:10",
    )
    second = ("LIN+2++A-2:SA", "QTY+12:9", "MOA+66:90", "PRI+AAB:12", "PRI+INV:10")
    found = rows(tmp_path, edifact(message("INVOIC", *INVOICE, *both, *second)), "INVOIC")
    assert only(found, "quantity", "value", "price") == [("8", "80", "10"), ("9", "90", "10")]


def test_a_credit_note_is_below_zero(tmp_path):
    lines = ("LIN+1++A-1:SA", "QTY+47:2", "PRI+AAA:5", "MOA+203:10", "LIN+2++A-2:SA", "QTY+47:-1", "MOA+203:-3")
    head = [INVOICE[0].replace("380", "381"), *INVOICE[1:]]
    found = rows(tmp_path, edifact(message("INVOIC", *head, *lines)), "INVOIC")
    assert only(found, "document_code", "quantity", "value") == [("381", "-2", "-10"), ("381", "-1", "-3")]


def test_several_interchanges_groups_and_kinds(tmp_path):
    invoice = message("INVOIC", *INVOICE, "LIN+1++A:SA", "QTY+47:1", reference="1")
    one = edifact(invoice, message("ORDERS", reference="2"))
    group = ["UNG+INVOIC+a+b+261116:0930+G1+UN+D:96A", *message("INVOIC", "LIN+9++B:SA", "QTY+47:2"), "UNE+1+G1"]
    two = edifact(group, una="UNA:+,? '", ends="")
    assert only(rows(tmp_path, one + two, "INVOIC"), "position", "message", "line_number", "quantity") == [
        ("7", "1", "1", "1"),
        ("17", "M1", "9", "2"),
    ]


def test_what_follows_the_lines_is_none(tmp_path):
    found = rows(tmp_path, edifact(message("INVOIC", "LIN+1++A:SA", "UNS+S", "LIN+2++B:SA", "QTY+47:9")), "INVOIC")
    assert only(found, "line_number", "quantity") == [("1", "")]


MARKS_OF_OTHERS = "*=~!"


def test_other_marks_a_comma_and_released_marks(tmp_path):
    lines = ("LIN*1**A!=1=SA", "IMD*F**===9!* of!! !~", "QTY*47=1,5=KGM", "MOA*203=19,90")
    content = edifact(message("INVOIC", *lines, marks=MARKS_OF_OTHERS), una="UNA=*,! ~", marks=MARKS_OF_OTHERS)
    found = rows(tmp_path, content, "INVOIC")
    assert only(found, "supplier_item", "description", "quantity", "value") == [("A=1", "9* of! ~", "1.5", "19.90")]


def test_lines_wrapped_wherever_they_end(tmp_path):
    plain = edifact(message("INVOIC", *INVOICE, "LIN+1++A:SA", "QTY+47:1"), ends="")
    wrapped = "\r\n".join(plain[at : at + 11] for at in range(0, len(plain), 11))
    assert rows(tmp_path, wrapped, "INVOIC") == rows(tmp_path, plain, "INVOIC")


@pytest.mark.parametrize(
    ("charset", "codec", "word"),
    [
        ("UNOA", "iso8859-1", "Bügel"),
        ("UNOC", "iso8859-1", "Bügel"),
        ("UNOD", "iso8859-2", "Łódź"),
        ("UNOE", "iso8859-5", "Москва"),
        ("UNOF", "iso8859-7", "Αθήνα"),
        ("UNOG", "iso8859-3", "Ħamrun"),
        ("UNOH", "iso8859-4", "Rīga"),
        ("UNOI", "iso8859-6", "بيت"),
        ("UNOJ", "iso8859-8", "חיפה"),
        ("UNOK", "iso8859-9", "İzmir"),
        ("UNOL", "iso8859-15", "€uro"),
        ("UNOX", "iso2022_jp_2", "東京"),
    ],
)
def test_the_characters_the_file_says_it_has(tmp_path, charset, codec, word):
    content = edifact(message("INVOIC", "LIN+1++A:SA", f"IMD+F++:::{word}"), charset=charset)
    (row,) = rows(tmp_path, content.encode(codec), "INVOIC", None)
    assert row["description"] == word


def test_characters_that_are_not_those_it_says(tmp_path):
    content = edifact(message("INVOIC", "LIN+1++A:SA", "IMD+F++:::Bügel"), charset="UNOY").encode("iso8859-1")
    assert refused(tmp_path, content, encoding=None) == ("edi_encoding", {"segment": 0, "encoding": "utf-8"})


GOOD = edifact(message("INVOIC", *INVOICE, "LIN+1++A:SA", "QTY+47:1", "UNS+S"))
GROUP = ["UNG+INVOIC+a+b+261116:0930+G1+UN+D:96A", *message("INVOIC", "LIN+9++B:SA"), "UNE+1+G1"]
WRONG = {
    "UNT+9+M1 says too few": (GOOD.replace("UNT+9", "UNT+8"), "edi_count", {"tag": "UNT", "said": "8", "found": 9}),
    "no count": (GOOD.replace("UNT+9", "UNT+"), "edi_count", {"tag": "UNT", "said": "", "found": 9}),
    "a count that is none": (GOOD.replace("UNT+9", "UNT+x"), "edi_count", {"tag": "UNT", "said": "x", "found": 9}),
    "a huge count": (GOOD.replace("UNT+9", f"UNT+{'9' * 99}"), "edi_count", {"tag": "UNT", "said": "9" * 20}),
    "UNZ count": (GOOD.replace("UNZ+1", "UNZ+2"), "edi_count", {"tag": "UNZ", "said": "2", "found": 1}),
    "UNE count": (edifact(GROUP).replace("UNE+1", "UNE+2"), "edi_count", {"tag": "UNE", "said": "2", "found": 1}),
    "UNT reference": (
        GOOD.replace("UNT+9+M1", "UNT+9+M2"),
        "edi_reference",
        {"tag": "UNT", "said": "M2", "first": "UNH", "found": "M1"},
    ),
    "UNZ reference": (
        GOOD.replace("UNZ+1+I1", "UNZ+1+1"),
        "edi_reference",
        {"tag": "UNZ", "said": "1", "first": "UNB", "found": "I1"},
    ),
    "UNT missing": (GOOD.replace("UNT+9+M1'", ""), "edi_order", {"tag": "UNZ", "wanted": "UNT"}),
    "UNZ missing": (GOOD[: GOOD.index("UNZ")], "edi_ends", {"wanted": "UNZ"}),
    "cut off": (GOOD[: GOOD.index("QTY") + 2], "edi_cut_off", {}),
    "no UNB": (GOOD[GOOD.index("UNH") :], "edi_order", {"tag": "UNH", "wanted": "UNB"}),
    "a message in a message": (GOOD.replace("UNS+S", "UNH+2+ORDERS"), "edi_order", {"tag": "UNH", "wanted": "UNT"}),
    "something between": (GOOD.replace("UNZ", "BGM+1'UNZ"), "edi_order", {"tag": "BGM", "wanted": "UNZ"}),
    "an empty segment": (GOOD.replace("UNS+S'", "UNS+S''"), "edi_tag", {"tag": ""}),
    "no tag": (GOOD.replace("UNS+S", "uns+S"), "edi_tag", {"tag": "uns"}),
    "NUL": (GOOD.replace("A:SA", "A\0:SA"), "edi_binary", {}),
    "marks that are not said": (GOOD.replace("+", "*"), "edi_marks", {}),
    "marks that are the same": ("UNA++.? '" + GOOD, "edi_marks", {}),
    "marks that are letters": ("UNA:A.? '" + GOOD, "edi_marks", {}),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_not_whole_is_refused_and_named(tmp_path, name):
    content, code, params = WRONG[name]
    found = refused(tmp_path, content)
    assert found[0] == code
    assert {name: found[1].get(name) for name in params} == params


def test_the_segment_is_named_by_its_number(tmp_path):
    assert refused(tmp_path, GOOD.replace("UNT+9", "UNT+8"))[1]["segment"] == 10
    assert refused(tmp_path, "UNA:+.? '\n" + GOOD.replace("UNT+9", "UNT+8"))[1]["segment"] == 11


def test_a_message_that_is_not_there(tmp_path):
    assert refused(tmp_path, GOOD, "DESADV") == ("no_message", {"wanted": "DESADV", "found": ["INVOIC × 1"]})
    assert refused(tmp_path, GOOD, None) == ("message_unsaid", {"wanted": None, "found": ["INVOIC × 1"]})
    code, params = refused(tmp_path, GOOD.replace("INVOIC", "REMADV"), None)
    assert (code, params["found"]) == ("message_unread", ["REMADV × 1"])
    assert params["known"] == ["810", "852", "855", "856", "DESADV", "INVOIC", "INVRPT", "ORDRSP", "SLSRPT"]


# X12


def test_an_invoice(tmp_path):
    lines = (
        *("BIG*20261116*R-1*20261110*PO-1", "CUR*SE*USD", "N1*BY*SHOP*9*123", "N1*ST*SHOP 7*92*007"),
        *("IT1*1*16*CA*12.34**UP*002840022222*VN*A-1", "PID*F****CRUNCHY", "IT1*2*300*EA*150*HP*CB*B-2", "TDS*1"),
    )
    found = rows(tmp_path, x12(transaction("810", *lines)), "810")
    names = ("document", "document_date", "currency", "buyer", "ship_to", "gtin", "supplier_item", "buyer_item", "item")
    head = ("R-1", "2026-11-16", "USD", "123", "007")
    assert only(found, *names, "price", "value", "description", "position") == [
        (*head, "002840022222", "A-1", "", "002840022222", "12.34", "197.44", "CRUNCHY", "8"),
        (*head, "", "", "B-2", "B-2", "1.5", "450.00", "", "10"),
    ]


def test_a_credit_memo_is_below_zero(tmp_path):
    lines = ("BIG*20261116*R-1*****CR", "IT1**2*EA*5**VN*A-1")
    assert only(rows(tmp_path, x12(transaction("810", *lines)), "810"), "quantity", "value") == [("-2", "-10.00")]


def test_answers_to_order_lines(tmp_path):
    lines = (
        *("BAK*00*AC*PO-1*20261110*****20261116", "PO1*1*10*EA*2**VN*A*PL*10", "ACK*IQ*6*EA*068*20261120"),
        *("ACK*IB*4*EA*068*20261127", "PO1*2*5*EA*2**VN*B", "ACK*IA", "PO1*3*7*EA*2**VN*C", "ACK*IR"),
        *("PO1*4*7*EA*2**VN*D", "CTT*4"),
    )
    names = ("order_number", "line_number", "order_line", "status", "ordered", "confirmed", "promised_on")
    assert only(rows(tmp_path, x12(transaction("855", *lines)), "855"), *names) == [
        ("PO-1", "1", "10", "IQ", "10", "6", "2026-11-20"),
        ("PO-1", "1", "10", "IB", "10", "4", "2026-11-27"),
        ("PO-1", "2", "", "IA", "5", "5", ""),
        ("PO-1", "3", "", "IR", "7", "0", ""),
        ("PO-1", "4", "", "", "7", "", ""),
    ]


@pytest.mark.parametrize(("said", "confirmed"), [("AT", "7"), ("RD", "0"), ("AC", "")])
def test_an_answer_to_the_whole_order(tmp_path, said, confirmed):
    lines = (f"BAK*00*{said}*PO-1*20261110", "PO1*1*7*EA*2**VN*A")
    assert only(rows(tmp_path, x12(transaction("855", *lines)), "855"), "confirmed") == [(confirmed,)]


def test_a_shipment_of_two_orders_in_parcels(tmp_path):
    lines = (
        *("BSN*00*S-1*20261116*0801*0001", "HL*1**S", "DTM*011*20261116", "N1*ST*SHOP*92*001"),
        *("HL*2*1*O", "PRF*PO-1***20261110", "N1*BY*STORE*92*002", "HL*3*2*P", "MAN*GM*0001"),
        *("HL*4*3*I", "LIN*1*UP*002840022222", "SN1**12*EA", "HL*5*3*I", "LIN*2*VP*A-2", "SN1**3*EA"),
        *("HL*6*1*O", "PRF*PO-2", "HL*7*6*I", "LIN*1*VP*A-2", "SN1**4*EA", "HL*8*2*I", "LIN*3*VP*A-3", "SN1**5*EA"),
    )
    names = ("document", "shipped_on", "ship_to", "order_number", "buyer", "line_number", "quantity", "position")
    assert only(rows(tmp_path, x12(transaction("856", *lines)), "856"), *names) == [
        ("S-1", "2026-11-16", "001", "PO-1", "002", "1", "12", "13"),
        ("S-1", "2026-11-16", "001", "PO-1", "002", "2", "3", "16"),
        ("S-1", "2026-11-16", "001", "PO-2", "", "1", "4", "21"),
        ("S-1", "2026-11-16", "001", "PO-1", "002", "3", "5", "24"),
    ]


def test_a_group_within_none(tmp_path):
    lines = ("BSN*00*S-1*20261116", "HL*1**S", "HL*2*9*I")
    assert refused(tmp_path, x12(transaction("856", *lines)), "856") == (
        "edi_parent",
        {"segment": 6, "own": "2", "parent": "9"},
    )


ACTIVITY = ("XQ*H*20261108*20261114", "N1*ST*DC*92*DC1")


def test_sold_and_in_stock_by_store(tmp_path):
    lines = (
        *("LIN**UP*002840022222*VN*A-1", "ZA*QS*7*EA", "SDQ*EA*92*001*3*002*4"),
        *("ZA*QA*30*EA", "SDQ*EA*92*001*10*003*20"),
        *("LIN**UP*002840033333", "ZA*QS*5*EA", "ZA*QA*9*EA", "ZA*QR*2*EA", "ZA*ZZ*99*EA", "CTT*2"),
    )
    found = rows(tmp_path, x12(transaction("852", *ACTIVITY, *lines)), "852")
    assert only(found, "gtin", "store", "week", "sold", "stock", "received") == [
        ("002840022222", "001", "2026-11-09", "3", "10", ""),
        ("002840022222", "002", "2026-11-09", "4", "", ""),
        ("002840022222", "003", "2026-11-09", "0", "20", ""),
        ("002840033333", "DC1", "2026-11-09", "5", "9", "2"),
    ]


@pytest.mark.parametrize("again", ["ZA*QS*1", "ZA*QA*1~SDQ*EA*92*001*1*001*2"])
def test_a_quantity_told_twice(tmp_path, again):
    lines = transaction("852", *ACTIVITY, "LIN**UP*1", "ZA*QS*7*EA", *again.split("~"))
    assert refused(tmp_path, x12(lines), "852")[0] == "edi_twice"


X12 = x12(transaction("810", "BIG*20261116*R-1", "IT1**2*EA*5**VN*A-1"))
WRONG_X12 = {
    "SE count": (X12.replace("SE*4", "SE*5"), "edi_count", {"tag": "SE", "said": "5", "found": 4, "segment": 6}),
    "GE count": (X12.replace("GE*1*", "GE*2*"), "edi_count", {"tag": "GE", "said": "2", "found": 1}),
    "IEA count": (X12.replace("IEA*1", "IEA*0"), "edi_count", {"tag": "IEA", "said": "0", "found": 1}),
    "SE reference": (X12.replace("SE*4*0001", "SE*4*0002"), "edi_reference", {"tag": "SE", "found": "0001"}),
    "GE reference": (X12.replace("GE*1*1", "GE*1*2"), "edi_reference", {"tag": "GE", "said": "2", "first": "GS"}),
    "IEA reference": (X12.replace("IEA*1*000000007", "IEA*1*8"), "edi_reference", {"tag": "IEA", "said": "8"}),
    "ISA too short": (X12.replace("SENDER  ", "SENDER"), "edi_isa", {"segment": 1}),
    "ISA alone": (X12[:50], "edi_isa", {"segment": 1}),
    "no GS": (X12.replace("GS*", "G1*"), "edi_order", {"tag": "G1", "wanted": "IEA"}),
    "no IEA": (X12[: X12.index("IEA")], "edi_ends", {"wanted": "IEA"}),
    "cut off": (X12[:-3], "edi_cut_off", {}),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG_X12)
def test_an_x12_file_that_is_not_whole(tmp_path, name):
    content, code, params = WRONG_X12[name]
    found = refused(tmp_path, content, "810")
    assert found[0] == code
    assert {name: found[1].get(name) for name in params} == params


def test_references_are_numbers_and_an_acknowledgment_may_stand_between(tmp_path):
    content = X12.replace("IEA*1*000000007", "IEA*1*7").replace("GS*", "TA1*000000001*261116*0930*A*000~GS*")
    assert len(rows(tmp_path, content, "810")) == 1


def test_a_line_break_ends_segments_and_the_last_may_lack_it(tmp_path):
    content = X12.replace("~\n", "\n").replace(">~", ">").removesuffix("\n")
    assert len(rows(tmp_path, content, "810")) == 1


# Whatever is written is read back.

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=20)
NUMBER = st.decimals(-(10**6), 10**6, places=3, allow_nan=False).map(lambda number: format(number, "f"))
DAY = st.dates(date(1970, 1, 1), date(2099, 12, 31))
LINE = st.fixed_dictionaries({"item": TEXT, "description": TEXT, "quantity": NUMBER, "value": NUMBER})
WRITTEN = st.lists(st.tuples(TEXT, DAY, st.lists(LINE, max_size=5)), min_size=1, max_size=4)
FAST = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
ALL_MARKS = st.sampled_from([MARKS, MARKS_OF_OTHERS, "|^\x1c\\"])


@FAST
@given(invoices=WRITTEN, marks=ALL_MARKS, ends=st.sampled_from(["", "\n", "\r\n"]))
def test_edifact_written_is_read_back(tmp_path, invoices, marks, ends):
    element, component = marks[:2]

    def segment(tag, *elements):
        parts = (component.join(escaped(part, marks) for part in one.split("\0")) for one in elements)
        return element.join([tag, *parts])

    def invoice(number, document, day, lines):
        yield segment("BGM", "380", document, "9")
        yield segment("DTM", "\0".join(["137", f"{day:%Y%m%d}", "102"]))
        for at, line in enumerate(lines, 1):
            yield segment("LIN", str(at), "", f"{line['item']}\0SA")
            yield segment("IMD", "F", "", f"\0\0\0{line['description']}")
            yield segment("QTY", f"47\0{line['quantity']}")
            yield segment("MOA", f"203\0{line['value']}")
        yield segment("UNS", "S")

    written = [message("INVOIC", *invoice(n, *one), reference=str(n), marks=marks) for n, one in enumerate(invoices)]
    una = f"UNA{component}{element}.{marks[3]} {marks[2]}"
    found = rows(tmp_path, edifact(*written, una=una, ends=ends, marks=marks), "INVOIC")
    expected = [
        (document, day.isoformat(), str(at), line["item"], line["description"], line["quantity"], line["value"])
        for document, day, lines in invoices
        for at, line in enumerate(lines, 1)
    ]
    names = ("document", "document_date", "line_number", "supplier_item", "description", "quantity", "value")
    assert only(found, *names) == expected


PLAIN = TEXT.filter(lambda text: not set(text) & set("*~>"))
STORES = st.dictionaries(PLAIN, st.integers(0, 10**6).map(str), min_size=1, max_size=25)


@FAST
@given(items=st.lists(st.tuples(PLAIN, STORES, STORES), min_size=1, max_size=4), start=DAY)
def test_x12_written_is_read_back(tmp_path, items, start):
    def destinations(stores):
        pairs = list(stores.items())
        for at in range(0, len(pairs), 10):
            yield "*".join(["SDQ", "EA", "92", *(part for pair in pairs[at : at + 10] for part in pair)])

    def lines():
        yield f"XQ*H*{start:%Y%m%d}*{start + timedelta(days=6):%Y%m%d}"
        for item, sold, stock in items:
            yield from (f"LIN**VN*{item}", "ZA*QS**EA", *destinations(sold), "ZA*QA**EA", *destinations(stock))

    found = rows(tmp_path, x12(transaction("852", *lines())), "852")
    expected = [
        (item, store, sold.get(store, "0"), stock.get(store, ""))
        for item, sold, stock in items
        for store in {**sold, **stock}
    ]
    assert only(found, "supplier_item", "store", "sold", "stock") == expected
    middle = start + timedelta(days=3)
    assert {row["week"] for row in found} == {(middle - timedelta(days=middle.weekday())).isoformat()}


CODES = {code for _, code, _ in WRONG.values()} | {"edi_long", "message_kinds", "no_message"}


@FAST
@given(st.text(max_size=300), st.integers(9, len(GOOD)))
def test_whatever_is_pushed_into_a_file_it_is_read_or_refused(tmp_path, rubbish, at):
    content = (GOOD[:at] + rubbish + GOOD[at:]).encode("utf-8", "replace")
    assert _outcome(tmp_path, content) in CODES | {""}


def _outcome(folder, content):
    try:
        return "" if rows(folder, content, "INVOIC") else "no rows"
    except Refused as refusal:
        return refusal.code
