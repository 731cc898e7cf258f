"""Mapping the columns of a file on a page: what is proposed, what is said, what is kept for the feed."""

import re
import unicodedata
from datetime import date
from difflib import SequenceMatcher

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from kam.roles import Role
from kpis.columns import answers, services, suggest
from kpis.columns.answers import ANY, NUMBER, Answers
from kpis.columns.suggest import suggested
from kpis.imports import look
from kpis.imports.kinds import KINDS, SELL_THROUGH
from kpis.imports.look import Look
from kpis.imports.mapping import Format
from kpis.imports.services import process
from kpis.imports.store import folder_of
from kpis.models import ColumnMapping, ImportBatch, SellThrough
from tests import make
from tests.kpis import facts
from tests.kpis.files import workbook, write

GERMAN = (
    "Abverkaufsbericht;;;;;;;\n;;;;;;;\nFiliale;EAN;Woche;Stückzahl;Umsatz netto;Bestand;WE;Aktion\n"
    "S1;4006381333931;15.11.2026;12;718,80;48;0;J\nS1;4006381333931;08.11.2026;-1;-59,90;17;24;N\n"
)
CHINESE = '门店,商品编码,周次,销量,销售额,库存\nS1,P1,2026-W46,3,"1,234.50",7\nS1,P1,2026-W45,2,100,7\n'


def seen(text, folder=None, encoding="utf-8", **form):
    if folder is None:
        rows = [tuple(line.split(form.get("by", ";"))) for line in text.splitlines()]
        return Look(tuple((n, row) for n, row in enumerate(rows, 1) if any(row)), len(rows), "utf-8", ";")
    return look.look_at(write(folder, text.encode(encoding)), Format(**form))


# What a file looks like


@pytest.mark.parametrize(
    ("text", "encoding", "found", "delimiter"),
    [
        (GERMAN, "utf-8", "utf-8", ";"),
        (GERMAN, "cp1252", "cp1252", ";"),
        (GERMAN.replace(";", "\t"), "utf-16", "utf-16", "\t"),
        (CHINESE, "gbk", "gb18030", ","),
        (CHINESE, "utf-8-sig", "utf-8-sig", ","),
    ],
)
def test_encoding_and_delimiter_are_found(tmp_path, text, encoding, found, delimiter):
    file = seen(text, tmp_path, encoding)
    assert (file.encoding, file.delimiter, file.total) == (found, delimiter, len(text.splitlines()))


def test_a_file_of_a_thousand_columns_is_understood_without_comparing_all_letters(monkeypatch):
    compared = []

    class Counted(SequenceMatcher):
        def __init__(self, *args):
            compared.append(args)
            super().__init__(*args)

    monkeypatch.setattr(suggest, "SequenceMatcher", Counted)
    suggest.likeness.cache_clear()
    heads = [f"row 0 col {n}" for n in range(1000)] + ["Filliale", "Artikelnumer", "Datum der Woche", "Stückzahl"]
    lines = [heads] + [[f"row {n} col {at}" for at in range(1000)] + ["1", "P", "2026-11-16", "3"] for n in range(9)]
    found = answers.suggested(SELL_THROUGH, seen("\n".join(map(";".join, lines))))
    assert found.columns == {"store": "Filliale", "product": "Artikelnumer", "units": "Stückzahl"} | {
        "week": "Datum der Woche"
    }
    assert 0 < len(compared) < 200


@pytest.mark.parametrize("header", ["artikelnumer", "filliale", "stueckzahl", "wek", "umsatz netto eur", "store cod"])
def test_words_that_are_close_are_as_close_as_their_letters(header):
    for field in SELL_THROUGH.fields:
        for word, _parts in suggest._words(field.name):
            near, told = SequenceMatcher(None, header, word).ratio(), suggest._nearness(header, word)
            assert told == near or told == 0 and near < suggest.CLOSE


def test_what_was_said_of_encoding_and_delimiter_counts(tmp_path):
    file = look.look_at(write(tmp_path, CHINESE.encode("gbk")), Format(";", "cp1252"))
    assert (file.encoding, file.delimiter, len(file.rows[0][1])) == ("cp1252", ";", 1)


def test_of_a_workbook_the_sheets_are_seen_and_the_one_that_is_named_is_read(tmp_path):
    path = write(tmp_path, workbook(("Notes", [["x"]]), ("Data", [["Week"], [date(2026, 11, 16)]])), "book.xlsx")
    file = look.look_at(path, Format(sheet="Data"))
    assert (file.sheet, file.sheets, file.rows) == ("Data", ("Notes", "Data"), ((1, ("Week",)), (2, ("2026-11-16",))))


