"""Limits of supply: shares follow forecasts and promises, at once and every night; who gets less is told."""

from datetime import timedelta
from decimal import Decimal as D

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import Alert
from accounts.wording import sentence
from kam import removals
from kam.models import StepRun
from kam.night import Night
from kam.roles import Role
from kpis.models import ForecastWeek, ProductWeek, SupplyCap, SupplyCommitment, SupplyShare, Target
from kpis.shortage import night as steps
from kpis.shortage import queries, services
from tests import make
from tests.kpis.forecasts import LAST, NEXT, NIGHT, ahead, week_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def last_night():
    StepRun.objects.create(date=NIGHT, step="measures", state="done")


@pytest.fixture
def product():
    return make.product(name="Trail 4")


@pytest.fixture
def accounts(product):
    """Two accounts that want 100 and 300 of it in the next week, and as much in the week after."""
    one, two = make.account(name="One"), make.account(name="Two")
    for account, units in ((one, 100), (two, 300)):
        for week in (NEXT, ahead(2)):
            week_of(account, product, week, agreed=units)
    return one, two


def limit(product, units=200, weeks=1, **kw):
    fields = {"starts": NEXT, "ends": ahead(weeks), "reason": "The line stands still."} | kw
    return services.create_cap(by=make.user(Role.ANALYST), product=product, units=units, **fields)


def given(cap):
    return {(row.account.name, row.week): row.given for row in cap.shares.select_related("account")}


def test_a_limit_is_shared_out_by_what_is_agreed(product, accounts):
    assert given(limit(product)) == {("One", NEXT): 50, ("Two", NEXT): 150}


def test_a_share_of_a_period_is_spread_over_its_weeks(product, accounts):
    ForecastWeek.objects.filter(account=accounts[0], week=ahead(2)).update(agreed=300)
    cap = limit(product, weeks=2)
    assert given(cap) == {("One", NEXT): 20, ("One", ahead(2)): 60, ("Two", NEXT): 60, ("Two", ahead(2)): 60}
    assert sum(given(cap).values()) == 200


def test_enough_is_no_limit(product, accounts):
    assert given(limit(product, 1000)) == {("One", NEXT): 100, ("Two", NEXT): 300}


def test_a_promise_comes_first_and_when_it_is_taken_back_all_is_as_before(product, accounts):
    cap = limit(product)
    promise = services.create_commitment(by=None, cap=cap, account=accounts[0], minimum=80)
    assert given(cap) == {("One", NEXT): 87, ("Two", NEXT): 113}
    promise = services.change_commitment(promise, by=None, version=1, minimum=0, priority=1)
    assert given(cap) == {("One", NEXT): 100, ("Two", NEXT): 100}
    services.remove_commitment(promise, by=None)
    assert given(cap) == {("One", NEXT): 50, ("Two", NEXT): 150}


def test_what_was_given_in_weeks_that_are_over_is_gone(product, accounts):
    cap = limit(product, 200, weeks=2)
    assert SupplyShare.objects.filter(cap=cap, week=NEXT).count() == 2
    ForecastWeek.objects.filter(week=NEXT).delete()
    steps.share_out(Night(NIGHT + timedelta(weeks=1)))
    StepRun.objects.create(date=NIGHT + timedelta(weeks=1), step="measures", state="done")
    steps.share_out(Night(NIGHT))
    assert given(cap) == {("One", NEXT): 25, ("Two", NEXT): 75, ("One", ahead(2)): 25, ("Two", ahead(2)): 75}


def test_the_night_shares_out_by_new_forecasts_and_changes_nothing_twice(product, accounts):
    cap = limit(product)
    ForecastWeek.objects.filter(account=accounts[0]).update(agreed=300)
    assert steps.share_out(Night(NIGHT)) == 2
    assert given(cap) == {("One", NEXT): 100, ("Two", NEXT): 100}
    assert steps.share_out(Night(NIGHT)) == 0


def test_whoever_gets_less_is_told_until_there_is_enough(product, accounts):
    cap = limit(product)
    steps.alerts(Night(NIGHT))
    found = {alert.account.name: alert for alert in Alert.objects.all()}
    assert set(found) == {"One", "Two"}
    assert found["One"].url == f"/kpis/short-supply/{cap.pk}/"
    said = "Trail 4 is short until 29 Nov: 50 of 100 units wanted can be supplied (The line stands still.)."
    assert sentence(found["One"]) == said
    services.change_cap(cap, by=None, version=1, units=1000)
    steps.alerts(Night(NIGHT + timedelta(days=1)))
    assert set(Alert.objects.values_list("state", flat=True)) == {"resolved"}


@pytest.mark.parametrize(("fields", "sentence"), [
    ({"units": "10.5"}, "Only whole units are shared out."),
    ({"units": -1}, "There cannot be less than nothing."),
    ({"ends": LAST}, "The last week cannot be before the first."),
    ({"starts": NEXT - timedelta(days=1)}, "A week is named by its Monday."),
])  # fmt: skip
def test_a_limit_that_cannot_be_is_refused_in_words(product, fields, sentence):
    fields = fields | ({"units": D(fields["units"])} if "units" in fields else {})
    with pytest.raises(ValidationError) as refusal:
        limit(product, **fields)
    assert refusal.value.messages == [sentence]


def test_a_product_has_one_limit_in_a_week(product):
    limit(product, weeks=2)
    with pytest.raises(ValidationError, match="The product has a limit in some of these weeks already"):
        limit(product, starts=ahead(2), weeks=4)
    with pytest.raises(IntegrityError, match="supplycap_once_a_week"), transaction.atomic():
        SupplyCap.objects.create(product=product, starts=NEXT, ends=NEXT, units=1, reason="x")
    limit(product, starts=ahead(3), weeks=4)
    limit(make.product())


def test_the_database_gives_nobody_more_than_they_want(product, accounts):
    cap = limit(product)
    with pytest.raises(IntegrityError, match="supplyshare_within_what_is_wanted"), transaction.atomic():
        cap.shares.update(given=1000)


def test_a_limit_comes_back_with_its_promises_and_shares(product, accounts):
    nora = make.user(Role.ANALYST)
    cap = limit(product)
    services.create_commitment(by=nora, cap=cap, account=accounts[0], minimum=80)
    before = given(cap)
    removal = services.remove_cap(cap, by=nora)
    assert not SupplyShare.objects.exists()
    removals.restore(removal, by=nora)
    assert given(SupplyCap.objects.get()) == before
    assert SupplyCommitment.objects.get().minimum == 80


def test_an_account_manager_sees_the_shares_of_own_accounts_only(product, accounts):
    mia = make.user()
    accounts[0].memberships.create(user=mia)
    cap = limit(product)
    assert [row["name"] for row in queries.by_account(mia, cap)] == ["One"]
    [seen] = queries.with_sums(mia, SupplyCap.objects.all())
    assert (seen.asked, seen.given) == (100, 50)


def test_what_an_account_does_not_get_stands_beside_its_target_which_stays(product, accounts):
    one = accounts[0]
    target = Target.objects.create(account=one, measure="sell_through", year=2026, value=5000)
    ProductWeek.objects.create(account=one, product=product, week=LAST, units=10, value=250)
    limit(product)
    [short] = queries.shortages(one, NEXT, ahead(26))
    assert (short.asked, short.given, short.missing, short.value) == (100, 50, 50, D("1250.00"))
    target.refresh_from_db()
    assert target.value == 5000
