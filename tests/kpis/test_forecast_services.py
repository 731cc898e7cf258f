"""Events, figures set by hand, notices: what people do with a forecast, and what follows from it."""

from datetime import timedelta
from decimal import Decimal as D

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import Membership, Notification
from accounts.notifications import notices_of, sentence
from kam import removals
from kam.errors import Conflict, Stale
from kam.models import Entry, StepRun
from kam.roles import Role
from kpis.forecast import services
from kpis.models import ForecastNotice, ForecastOverride, ForecastWeek
from tests import make
from tests.kpis import forecasts
from tests.kpis.forecasts import NEXT, NIGHT, ahead, week_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def last_night():
    StepRun.objects.create(date=NIGHT, step="measures", state="done")


@pytest.fixture
def account():
    return make.account()


def agreed(account, week=NEXT, product=None):
    rows = ForecastWeek.objects.filter(account=account, week=week)
    return (rows.filter(product=product) if product else rows).values_list("agreed", flat=True).get()


@pytest.mark.parametrize(("given", "expected"), [
    ({"uplift": "0.5"}, 150),
    ({"uplift": "-1"}, 0),
    ({"uplift": "-0.75", "ends": NEXT}, D("89.286")),
    ({"starts": NEXT + timedelta(days=5), "ends": None, "uplift": "-1", "kind": "delisting"}, D("71.429")),
    ({"starts": NEXT - timedelta(days=30), "ends": None, "uplift": "1"}, 200),
    ({"starts": NEXT + timedelta(days=7), "ends": None}, 100),
])  # fmt: skip
def test_an_event_moves_a_week_by_the_share_of_its_days(account, given, expected):
    week_of(account)
    forecasts.event(account, **given)
    assert agreed(account) == expected


def test_events_add_up_and_those_of_one_product_move_no_other(account):
    one, other = week_of(account), week_of(account)
    forecasts.event(account, uplift="0.2")
    forecasts.event(account, uplift="0.3", product=one.product)
    assert (agreed(account, product=one.product), agreed(account, product=other.product)) == (150, 120)


def test_a_listing_says_units_of_a_product_without_history(account):
    week_of(account)
    new = make.product()
    forecasts.event(account, kind="listing", units=40, product=new, ends=None)
    rows = ForecastWeek.objects.filter(product=new).order_by("week").values_list("week", "baseline", "agreed")
    assert list(rows) == [(ahead(n + 1), None, D(40)) for n in range(26)]


def test_the_figure_of_a_person_counts_whatever_the_machine_says(account):
    row = week_of(account)
    forecasts.event(account, uplift="0.5")
    override = forecasts.override(account, row.product, units=70)
    assert agreed(account) == 70
    override.delete()
    assert agreed(account) == 150


@pytest.mark.parametrize(("fields", "sentence"), [
    ({"uplift": None}, "Say either by how much sales change or how many units a week are sold."),
    ({"units": 5, "product": "any"}, "Say either by how much sales change or how many units a week are sold."),
    ({"uplift": None, "units": 5}, "Units a week are said of one product, and are not negative."),
    ({"uplift": "-1.01"}, "Sales fall to nothing at most, and rise twentyfold at most."),
    ({"ends": NEXT - timedelta(days=1)}, "An event cannot end before it starts."),
])  # fmt: skip
def test_an_event_that_cannot_be_is_refused_in_words(account, fields, sentence):
    given = {"kind": "promotion", "name": "E", "starts": NEXT, "ends": NEXT, "uplift": "0.1"} | fields
    given |= {"product": make.product()} if "product" in fields else {}
    with pytest.raises(ValidationError) as refusal:
        services.create_event(by=make.user(), account=account, **given)
    assert refusal.value.messages == [sentence]


@pytest.mark.parametrize("week", [NEXT - timedelta(weeks=1), ahead(27)])
def test_only_weeks_to_come_are_set(account, week):
    with pytest.raises(ValidationError) as refusal:
        services.set_override(
            by=make.user(), account=account, product=make.product(), week=week, units=1, reason="Known."
        )
    assert refusal.value.message_dict == {"week": ["Only the 26 weeks to come can be forecast."]}


def test_a_week_is_named_by_its_monday(account):
    with pytest.raises(ValidationError, match="A week is named by its Monday"):
        services.set_override(
            by=make.user(), account=account, product=make.product(), week=NEXT + timedelta(days=1), units=1, reason="x"
        )


def test_a_figure_has_its_author_and_reason_in_the_log(account):
    row, mia = week_of(account), make.user()
    override = services.set_override(
        by=mia, account=account, product=row.product, week=NEXT, units=130, reason="A second shelf."
    )
    assert (override.author, agreed(account)) == (mia, 130)
    entry = Entry.objects.get(model="kpis.forecastoverride")
    assert (entry.actor, entry.verb, entry.after["reason"]) == (mia, "created", "A second shelf.")