def test_only_the_first_rows_are_kept(tmp_path):
    file = seen("a;b\n" + "1;2\n" * 1000, tmp_path)
    assert (len(file.rows), file.total) == (look.ROWS, 1001)


# What is suggested


def test_a_german_file_with_titles_above_its_header_is_understood():
    found = answers.suggested(SELL_THROUGH, seen(GERMAN))
    assert found.columns == {
        "store": "Filiale", "product": "EAN", "week": "Woche", "units": "Stückzahl", "value": "Umsatz netto",
        "stock": "Bestand", "receipts": "WE",
    }  # fmt: skip
    assert (found.header, found.decimal, found.dates, found.week) == (3, ",", ("%d.%m.%Y",), ANY)
    assert found.by_gtin


def test_a_chinese_file_is_understood(tmp_path):
    found = answers.suggested(SELL_THROUGH, seen(CHINESE, tmp_path))
    assert found.columns == {
        "store": "门店", "product": "商品编码", "week": "周次", "units": "销量", "value": "销售额", "stock": "库存",
    }  # fmt: skip
    assert (found.decimal, found.thousands, found.dates, found.week) == (".", ",", ("%G-W%V",), "monday")


@pytest.mark.parametrize(
    ("kind", "header", "fields"),
    [
        ("invoices", "Customer No;Invoice No;Item;Invoice Date;Qty;Net Amount;Curr",
         "account document product invoiced_on quantity value currency"),
        ("orders", "PO Number;Line;Artikelnummer;Bestelldatum;Bestellmenge;Liefertermin;Geliefert",
         "order_number line_number product ordered_on ordered promised_on shipped"),
        ("open_items", "Kunde;Belegnr.;Belegdatum;Fällig am;Betrag;Bezahlt",
         "account document issued_on due_on amount paid"),
        ("stock", "客户;仓库;货号;日期;库存数量", "account store product day on_hand"),
        ("sell_through", "Retailer;Store Nbr;Itme Number;Week Ending;Unit Sales",
         "account store product week units"),
    ],
)  # fmt: skip
def test_headers_in_three_languages_and_with_slips_find_their_fields(kind, header, fields):
    names = header.split(";")
    found = suggested(KINDS[kind], [_column(at, name) for at, name in enumerate(names)])
    assert sorted(found, key=found.get) == fields.split()


def _column(at, name):
    return answers.seen_of.Seen(at, name, ())


def test_a_header_that_shares_a_word_and_some_letters_with_a_field_is_another_thing():
    assert suggest.likeness("County Number", "account") == 0
    assert suggest.likeness("Acount Number", "account") > 0.8


def test_how_days_are_written_is_known_before_anybody_says_where_they_stand():
    found = answers.suggested(SELL_THROUGH, seen("Konto;Filiale;Artikel;Ende der Aktion;Menge\nK;S;P;16.11.2026;2\n"))
    assert ("week" in found.columns, found.dates) == (False, ("%d.%m.%Y",))


def test_weeks_across_and_numbers_of_weeks_are_recognised():
    wide = answers.suggested(SELL_THROUGH, seen("Konto;Filiale;Artikel;KW 5/2026;KW 6/2026\nK;S;P;1;2\n"))
    assert (wide.cells, wide.columns) == ({"units": ""}, {"account": "Konto", "store": "Filiale", "product": "Artikel"})
    numbers = answers.suggested(SELL_THROUGH, seen("Konto;Filiale;Artikel;KW;Menge\nK;S;P;46;2\n"))
    assert (numbers.week, numbers.columns["week"]) == (NUMBER, "KW")


BLOCKS = (
    "Filiale;EAN;Absatz KW 46/2026;Absatz KW 47/2026;Bestand KW 46/2026;Bestand KW 47/2026\n"
    "S1;4006381333931;12;3;48;45\n"
)
SHEET = (
    "进销存;;;;;;;\n门店;商品编码;2026年第46周;;;2026年第47周;;\n;;进;销;存;进;销;存\n"
    "S1;4006381333931;24;12;48;0;3;45\nS1;4006381333931;x;1;;;;\n"
)


