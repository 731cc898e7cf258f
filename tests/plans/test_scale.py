"""A company of any size by `manage.py scale`: as much as was asked for, and beside another one only when told."""

import json
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db.models import Avg, Count, Max, Min
from django.test import Client

from accounts.models import Account, Store
from kam import night
from kpis.calc import last_complete_week
from kpis.models import OrderLine, PriceObservation, Product, SellThrough, StockLevel, Touched
from plans.scale import Impossible, size_for
from tests import make

pytestmark = pytest.mark.django_db
SMALL = {"accounts": 12, "stores": 2, "products": 30, "weeks": 52, "rows": 5_000}


def scale(**given):
    call_command("scale", **SMALL | given)


def test_there_is_as_much_as_was_asked_for(capsys):
    scale()
    assert (Account.objects.count(), Store.objects.count(), Product.objects.count()) == (12, 24, 30)
    assert SellThrough.objects.count() == pytest.approx(5_000, rel=0.1)
    said = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("sellthrough: ") for line in said) == 13
    assert said[-2].startswith("12 accounts, ")
    assert said[-2].endswith(" a second in all.")


def test_the_history_looks_like_one():
    """A season, gaps, returns, counts and prices, up to the last complete week; what changed waits for its night."""
    scale()
    newest = last_complete_week(night.default_date())
    span = SellThrough.objects.aggregate(first=Min("week"), last=Max("week"))
    assert span == {"first": newest - timedelta(weeks=51), "last": newest}
    months = dict(SellThrough.objects.values_list("week__month").annotate(n=Avg("units")))
    assert months[12] > 2 * months[2] > 0
    per_store = dict(SellThrough.objects.filter(week=newest).values_list("store").annotate(n=Count("*")))
    assert len(set(per_store.values())) > 1
    assert 0 < SellThrough.objects.exclude(returns=None).count() < SellThrough.objects.count() / 10
    assert StockLevel.objects.aggregate(last=Max("day"))["last"] == newest + timedelta(days=6)
    assert PriceObservation.objects.filter(is_promotion=True).exists()
    assert OrderLine.objects.filter(settled_on=None).exists()
    assert Touched.objects.filter(week=newest, night=None).count() == 12


def test_two_of_its_people_can_sign_in():
    scale()
    logins = json.loads((settings.VAR / "scale-logins.json").read_text())
    assert [login["role"] for login in logins] == ["director", "account_manager"]
    for login in logins:
        assert Client().login(username=login["email"], password=login["password"])


def test_beside_other_accounts_only_when_told():
    make.account(code="K-1")
    with pytest.raises(CommandError, match="--add"):
        scale()
    scale(add=True)
    scale(add=True, accounts=3, rows=1_000)
    assert list(Account.objects.filter(code__startswith="B-000").values_list("code", flat=True).order_by("code")) == [
        *(f"B-{n:05}" for n in range(12)),
        *(f"B-{n:05}" for n in (20, 21, 22)),
    ]
    assert Product.objects.count() == 30


def test_more_rows_than_there_can_be_are_refused():
    with pytest.raises(Impossible, match="at most 19,012 rows"):
        size_for(**SMALL | {"rows": 50_000, "weeks": 50, "accounts": 10})
    with pytest.raises(CommandError, match="at most"):
        scale(rows=50_000)
    assert Account.objects.count() == 0


def test_a_public_address_is_refused(settings):
    settings.HTTPS = True
    with pytest.raises(CommandError, match="--public"):
        scale()


def test_weeks_are_quarters_of_a_history():
    size = size_for(**SMALL | {"weeks": 50})
    assert (size.weeks, size.start, size.listed) == (52, 0, 7)
