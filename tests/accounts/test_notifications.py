"""The inbox: what concerns one person, told once, derived from the audit log."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone, translation
from rest_framework.test import APIClient

from accounts import notifications, services
from accounts.alerts import AlertRow, raise_alerts
from accounts.models import Alert, Notification, TeamMembership
from kam import workflow
from kam.audit import log, snapshot
from kam.floors import gathered
from kam.models import Deputy, Entry
from kam.models.reader import Reader
from kam.night import Night
from kam.roles import DataClass, Role
from kam.services import create
from kam.templatetags import formats
from plans.models import Plan
from plans.workflow import SIGN_OFF
from tests import make
from tradeterms.models import Finding
from tradeterms.workflow import FINDING

pytestmark = pytest.mark.django_db(transaction=True)
DAY = date(2026, 11, 23)


def inbox(user):
    """What stands in a person's inbox, as sentences, the oldest first."""
    notifications.read_on()
    rows = Notification.objects.visible_to(user).order_by("pk")
    with translation.override("en"):
        return [notifications.sentence(row) for row in rows]


def test_whoever_is_made_account_manager_is_told():
    anna, lead = make.user(), make.user(role=Role.TEAM_LEAD)
    account = make.account(team=make.team(lead), name="REWE")
    services.change_account(account, by=lead, version=1, owner=anna)
    assert inbox(anna) == ["You are the account manager of “REWE” now."]
    assert inbox(lead) == []


def test_whoever_is_put_on_an_account_or_a_team_is_told():
    anna, lead = make.user(role=Role.FIELD), make.user(role=Role.TEAM_LEAD)
    account = make.account(team=make.team(lead), name="REWE")
    services.add_member(account=account, user=anna, by=lead)
    create(TeamMembership(team=make.team(name="North"), user=anna), by=lead)
    assert inbox(anna) == ["You look after “REWE” now.", "You are in the team “North” now."]


def test_whoever_is_named_deputy_is_told():
    anna, bea = make.user(name="Anna"), make.user()
    today = timezone.now().date()
    row = Deputy.objects.create(person=anna, deputy=bea, starts=today, ends=today)
    log(row, "created", by=anna, after=snapshot(row))
    day = formats.day_short(today)
    assert inbox(bea) == [f"You stand in for Anna from {day} to {day}."]


def raise_alert(account, severity=Alert.Severity.CRITICAL, **fields):
    row = AlertRow(account.pk, "a", severity=severity, params={"weeks": 1, "feed": "POS"}, **fields)
    raise_alerts([row], code="feed_late", night=Night(DAY, account.pk % 8, 8))


def test_the_account_manager_is_told_of_new_critical_alerts_in_their_language():
    anna = make.user()
    account = make.account(anna, owner=anna)
    raise_alert(account, url="/somewhere/")
    (found,) = inbox(anna)
    assert found.startswith("“POS” is late")
    with translation.override("de"):
        assert notifications.sentence(Notification.objects.get()) != found
    assert Notification.objects.get().url == "/somewhere/"


def test_alerts_that_are_not_critical_do_not_ring():
    anna = make.user()
    raise_alert(make.account(anna, owner=anna), severity=Alert.Severity.WARNING)
    assert inbox(anna) == []


def test_a_notification_of_what_one_does_not_read_or_see_any_more_is_not_shown():
    anna = make.user(role=Role.ANALYST)
    account = make.account(team=make.team(anna), owner=anna)
    raise_alert(account, shown_to=DataClass.TERMS)
    assert (inbox(anna), Notification.objects.count()) == ([], 1)
    Notification.objects.update(shown_to=DataClass.KPI)
    assert len(inbox(anna)) == 1
    TeamMembership.objects.all().delete()
    assert inbox(anna) == []


def test_a_plan_waits_for_the_directors_who_may_sign_it_and_for_nobody_else():
    author, director, other = make.user(name="Anna"), make.user(role=Role.DIRECTOR), make.user(role=Role.DIRECTOR)
    plan = make.full_plan(make.account(team=make.team(director)), author=author)
    workflow.move(plan, SIGN_OFF, "submit", by=author)
    assert inbox(director) == ["Plan 2026 v1 waits for your signature; Anna submitted it."]
    assert (inbox(other), inbox(author)) == ([], [])
    assert Notification.objects.get().url == reverse("plans:detail", args=[plan.pk])


def test_the_author_is_told_that_their_plan_was_returned_or_signed():
    author, director = make.user(), make.user(role=Role.DIRECTOR, name="Dora")
    plan = make.full_plan(make.account(team=make.team(director)), author=author, state=Plan.State.SUBMITTED)
    workflow.move(plan, SIGN_OFF, "return", by=director, note="Say more")
    assert inbox(author) == ["Dora returned your plan 2026 v1: “Say more”"]