@pytest.mark.parametrize(
    ("text", "header", "cells"),
    [
        (BLOCKS, (1, 1), {"units": "Absatz", "stock": "Bestand"}),
        (SHEET, (3, 2), {"receipts": "进", "units": "销", "stock": "存"}),
        ("门店;条码;销量;;库存;\n;;W46;W47;W46;W47\nS1;4006381333931;12;3;48;45\n", (2, 2),
         {"units": "销量", "stock": "库存"}),
        ("Store;EAN;2026-W46 Units;2026-W46 Stock\nS1;4006381333931;12;48\n", (1, 1),
         {"units": "Units", "stock": "Stock"}),
        ("Store;EAN;2026-W46;2026-W46 Stock\nS1;4006381333931;12;48\n", (1, 1), {"units": "", "stock": "Stock"}),
        ("Bericht;2026-W46;2026-W47;\nFiliale;EAN;Menge;Bestand;Woche\nS1;4006381333931;12;48;2026-W46\n", (2, 1), {}),
    ],
)  # fmt: skip
def test_several_measures_of_weeks_are_recognised_by_the_words_beside_or_above_them(text, header, cells):
    found = answers.suggested(SELL_THROUGH, seen(text))
    assert ((found.header, found.header_lines), found.cells) == (header, cells)
    assert {"store", "product"} == {name for name in found.columns if name in ("store", "product")}


@pytest.mark.parametrize(
    "text",
    [GERMAN, "Konto;Filiale;Artikel;KW 5/2026;KW 6/2026\nK;S;P;1;2\n", "a;a;\n1;2;3\n", BLOCKS, SHEET],
)
def test_answers_become_a_mapping_and_come_back_from_it(text):
    file = seen(text)
    said = answers.suggested(SELL_THROUGH, file)
    mapping = answers.mapping_of(SELL_THROUGH, said, whole=False)
    assert (answers.of_mapping(mapping, file), answers.is_plain(mapping)) == (said, True)


def test_words_of_a_file_cannot_break_out_of_the_mapping():
    name = 'x"\n[create.accounts]\\\x7f\u2028'
    said = Answers(columns={"units": name}, constants={"store": '"""'})
    mapping = answers.mapping_of(SELL_THROUGH, said, whole=False)
    assert (mapping.columns["units"].source, mapping.constants, mapping.create) == (name, {"store": '"""'}, ())


# On the page


@pytest.fixture
def mia():
    return make.user(Role.ACCOUNT_MANAGER)


@pytest.fixture
def site(client, mia):
    client.force_login(mia)
    return client


@pytest.fixture
def feed(mia):
    account = make.account(mia, code="K-1")
    make.store(account, code="S1")
    facts.product(code="P1", gtin="4006381333931")
    return facts.feed(account, code="north")


def hand_in(site, content=GERMAN, **more):
    file = SimpleUploadedFile(more.pop("name", "week.csv"), content if isinstance(content, bytes) else content.encode())
    site.post(reverse("kpis:import-new"), {"kind": "sell_through", "file": file} | more)
    return process(batch_id=ImportBatch.objects.latest("pk").pk)


def page_of(batch):
    return reverse("kpis:import-columns", args=[batch.pk])


def typed(answer, **more):
    """What a browser would send back of the form that an answer shows."""
    form = answer.context["form"]
    said = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in said.items() if value not in (None, False, [])} | more


pages = pytest.mark.django_db


@pages
def test_a_file_that_no_mapping_fits_is_mapped_checked_and_imported(site, feed):
    batch = hand_in(site, feed="north")
    assert (batch.state, batch.rows, SellThrough.objects.count()) == ("mapping", 0, 0)
    detail = reverse("kpis:import-detail", args=[batch.pk])
    assert page_of(batch) in site.get(detail).content.decode()
    assert site.get(detail, headers={"HX-Request": "true"}).headers["HX-Redirect"] == page_of(batch)
    answer = site.get(page_of(batch))
    assert answer.context["missing"] == []
    assert site.post(page_of(batch), typed(answer)).url == detail
    batch = process(batch_id=batch.pk)
    assert (batch.state, batch.rows, batch.changes["new"], batch.rejected) == ("checked", 2, 2, 0)
    assert SellThrough.objects.count() == 0
    site.post(reverse("kpis:import-checked", args=[batch.pk]))
    process(batch_id=ImportBatch.objects.latest("pk").pk)
    stored = SellThrough.objects.order_by("week").values_list("week", "units", "value", "stock", "receipts")
    assert list(stored) == [(date(2026, 11, 2), -1, -59.90, 17, 24), (date(2026, 11, 9), 12, 718.80, 48, 0)] or [
        tuple(map(str, row)) for row in stored
    ] == [("2026-11-02", "-1.000", "-59.90", "17.000", "24.000"), ("2026-11-09", "12.000", "718.80", "48.000", "0.000")]


