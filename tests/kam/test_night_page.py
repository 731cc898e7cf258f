"""The night as people see it, and who may run it again."""

from datetime import date

import pytest
from django.urls import reverse

from kam import night
from kam.models import Entry, StepRun
from kam.roles import Role
from tests import make

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 19)
PAGE = "/night/2026-11-19/"


@pytest.fixture
def night_ran():
    night.plan_night(DAY)
    StepRun.objects.update(state="done", rows=10)
    StepRun.objects.filter(step="measures", shard=1).update(
        state="failed", attempt=3, error="ValueError: no price list"
    )


def see(client, role, url=PAGE):
    client.force_login(make.user(role=role))
    return client.get(url)


def test_without_any_night_the_page_says_how_to_start_one(client):
    assert "manage.py nightly" in see(client, Role.ANALYST, "/night/").content.decode()


def test_the_address_of_the_night_leads_to_the_latest(client, night_ran):
    assert see(client, Role.ANALYST, "/night/").headers["Location"] == PAGE


def test_the_page_names_the_failure_and_offers_to_run_it_again(client, night_ran):
    html = see(client, Role.ADMIN).content.decode()
    assert "ValueError: no price list" in html
    assert "Re-run failures (1)" in html


def test_directors_read_but_do_not_run(client, night_ran):
    html = see(client, Role.DIRECTOR).content.decode()
    assert "ValueError" in html
    assert "no price list" not in html  # a message may quote what they do not see
    assert "Re-run" not in html
    assert client.post(reverse("night-rerun", args=[DAY]), {"what": "failures"}).status_code == 403
    assert StepRun.objects.filter(state="failed").count() == 1


@pytest.mark.parametrize("role", [Role.FIELD, Role.FUNCTION, Role.FINANCE])
def test_others_do_not_know_of_it(client, night_ran, role):
    assert see(client, role).status_code == 404


def test_running_failures_again_puts_only_them_back_and_is_logged(client, night_ran):
    analyst = make.user(role=Role.ANALYST)
    client.force_login(analyst)
    assert client.post(reverse("night-rerun", args=[DAY]), {"what": "failures"}).headers["Location"] == PAGE
    assert list(StepRun.objects.exclude(state="done").values_list("step", "shard", "state")) == [
        ("measures", 1, "waiting")
    ]
    assert list(Entry.objects.values_list("actor", "verb")) == [(analyst.pk, "rerun")]


def test_a_fragment_request_gets_the_moving_part_only(client, night_ran):
    client.force_login(make.user(role=Role.ANALYST))
    html = client.get(PAGE, headers={"HX-Request": "true"}).content.decode()
    assert html.lstrip().startswith('<div id="night"')


@pytest.mark.parametrize("nights", [1, 3])
def test_the_page_costs_the_same_whatever_the_history(client, night_ran, nights, django_assert_num_queries):
    for back in range(1, nights):
        night.plan_night(date(2026, 11, 19 - back))
    client.force_login(make.user(role=Role.ANALYST))
    with django_assert_num_queries(12):
        client.get(PAGE)


@pytest.mark.parametrize("day", ["2026-13-01", "2026-11-18", "99999-01-01"])
def test_a_day_without_a_night_is_404(client, night_ran, day):
    assert see(client, Role.ANALYST, f"/night/{day}/").status_code == 404
