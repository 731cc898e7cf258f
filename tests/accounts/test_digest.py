"""The daily mail: at each one's own hour, once a day, only when there is something to say."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail as outbox
from hypothesis import given
from hypothesis import settings as trying
from hypothesis import strategies as st

from accounts import digest
from accounts.models import Alert, Notification
from kam import mail
from kam.models import Mail, StepRun, User
from kam.roles import Role
from kam.templatetags.formats import NBSP
from plans.models import Plan
from tests import make

pytestmark = pytest.mark.django_db


def person(hour=7, zone="Europe/Berlin", **kw):
    return make.user(digest_hour=hour, time_zone=zone, **kw)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def days():
    return list(Mail.objects.order_by("pk").values_list("key", flat=True))


def test_it_is_queued_once_the_hour_has_come_where_the_person_is():
    person(zone="Europe/Berlin")
    digest.plan(at("2026-11-23T05:59"))
    assert days() == []
    digest.plan(at("2026-11-23T06:00"))
    digest.plan(at("2026-11-23T06:05"))
    digest.plan(at("2026-11-23T22:00"))
    assert days() == ["digest:2026-11-23"]
    digest.plan(at("2026-11-24T06:00"))
    assert days() == ["digest:2026-11-23", "digest:2026-11-24"]


def test_in_shanghai_it_is_another_day_already():
    person(zone="Asia/Shanghai")
    digest.plan(at("2026-11-22T23:00"))
    assert days() == ["digest:2026-11-23"]


def test_who_wants_none_or_has_left_or_is_a_program_gets_none():
    make.user(digest_hour=None)
    person(is_active=False)
    person(role=Role.API_CLIENT)
    assert digest.plan(at("2026-11-23T23:59")) == 0


ZONES = ["Europe/Berlin", "America/New_York", "Pacific/Auckland", "Asia/Shanghai", "America/St_Johns"]


@pytest.mark.parametrize("zone", ZONES)
@trying(max_examples=40, deadline=None)
@given(hour=st.integers(0, 23), first=st.dates(date(2025, 1, 1), date(2027, 12, 1)))
def test_every_local_day_has_exactly_one_also_when_clocks_change(zone, hour, first):
    user = User(digest_hour=hour, time_zone=zone)
    start = datetime(first.year, first.month, first.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    asked = [start + timedelta(minutes=5 * n) for n in range(12 * 24 * 3)]
    seen = [day for moment in asked if (day := digest.due_day(user, moment))]
    found = sorted(set(seen))
    whole = [first, first + timedelta(days=1)]
    assert found[:2] == whole
    early = [moment for moment in asked if digest.due_day(user, moment) == whole[1]]
    assert early[0].astimezone(ZoneInfo(zone)).hour in (hour, hour + 1)


def sent(user, day="2026-11-23"):
    """The mail of the day, None when there was nothing to say."""
    mail.queue(user=user, kind="digest", key=f"digest:{day}", params={"day": day})
    mail.send_waiting()
    return outbox.outbox[-1] if outbox.outbox else None


def test_with_nothing_to_say_there_is_no_mail_that_day():
    user = person()
    assert sent(user) is None
    assert Mail.objects.get().state == Mail.State.SKIPPED
    make.alert(make.account(user), raised_on=date(2026, 11, 23))
    assert sent(user) is None


def test_it_tells_new_alerts_with_money_what_waits_and_what_is_late(settings):
    settings.BASE_URL = "https://kam.example"
    anna = person(name="Anna", role=Role.ACCOUNT_MANAGER, language="en")
    account = make.account(anna, name="REWE")
    make.alert(account, code="plan_waiting", at_stake="412000", currency="EUR", url="/plans/3/", severity="critical",
               params={"year": "2026", "revision": 1, "since": {"day": "2026-11-01"}, "days": 22})  # fmt: skip
    make.alert(account, code="feed_late", raised_on=date(2026, 11, 1), params={"feed": "POS", "weeks": 2})
    make.alert(make.account(name="Foreign"), code="feed_late")
    make.full_plan(account, author=anna, state=Plan.State.RETURNED)
    now = at("2026-11-23T05:00")
    note = {"code": "import_done", "params": {"file": "a.csv", "rows": 3}, "url": "/kpis/imports/1/", "at": now}
    Notification.objects.create(user=anna, key="1", **note)
    found = sent(anna)
    assert found.to == [anna.email]
    assert found.subject == "KAM on Mon 23 Nov: 1 new alert, € 412 k at stake"
    lines = [line.replace(NBSP, " ") for line in found.body.splitlines() if line]
    assert lines[0] == "Hello Anna, this is Monday 23 November."
    assert [line for line in lines if not line.startswith(("-", " ", "https", "Hello", "You choose"))] == [
        "1 new alert, € 412 k at stake",
        "1 plan waits for you",
        "1 unread notification",
        "1 file is still late or not whole",
    ]
    assert "  https://kam.example/plans/3/" in lines
    assert "Foreign" not in found.body


def test_it_speaks_the_readers_language_in_both_parts():
    anna = person(language="de")
    make.alert(make.account(anna, name="REWE"), at_stake="412000", currency="EUR")
    found = sent(anna)
    assert "412 T €" in found.subject
    assert '<html lang="de">' in found.alternatives[0][0]
    assert "Montag, 23. November" in found.alternatives[0][0]


def test_a_night_that_failed_is_told_to_those_who_see_the_night():
    StepRun.objects.create(date=date(2026, 11, 22), step="measures", state="failed")
    assert "The night of Sun 22 Nov ended with failures." in sent(person(language="en")).body
    outbox.outbox.clear()
    assert sent(person(role=Role.FIELD)) is None


def test_names_are_text_in_the_html(settings):
    anna = person()
    account = make.account(anna, name="<script>alert(1)</script> & Co")
    make.alert(account)
    html = sent(anna).alternatives[0][0]
    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; Co" in html


@pytest.mark.parametrize("count", [1, 5])
def test_it_costs_the_same_queries_for_any_number_of_rows(django_assert_max_num_queries, count):
    anna = person()
    for _n in range(count):
        make.alert(make.account(anna))
    row = mail.queue(user=anna, kind="digest", key="digest:2026-11-23", params={"day": "2026-11-23"})
    with django_assert_max_num_queries(15):
        mail.kind_named("digest").build(row, row.params)


def test_alerts_of_before_yesterday_are_not_new():
    anna = person()
    make.alert(make.account(anna), raised_on=date(2026, 11, 20))
    assert Alert.objects.unresolved().count() == 1
    assert sent(anna) is None