@pages
def test_the_next_file_of_the_same_shape_goes_straight_to_the_dry_run(site, feed):
    batch = hand_in(site, feed="north")
    site.post(page_of(batch), typed(site.get(page_of(batch))))
    again = hand_in(site, GERMAN.replace("12;718", "13;800"), feed="north", dry_run="on")
    assert (again.state, again.mapping, again.changes) == (
        "checked",
        "remembered",
        {"new": 2, "changed": 0, "unchanged": 0},
    )


@pages
def test_a_field_that_must_be_there_is_not_called_optional(site, feed):
    batch = hand_in(site, GERMAN.replace("Stückzahl", "Ohne Namen"), feed="north")
    first, others = site.get(page_of(batch)).context["constants"]
    assert {field.name: optional for field, optional in first} == {"k_units": False, "k_currency": True}
    assert all(optional for _field, optional in others)


@pages
def test_a_header_is_named_as_it_stands_in_the_file_also_where_its_marks_are_signs_of_their_own(site, feed):
    batch = hand_in(site, unicodedata.normalize("NFD", GERMAN), feed="north")
    site.post(page_of(batch), typed(site.get(page_of(batch))))
    assert process(batch_id=batch.pk).state == "checked"


@pages
def test_a_file_with_other_columns_is_asked_for_again_with_what_was_said(site, feed):
    batch = hand_in(site, feed="north")
    site.post(page_of(batch), typed(site.get(page_of(batch))))
    other = hand_in(site, GERMAN.replace("Stückzahl", "Absatz").replace("Aktion", "Rabatt"), feed="north")
    assert other.state == "mapping"
    found = site.get(page_of(other)).context["found"]
    assert (found.lost, found.new) == (("Stückzahl",), ("Absatz", "Rabatt"))
    assert (found.answers.columns["units"], "store" in found.known, "units" in found.known) == ("Absatz", True, False)


@pages
def test_a_sheet_with_several_measures_below_each_week_is_mapped_and_known_again_next_week(site, feed):
    batch = hand_in(site, SHEET.replace("S1;4006381333931;x;1;;;;\n", ""), feed="north")
    answer = site.get(page_of(batch))
    assert [(row["first"], row["count"], row["choice"].value()) for row in answer.context["weeks"]] == [
        ("2026年第46周 进", 2, "receipts"), ("2026年第46周 销", 2, "units"), ("2026年第46周 存", 2, "stock"),
    ]  # fmt: skip
    twice = site.post(page_of(batch), typed(answer, w0="units"))
    assert twice.context["form"].errors == {"w1": ["Units is taken from “进” already."]}
    site.post(page_of(batch), typed(answer))
    assert process(batch_id=batch.pk).state == "checked"
    site.post(reverse("kpis:import-checked", args=[batch.pk]))
    process(batch_id=ImportBatch.objects.latest("pk").pk)
    stored = SellThrough.objects.order_by("week").values_list("week", "receipts", "units", "stock")
    assert [(week, *map(int, more)) for week, *more in stored] == [
        (date(2026, 11, 9), 24, 12, 48), (date(2026, 11, 16), 0, 3, 45),
    ]  # fmt: skip
    later = SHEET.replace("47", "48").replace("46周", "47周")
    again = hand_in(site, later, feed="north")
    assert (again.state, again.mapping) == ("rejected", "remembered")
    [fault] = again.errors.all()
    assert (fault.line, fault.column, fault.value, fault.code) == (5, "2026年第47周 进", "x", "number")


@pages
def test_a_header_of_two_lines_can_be_said_of_any_file(site, feed):
    batch = hand_in(site, SHEET, feed="north")
    said = typed(site.get(page_of(batch)), header_lines="1", seen_lines="2", seen_header="3")
    shown = site.post(page_of(batch), said, headers={"HX-Request": "true"})
    assert [row["column"].name for row in shown.context["columns"]] == ["", "", "进", "销", "存", "进", "销", "存"]
    assert shown.context["weeks"] == []


@pages
def test_without_leave_nothing_is_remembered(site, feed):
    batch = hand_in(site, feed="north")
    said = typed(site.get(page_of(batch)))
    del said["remember"]
    site.post(page_of(batch), said)
    assert ColumnMapping.objects.count() == 0


@pages
def test_a_field_that_must_be_there_is_asked_for_at_its_place(site, mia, feed):
    batch = hand_in(site)
    answer = site.get(page_of(batch))
    assert answer.context["missing"] == ["Account"]
    refused = site.post(page_of(batch), typed(answer))
    why = "No column says this. Choose one for “Account”, or give one value for all rows."
    assert (refused.status_code, refused.context["form"].errors) == (422, {"k_account": [why]})
    assert site.post(page_of(batch), typed(answer, k_account="K-1")).status_code == 302
    assert process(batch_id=batch.pk).state == "checked"


