"""The frame of every page: each role is led to what it reads, and to nothing else."""

import pytest

from kam.context import NAV
from kam.roles import Role
from tests import make

pytestmark = pytest.mark.django_db
AM, TL, DIR, AN, FIN, FN, FLD, AUD, ADM, API = Role
EVERYBODY = set(Role)

LED_TO = {
    "home": EVERYBODY,
    "accounts:list": {AM, TL, DIR, AN, FIN, FLD, AUD, API},
    "plans:list": {AM, TL, DIR, AUD, API},
    "tradeterms:list": {AM, TL, DIR, FIN, AUD, API},
    "kpis:overview": {AM, TL, DIR, AN, FIN, AUD, API},
    "kpis:explorer": {AM, TL, DIR, AN, AUD, API},
    "kpis:forecast-accuracy": {AM, TL, DIR, AN, AUD, API},
    "kpis:stockout-list": {AM, TL, DIR, AN, AUD, API},
    "kpis:deliveries": {AM, TL, DIR, AN, AUD, API},
    "kpis:import-list": {AM, TL, DIR, AN, AUD, ADM},
    "night": {AM, TL, DIR, AN, AUD, ADM},
    "administration:people": {TL, DIR, AUD, ADM},
}


def test_a_role_is_led_to_what_it_reads(client_of):
    pages = {role: client_of(make.user(role)).get("/inbox/") for role in Role}
    found = {
        name: {r for r, page in pages.items() if name in [i.name for i in page.context["nav"]]} for name, *_ in NAV
    }
    assert found == LED_TO


def test_alerts_are_offered_to_those_who_read_them(client_of):
    """In the bar above and in the bar of a phone."""
    times = {
        role: client_of(make.user(role)).get("/inbox/").content.decode().count('"/accounts/alerts/"') for role in Role
    }
    assert times == {role: 0 if role in {FN, ADM} else 2 for role in Role}


def test_finance_finds_its_measures_but_no_targets(client_of):
    page = client_of(make.user(Role.FINANCE)).get("/kpis/").content.decode()
    assert "/kpis/targets/" not in page
    assert "/kpis/products/" in page


def test_who_reads_no_accounts_is_not_told_to_ask_for_one(client_of):
    said = {role: "Ask your team lead" in client_of(make.user(role)).get("/").content.decode() for role in Role}
    assert said == {role: role not in {FN, ADM} for role in Role}
