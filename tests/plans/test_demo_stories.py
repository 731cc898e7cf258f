"""Every story of the demo company comes from its own facts: left out of the seed, nobody is alarmed."""

from datetime import date, timedelta

import pytest
from django.db import transaction
from django.utils.module_loading import import_string

from accounts.models import Alert
from kam.night import Night
from kam.nightly import STEPS
from plans.demo import build, stories
from plans.demo.accounts import Cast, code_of
from plans.models import Plan

TODAY = date(2026, 11, 21)
EARLY = date(2026, 2, 18)

# What the story's account manager begins with; the returned plan waits on the home page.
ALERTS = {
    stories.LATE_PAYER: "receivables_overdue",
    stories.BEHIND_CURVE: "sell_through_behind",
    stories.NEXT_TIER: "tier_ahead_volume_rebate",
    stories.OTIF_MISSED: "term_breached_delivery_otif",
    stories.STOCK_OUT: "stockout",
    stories.FEED_MISSING: "feed_late",
    stories.FEED_PARTIAL: "feed_partial",
    stories.FEED_SMALL: "feed_small",
    stories.PLAN_WAITING: "plan_waiting",
    stories.DRIFTING: "plan_behind",
}
SMALL = Cast().only(*stories.ALL)


def found(cast, today):
    """(account code, code) of every alert after the first night, and the account codes of returned plans."""
    build.build(seed=1, today=today, cast=cast)
    for step in STEPS:
        import_string(step.path)(Night(today - timedelta(days=1), 0, 1))
    returned = Plan.objects.filter(state=Plan.State.RETURNED).values_list("account__code", flat=True)
    return set(Alert.objects.values_list("account__code", "code")), set(returned)


@pytest.fixture(scope="module")
def companies(django_db_setup, django_db_blocker):
    """What is found in a small company: told, told early in the year, and untold; none is kept."""
    results = []
    for cast, today in ((SMALL, TODAY), (SMALL, EARLY), (SMALL.without(*stories.ALL), TODAY)):
        with django_db_blocker.unblock(), transaction.atomic():
            results.append(found(cast, today))
            transaction.set_rollback(True)
    return results


@pytest.mark.parametrize("story", sorted(ALERTS))
def test_the_alert_is_there_with_the_facts_of_its_story_and_not_without(companies, story):
    alert = code_of(story), ALERTS[story]
    assert [alert in alerts for alerts, _returned in companies] == [True, True, False]


def test_the_plan_is_returned_with_its_story_and_not_without(companies):
    told = {code_of(stories.PLAN_RETURNED)}
    assert [returned for _alerts, returned in companies] == [told, told, set()]


def test_without_any_story_nobody_is_alarmed(companies):
    assert companies[-1] == (set(), set())