@pages
def test_one_field_is_taken_from_one_column(site, feed):
    batch = hand_in(site, feed="north")
    refused = site.post(page_of(batch), typed(site.get(page_of(batch)), c7="units"))
    assert refused.context["form"].errors == {"c7": ["Units is taken from “Stückzahl” already."]}


@pages
def test_what_is_chosen_is_shown_on_the_first_rows_at_once(site, feed):
    batch = hand_in(site, feed="north")
    shown = site.post(page_of(batch), typed(site.get(page_of(batch)), c7="returns"), headers={"HX-Request": "true"})
    assert shown.templates[0].name == "kpis/_columns.html"
    assert shown.context["preview"].faults == {"Aktion": (2, "“J” is not a number.")}
    batch.refresh_from_db()
    assert batch.state == "mapping"


@pages
def test_another_header_shows_its_own_columns(site, feed):
    batch = hand_in(site, feed="north")
    said = typed(site.get(page_of(batch)), header="4", seen_header="3")
    shown = site.post(page_of(batch), said, headers={"HX-Request": "true"})
    assert [row["column"].name for row in shown.context["columns"]][:3] == ["S1", "4006381333931", "15.11.2026"]


@pages
def test_a_file_is_cut_otherwise_where_somebody_says_so(site, feed):
    batch = hand_in(site, CHINESE.encode("gbk"), feed="north")
    site.post(reverse("kpis:import-look", args=[batch.pk]), {"encoding": "cp1252", "delimiter": ","})
    batch = process(batch_id=batch.pk)
    assert (batch.state, look.kept(folder_of(batch.stored_name)).encoding) == ("mapping", "cp1252")


@pages
def test_one_goes_back_from_the_dry_run_to_the_columns(site, feed):
    batch = hand_in(site, GERMAN + "S9;1;15.11.2026;1;1;1;1;J\n", feed="north")
    site.post(page_of(batch), typed(site.get(page_of(batch))))
    batch = process(batch_id=batch.pk)
    assert (batch.state, batch.errors.count()) == ("rejected", 2)
    site.post(reverse("kpis:import-look", args=[batch.pk]))
    batch = process(batch_id=batch.pk)
    assert (batch.state, batch.rows, batch.errors.count()) == ("mapping", 0, 0)
    assert site.get(page_of(batch)).context["found"].answers.columns["units"] == "Stückzahl"


@pages
def test_a_file_that_was_refused_as_a_whole_can_be_mapped(site, mia, feed):
    batch = process(batch_id=services_upload(mia, "other;names\n1;2\n").pk)
    assert batch.state == "unusable"
    assert site.post(reverse("kpis:import-look", args=[batch.pk])).status_code == 302
    assert process(batch_id=batch.pk).state == "mapping"


def services_upload(by, text):
    from kpis.services import upload  # noqa: PLC0415 (named apart from the services of columns)

    return upload(by=by, kind="sell_through", file=SimpleUploadedFile("f.csv", text.encode()))


@pages
def test_a_stored_file_is_not_mapped_again(site, mia, feed):
    batch = facts.batch(feed, by=mia, state="applied")
    assert site.get(page_of(batch)).url == reverse("kpis:import-detail", args=[batch.pk])
    site.post(reverse("kpis:import-look", args=[batch.pk]))
    batch.refresh_from_db()
    assert batch.state == "applied"


@pages
def test_a_mapping_that_says_more_than_the_form_is_never_remembered_from_it_by_mistake(mia, feed):
    rules = 'kind = "sell_through"\n[columns]\nstore="S"\nproduct="P"\nweek="W"\nunits="U"\n[[rules]]\nname="x"\n'
    text = rules + 'action="skip"\nwhen={column="S", empty=true}\n'
    services.remember_columns(feed, by=mia, text=text)
    assert not answers.is_plain(services._parsed(text, "sell_through"))


@pages
def test_the_page_costs_the_same_for_few_and_for_many_columns(site, feed):
    def cost(columns):
        names = ";".join(f"Spalte {n}" for n in range(columns))
        batch = hand_in(site, f"{names}\n{';'.join('1' * columns)}\n", feed="north")
        site.get(page_of(batch))
        with CaptureQueriesContext(connection) as asked:
            site.get(page_of(batch))
        return len(asked)

    assert cost(3) == cost(30)


@pages
def test_the_form_names_every_choice_for_those_who_do_not_see_it(site, feed):
    page = site.get(page_of(hand_in(site, feed="north"))).content.decode()
    assert re.findall(r'for="id_c0">([^<]+)<', page) == ["Column Filiale goes to"]
