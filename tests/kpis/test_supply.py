"""Facts beside orders and sales, from stock to rates: imported like every fact, seen by the one rule."""

from datetime import date
from decimal import Decimal as D

import pytest
from django.db import connection

from kam.roles import Role
from kpis import services
from kpis.imports.toml import mapping_text
from kpis.imports.trace import line_of
from kpis.models import (
    AccountForecast,
    AccountMargin,
    ExchangeRate,
    PriceObservation,
    ServiceFact,
    Shipment,
    StockLevel,
)
from kpis.partitions import make_ahead, months
from tests import make
from tests.kpis import facts
from tests.kpis.files import take

pytestmark = pytest.mark.django_db
FILES = {
    "stock": (
        StockLevel,
        "account,store,product,day,on_hand,aged,value\n",
        ["K,S1,P1,2026-11-18,5,2,50.00", "K,S1,P1,2026-11-19,4,,40.00"],
        "K,S1,P1,2026-11-19,3,,30.00",
    ),
    "shipments": (
        Shipment,
        "account,number,store,carrier,shipped_on,delivered_on,units,freight\n",
        ["K,L1,S1,DHL,2026-11-16,2026-11-18,20,12.50", "K,L2,,,2026-11-17,,5,"],
        "K,L2,,UPS,2026-11-17,2026-11-20,5,3.00",
    ),
    "service": (
        ServiceFact,
        "account,metric,week,numerator,denominator\n",
        ["K,late_shipment,2026-11-16,2,100", "K,cancelled,2026-11-16,0,100"],
        "K,cancelled,2026-11-16,1,100",
    ),
    "prices": (
        PriceObservation,
        "account,product,observed_on,place,price,is_promotion\n",
        ["K,P1,2026-11-16,web,9.99,no", "K,P1,2026-11-16,S1,8.49,yes"],
        "K,P1,2026-11-16,S1,8.99,yes",
    ),
    "account_forecast": (
        AccountForecast,
        "account,product,week,made_on,units,high\n",
        ["K,P1,2026-11-30,2026-11-15,12.5,20", "K,P1,2026-11-30,2026-11-22,14,"],
        "K,P1,2026-11-30,2026-11-22,15,24",
    ),
    "margins": (
        AccountMargin,
        "account,product,week,margin\n",
        ["K,P1,2026-11-09,0.1234", "K,P1,2026-11-16,-0.02"],
        "K,P1,2026-11-16,0.02",
    ),
}
SHIPMENTS = mapping_text("default_shipments")


@pytest.fixture
def account():
    row = make.account(code="K")
    make.store(row, code="S1")
    facts.product(code="P1")
    return row


def hand_in(kind, *lines):
    batch = take(FILES[kind][1] + "\n".join(lines) + "\n", mapping_text(f"default_{kind}"), kind=kind)
    assert batch.state == "applied", list(batch.errors.values_list("line", "column", "code")) or batch.problem
    return batch


def kept(kind):
    return sorted(map(str, FILES[kind][0].objects.order_by().values_list()))


@pytest.mark.parametrize("kind", FILES)
def test_it_comes_is_restated_and_undone_like_every_fact(account, kind):
    _model, _head, lines, restated = FILES[kind]
    first = hand_in(kind, *lines)
    before = kept(kind)
    assert (first.changes, len(before)) == ({"new": 2, "changed": 0, "unchanged": 0}, 2)
    again = hand_in(kind, restated)
    assert again.changes == {"new": 0, "changed": 1, "unchanged": 0}
    assert again.restatements.get().before_batch == first
    services.undo_import(again, by=None)
    assert kept(kind) == before
    services.undo_import(first, by=None)
    assert kept(kind) == []


@pytest.mark.parametrize("kind", FILES)
def test_it_leads_back_to_its_line(account, kind):
    model, _head, lines, _restated = FILES[kind]
    hand_in(kind, *lines)
    assert sorted(line_of(row).number for row in model.objects.all()) == [2, 3]


def test_a_shipment_is_not_delivered_before_it_is_shipped(account):
    batch = take(FILES["shipments"][1] + "K,L1,,,2026-11-16,2026-11-15,1,\n", SHIPMENTS, kind="shipments")
    assert (batch.state, batch.errors.get().code) == ("rejected", "date_order")


def test_what_a_shipment_does_not_name_is_empty(account):
    hand_in("shipments", "K,L2,,,2026-11-17,,5,")
    row = Shipment.objects.get()
    assert (row.carrier, row.tracking, row.order_number, row.store, row.delivered_on) == ("", "", "", None, None)


def rates(*lines, by=None):
    text = "currency,day,per_euro\n" + "\n".join(lines) + "\n"
    return take(text, mapping_text("default_rates"), kind="rates", by=by)


def test_rates_are_added_and_corrected():
    rates("GBP,2026-11-16,0.86", "CNY,2026-11-16,7.80")
    batch = rates("GBP,2026-11-16,0.87", "CNY,2026-11-16,7.8", "CNY,2026-11-17,7.9")
    assert batch.changes == {"new": 1, "changed": 1, "unchanged": 1}
    found = ExchangeRate.objects.order_by("currency", "day").values_list("currency", "day", "per_euro")
    assert list(found) == [
        ("CNY", date(2026, 11, 16), D("7.8")),
        ("CNY", date(2026, 11, 17), D("7.9")),
        ("GBP", date(2026, 11, 16), D("0.87")),
    ]


@pytest.mark.parametrize(("role", "state"), [(Role.ACCOUNT_MANAGER, "rejected"), (Role.ANALYST, "applied")])
def test_rates_are_kept_by_those_who_keep_files_of_the_house(role, state):
    batch = rates("GBP,2026-11-16,0.86", by=make.user(role))
    assert (batch.state, ExchangeRate.objects.count()) == (state, 1 if state == "applied" else 0)


def test_a_rate_of_nothing_is_refused():
    assert rates("GBP,2026-11-16,0").state == "rejected"


def partitions():
    with connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'kpis_stocklevel'::regclass")
        return sorted(name for (name,) in cursor.fetchall())


def test_months_to_come_are_made_ahead():
    assert make_ahead(date(2031, 11, 30)) == 8
    assert [name for name in partitions() if "2031" in name or "2032" in name] == [
        "kpis_stocklevel_203111",
        "kpis_stocklevel_203112",
        "kpis_stocklevel_203201",
        "kpis_stocklevel_203202",
    ]
    assert make_ahead(date(2031, 11, 30)) == 0


def test_months_go_over_the_turn_of_the_year():
    assert months(date(2026, 12, 5), 1) == [date(2026, 12, 1), date(2027, 1, 1)]
