"""Figures for Prometheus: behind a secret, counted once over all processes, without names of accounts or people."""

import re
import subprocess
import sys

import pytest
from django.test import Client
from django.urls import reverse
from prometheus_client.parser import text_string_to_metric_families

from kam import metrics, night, pulse
from kam.local import places
from kam.models import Mail, StepRun
from kpis.models import ImportBatch
from tests import make

pytestmark = pytest.mark.django_db
TOKEN = "a-token-of-the-monitoring"


@pytest.fixture
def scrape(settings, redis_client):
    """A function that reads the page as Prometheus does: {name: {values of its labels: figure}}."""
    settings.METRICS_TOKEN = TOKEN

    def read():
        answer = Client().get("/metrics", HTTP_AUTHORIZATION=f"Bearer {TOKEN}")
        assert (answer.status_code, answer.headers["Content-Type"][:10]) == (200, "text/plain")
        found = {}
        for family in text_string_to_metric_families(answer.text):
            for sample in family.samples:
                labels = tuple(value for _name, value in sorted(sample.labels.items()))
                found.setdefault(sample.name, {})[labels] = sample.value
        return found

    return read


@pytest.mark.parametrize("said", ["", TOKEN, "Bearer ", "Bearer wrong", f"Basic {TOKEN}", "Bearer é"])
def test_there_is_no_page_without_the_secret(settings, said):
    settings.METRICS_TOKEN = TOKEN
    assert Client().get("/metrics", HTTP_AUTHORIZATION=said).status_code == 404


@pytest.mark.parametrize("said", ["", "Bearer ", "Bearer None"])
def test_there_is_no_page_when_no_secret_is_set(said):
    assert Client().get("/metrics", HTTP_AUTHORIZATION=said).status_code == 404


def test_a_request_is_counted_by_the_pattern_of_its_page(scrape, client_of):
    person = make.user()
    account = make.account(person)
    key = ("GET", "/accounts/<int:pk>/", "200")
    before = scrape()
    client_of(person).get(account.get_absolute_url())
    after = scrape()
    assert after["kam_requests_total"][key] == before["kam_requests_total"].get(key, 0) + 1
    timed = before.get("kam_request_seconds_count", {}).get(key[:2], 0)
    assert after["kam_request_seconds_count"][key[:2]] == timed + 1


def test_labels_do_not_grow_with_what_strangers_send(scrape):
    before = set(scrape()["kam_requests_total"])
    for n in range(5):
        Client().get(f"/no-such-page-{n}/?q=Tesco")
        Client().generic(f"VERB{n}", f"/also-none-{n}/")
    new = set(scrape()["kam_requests_total"]) - before
    assert new <= {("GET", "unmatched", "404"), ("OTHER", "unmatched", "404"), ("GET", "/metrics", "200")}


def test_what_waits_and_the_night(scrape):
    Mail.objects.create(user=make.user(), kind="digest", key="k")
    day = night.default_date()
    night.plan_night(day)
    StepRun.objects.filter(date=day, step="feeds").update(state="failed")
    shown = scrape()
    assert shown["kam_waiting"] == {
        ("step",): StepRun.objects.count() - 1,
        ("delivery",): 0,
        ("mail",): 1,
        ("import",): 0,
    }
    assert {k: v for k, v in shown["kam_night_shards"].items() if k[1] == "feeds"} == {
        ("waiting", "feeds"): 0,
        ("running", "feeds"): 0,
        ("done", "feeds"): 0,
        ("failed", "feeds"): 1,
        ("skipped", "feeds"): 0,
    }


def test_rows_of_imports_tasks_and_connections(scrape):
    for rejected in (0, 3):
        ImportBatch.objects.create(kind="orders", file_name="x.csv", accepted=10, rejected=rejected)
    pulse.task_finished("kam.tasks.sweep", "SUCCESS", 0.5)
    pulse.task_finished("kam.tasks.sweep", "SUCCESS", 0.25)
    shown = scrape()
    assert shown["kam_import_rows_total"] == {("orders", "accepted"): 20, ("orders", "rejected"): 3}
    assert shown["kam_tasks_total"] == {("SUCCESS", "kam.tasks.sweep"): 2}
    assert shown["kam_task_seconds_total"] == {("kam.tasks.sweep",): 0.75}
    assert shown["kam_queue_messages"] == {("default",): 0, ("imports",): 0, ("night",): 0, ("outward",): 0}
    assert shown["kam_database_connections"][("active",)] >= 1
    assert shown["kam_database_connections"][("allowed",)] == 100


def test_no_account_and_no_person_is_named(scrape, client_of):
    person = make.user(name="Mia Berger", email="mia.berger@example.com")
    account = make.account(person, name="Tesco PLC", code="TESCO")
    client_of(person).get(reverse("accounts:list") + "?q=Tesco")
    client_of(person).get(account.get_absolute_url())
    scrape()
    assert re.findall(r"(?i)tesco|mia|berger|@", metrics.page().decode()) == []


COUNTS = """
import os, sys
import django
django.setup()
from kam import metrics
metrics.count_request("GET", "/x", 200, 0.01)
"""


def test_processes_add_up_and_the_next_in_a_slot_goes_on(tmp_path, monkeypatch):
    monkeypatch.setenv(metrics.FOLDER, str(tmp_path))
    for slot in ("0", "1", "0"):
        monkeypatch.setenv(metrics.SLOT, slot)
        subprocess.run([sys.executable, "-c", COUNTS], cwd=places.CHECKOUT, check=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"{kind}_{slot}.db" for kind in ("counter", "histogram") for slot in (0, 1)
    ]
    assert 'kam_requests_total{method="GET",route="/x",status="200"} 3.0' in metrics.page().decode()