def test_the_owner_of_a_finding_is_told_what_others_do_with_it():
    anna, lead = make.user(), make.user(role=Role.TEAM_LEAD, name="Lea")
    account = make.account(anna, team=make.team(lead), owner=anna)
    finding = make.finding(make.term(make.agreement(account)))
    workflow.move(finding, FINDING, "dispute", by=lead, note="Late goods")
    assert inbox(anna) == [f"Lea disputed your finding “F-{finding.pk}”: “Late goods”"]
    finding.refresh_from_db()
    workflow.move(finding, FINDING, "close", by=anna)
    assert len(inbox(anna)) == 1
    assert Finding.objects.get().state == "closed"


def test_nobody_is_told_twice_however_often_the_log_is_read():
    anna = make.user()
    raise_alert(make.account(anna, owner=anna))
    assert len(inbox(anna)) == 1
    Reader.objects.update(txid=0, entry=0)
    assert len(inbox(anna)) == 1


def test_what_is_older_than_a_week_when_reading_begins_is_no_news():
    anna = make.user()
    account = make.account(anna)
    said = {"verb": "changed", "model": "accounts.account", "object_id": "1", "source": "job", "account_id": account.pk}
    for days in (8, 6):
        at, label = timezone.now() - timedelta(days=days), f"{days} days ago"
        Entry.objects.create(**said, label=label, after={"owner_id": anna.pk}, at=at)
    assert inbox(anna) == ["You are the account manager of “6 days ago” now."]


def test_every_kind_has_a_label_a_sentence_and_an_icon():
    codes = set(gathered("notices", "KINDS"))
    assert codes == {*gathered("notices", "SENTENCES"), notifications.ALERT}
    assert codes == set(gathered("notices", "ICONS"))


@pytest.fixture
def anna(client):
    user = make.user()
    client.force_login(user)
    return user


def note(user, **kw):
    fields = {"code": "import_done", "params": {"file": "a.csv", "rows": 3}, "url": "/kpis/imports/"} | kw
    return Notification.objects.create(user=user, key=str(Notification.objects.count()), **fields)


def test_the_bell_counts_what_is_unread(client, anna):
    note(anna)
    note(anna)
    note(make.user())
    assert "2" in client.get(reverse("inbox:bell")).content.decode()
    client.post(reverse("inbox:read-all"))
    assert Notification.objects.filter(user=anna, read_at=None).count() == 0
    assert Notification.objects.filter(read_at=None).count() == 1


def test_the_inbox_shows_own_notifications_and_filters_them(client, anna):
    note(anna)
    note(anna, code="team_joined", params={"team": "North"}, read_at=timezone.now())
    note(make.user(), params={"file": "secret.csv", "rows": 1})
    page = reverse("inbox:list")
    assert "secret.csv" not in client.get(page).content.decode()
    assert ["North" in client.get(page + q).content.decode() for q in ("", "?unread=true", "?code=import_done")] == [
        True,
        False,
        False,
    ]


def test_a_notification_is_marked_read_and_unread_and_leads_where_it_speaks_of(client, anna):
    row = note(anna)
    answer = client.post(reverse("inbox:open", args=[row.pk]))
    assert (answer.status_code, answer.headers["Location"]) == (302, "/kpis/imports/")
    row.refresh_from_db()
    assert row.read_at
    client.post(reverse("inbox:unread", args=[row.pk]))
    row.refresh_from_db()
    assert row.read_at is None


def test_somebody_elses_notification_is_not_there(client, anna):
    row = note(make.user())
    for name in ("open", "read", "unread"):
        assert client.post(reverse(f"inbox:{name}", args=[row.pk])).status_code == 404
    row.refresh_from_db()
    assert row.read_at is None


@pytest.mark.parametrize("count", [1, 3])
def test_the_inbox_costs_the_same_queries_for_any_number_of_rows(client, anna, django_assert_max_num_queries, count):
    account = make.account(anna)
    for _n in range(count):
        note(anna, account=account)
    with django_assert_max_num_queries(14):
        client.get(reverse("inbox:list"))


def test_the_api_lists_and_marks(anna):
    row = note(anna)
    client = APIClient()
    client.force_login(anna)
    (found,) = client.get("/api/v1/notifications/").json()["results"]
    assert (found["sentence"], found["read_at"]) == ("Your file “a.csv” is imported: 3 rows.", None)
    assert client.post(f"/api/v1/notifications/{row.pk}/read/").json()["read_at"]
    assert client.post(f"/api/v1/notifications/{row.pk}/unread/").json()["read_at"] is None