def test_whoever_changes_a_figure_is_its_author(account):
    override = forecasts.override(account, week_of(account).product)
    tom = make.user()
    changed = services.change_override(override, by=tom, version=1, units=60, reason="Less after all.")
    assert (changed.author, changed.version, agreed(account)) == (tom, 2, 60)
    with pytest.raises(Stale):
        services.change_override(override, by=tom, version=1, units=61)


def test_what_was_removed_comes_back_and_counts_again(account):
    override = forecasts.override(account, week_of(account).product, units=70)
    mia = make.user()
    Membership.objects.create(account=account, user=mia)
    removal = services.remove_override(override, by=mia)
    assert agreed(account) == 100
    removals.restore(removal, by=mia)
    assert agreed(account) == 70
    event = forecasts.event(account, uplift="1")
    removal = services.remove_event(event, by=mia)
    removals.restore(removal, by=mia)
    assert ForecastWeek.objects.get().planned == 200


def many(account, figures, by=None, reason="They said so.", seen=0):
    versions = dict.fromkeys(figures, seen)
    return services.set_figures(account, by=by or make.user(), figures=figures, seen=versions, reason=reason)


def test_many_figures_are_set_with_one_reason_or_none_is(account):
    one, two = week_of(account), week_of(account, week=ahead(2))
    assert many(account, {(one.product, NEXT): D(120), (two.product, ahead(2)): D(70)}) == 2
    assert (agreed(account, NEXT), agreed(account, ahead(2))) == (120, 70)
    with pytest.raises(ValidationError):
        many(account, {(two.product, ahead(2)): D(9), (one.product, NEXT): D(-1)}, seen=1)
    assert (agreed(account, NEXT), agreed(account, ahead(2))) == (120, 70)
    assert set(ForecastOverride.objects.values_list("reason", flat=True)) == {"They said so."}


def test_an_empty_cell_gives_the_figure_back_to_the_machine(account):
    row = week_of(account)
    forecasts.override(account, row.product, units=70)
    assert many(account, {(row.product, NEXT): None}, seen=1) == 1
    assert (agreed(account), ForecastOverride.objects.count()) == (100, 0)


def test_a_figure_that_somebody_set_in_between_is_not_overwritten(account):
    row = week_of(account)
    forecasts.override(account, row.product, units=70)
    with pytest.raises(Stale):
        many(account, {(row.product, NEXT): D(120)})
    with pytest.raises(Conflict):
        many(account, {(make.product(), NEXT): D(120)}, seen=3)


def test_one_notice_for_many_figures_tells_the_members_of_logistics(account):
    tom, other = make.user(Role.FUNCTION), make.user(Role.FUNCTION)
    make.team(tom, name="Logistics")
    make.team(other, name="Marketing")
    mia, rows = make.user(), [week_of(account, told=100) for _ in range(3)]
    many(account, {(row.product, NEXT): D(units) for row, units in zip(rows, (200, 20, 105), strict=True)}, mia)
    notice = ForecastNotice.objects.get()
    assert (notice.cause, notice.by, notice.lines.count()) == ("They said so.", mia, 2)
    [told] = [found.row() for found in notices_of(Entry.objects.filter(model="kpis.forecastnotice"))]
    told.save()
    assert (told.user, told.url) == (tom, f"/kpis/forecasts/notices/{notice.pk}/")
    assert sentence(told) == f"The forecast of {account.name} changed: 200 units before, 220 now."
    assert list(Notification.objects.visible_to(tom)) == [told]


def test_logistics_acknowledges_a_notice_once():
    notice = ForecastNotice.objects.create(account=make.account(), made_on=NIGHT, cause="x")
    tom = make.user(Role.FUNCTION)
    notice = services.acknowledge(notice, by=tom)
    assert (notice.acknowledged_by, notice.version) == (tom, 2)
    with pytest.raises(Conflict):
        services.acknowledge(notice, by=tom)


def test_a_member_of_a_function_sees_what_is_addressed_to_their_team_only():
    tom = make.user(Role.FUNCTION)
    logistics = make.team(tom, name="Logistics")
    mine, others, nobodys = (
        ForecastNotice.objects.create(account=make.account(), made_on=NIGHT, cause="x", team=team)
        for team in (logistics, make.team(), None)
    )
    assert list(ForecastNotice.objects.visible_to(tom)) == [mine]
    tom.is_active = False
    assert not ForecastNotice.objects.visible_to(tom).exists()
    assert {others, nobodys} == set(ForecastNotice.objects.all()) - {mine}


def test_the_database_takes_each_figure_once(account):
    override = forecasts.override(account, week_of(account).product)
    with pytest.raises(IntegrityError, match="forecastoverride_once"), transaction.atomic():
        forecasts.override(account, override.product)
