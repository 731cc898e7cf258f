"""What has had its time goes, once a day; what has not, and all that was told of it, stays."""

from datetime import timedelta
from uuid import uuid4

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.utils import timezone

from kam import tasks, tidy
from kam.models import Delivery, Entry, Removal, Webhook
from kpis import jobs
from kpis.imports.store import folder_of
from kpis.models import ImportBatch
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    return timezone.now()


def test_sessions_that_are_over_and_their_browsers(now):
    person = make.user()
    for key, end in (("over", now - timedelta(minutes=1)), ("open", now + timedelta(hours=1))):
        Session.objects.create(session_key=key, session_data="", expire_date=end)
        UserSession.objects.create(user=person, session_key=key, ip="127.0.0.1", user_agent="")
    assert tidy.sessions(now) == 1
    assert [s.session_key for s in Session.objects.all()] == ["open"]
    assert [s.session_key for s in UserSession.objects.all()] == ["open"]


def test_removals_older_than_a_week(now):
    person = make.user()
    for days in (6, 8):
        Removal.objects.create(
            by=person, at=now - timedelta(days=days), label=f"{days}", model="x", object_id=1, rows=[]
        )
    assert tidy.removals(now) == 1
    assert [row.label for row in Removal.objects.all()] == ["6"]


def test_deliveries_finished_a_month_ago(now):
    hook = Webhook.objects.create(user=make.user(), name="w", url="https://x.example", events=["*"], sealed_secret="s")
    for ended in (None, now - timedelta(days=29), now - timedelta(days=31)):
        entry = Entry.objects.create(verb="v", model="m", object_id="1", label="l", source="job")
        Delivery.objects.create(id=uuid4(), webhook=hook, entry=entry, finished_at=ended)
    assert tidy.deliveries(now) == 1
    assert Delivery.objects.filter(finished_at__lt=now - timedelta(days=30)).count() == 0
    assert Entry.objects.filter(model="m").count() == 3


@pytest.fixture
def batch(settings, tmp_path, now):
    """A function that makes a batch with a stored file, received that many days ago."""
    settings.MEDIA_ROOT = tmp_path

    def make_batch(days, state="applied"):
        names = {"file_name": f"{days}.csv", "stored_name": f"{days}{state}", "content": str(days)}
        row = ImportBatch.objects.create(kind="orders", state=state, **names)
        ImportBatch.objects.filter(pk=row.pk).update(received_at=now - timedelta(days=days))
        folder_of(row.stored_name).mkdir(parents=True)
        (folder_of(row.stored_name) / "data").write_text("a")
        return row

    return make_batch


def test_files_of_old_imports_go_and_the_batches_stay(batch, now):
    kept, old, waiting = batch(399), batch(401), batch(500, state="waiting")
    assert jobs.forget_files(now) == 1
    assert [folder_of(row.stored_name).exists() for row in (kept, old, waiting)] == [True, False, True]
    assert ImportBatch.objects.count() == 3
    assert jobs.forget_files(now) == 0


def test_what_goes_wrong_with_one_thing_does_not_keep_the_others(settings, now, caplog):
    settings.TIDIERS = ("kam.tidy.nothing_of_this_name", "kam.tidy.removals")
    Removal.objects.create(by=make.user(), at=now - timedelta(days=8), label="8", model="x", object_id=1, rows=[])
    tasks.tidy()
    assert Removal.objects.count() == 0
    assert "kam.tidy.nothing_of_this_name failed" in caplog.text
