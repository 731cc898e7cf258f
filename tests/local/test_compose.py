"""The server set-up says the same as the launcher, holds no secret, and watches every part of itself."""

import re

import pytest
import yaml
from django.conf import settings

from kam import jobs
from kam.local import places, up

TEXT = (places.CHECKOUT / "docker-compose.yml").read_text()
COMPOSE = yaml.safe_load(TEXT)
SERVICES = COMPOSE["services"]
DOCKERFILE = (places.CHECKOUT / "Dockerfile").read_text().splitlines()
WORKERS = ["worker", "import-worker", "outward-worker"]
OURS = ["web", "worker", "import-worker", "feeds", "outward-worker", "beat"]


def option(service, name):
    command = SERVICES[service]["command"]
    return command[command.index(name) + 1]


def test_the_parts():
    assert list(SERVICES) == ["postgres", "redis", "migrate", *OURS]


@pytest.mark.parametrize("name", SERVICES)
def test_every_image_is_pinned_to_a_release(name):
    assert re.fullmatch(r"[a-z]+:\d[\d.]*", SERVICES[name]["image"])


def test_the_image_is_made_from_a_pinned_one():
    assert {line.split()[1] for line in DOCKERFILE if line.startswith("FROM")} == {"python:3.11-slim"}
    assert [line for line in DOCKERFILE if "pip install" in line and "--require-hashes" not in line] == []


def test_the_workers_are_those_of_make_run():
    told = {name: (option(name, "--queues"), int(option(name, "--concurrency"))) for name in WORKERS}
    assert told == {name.replace(" ", "-"): how for name, how in up.WORKERS.items()}


def test_every_queue_has_exactly_one_kind_of_worker():
    served = [queue for name in WORKERS for queue in option(name, "--queues").split(",")]
    assert sorted(served) == jobs.queues()


def test_a_night_never_waits_for_a_file_nor_for_other_peoples_servers():
    routes = {name: route["queue"] for name, route in settings.CELERY_TASK_ROUTES.items()}
    assert routes["kam.tasks.run_shard"] in option("worker", "--queues").split(",")
    assert routes["kpis.tasks.apply_batch"] in option("import-worker", "--queues").split(",")
    outward = {routes["kam.tasks.tell_webhooks"], routes["kam.tasks.send_mail"]}
    assert outward == set(option("outward-worker", "--queues").split(","))


@pytest.mark.parametrize("name", [name for name in SERVICES if name != "migrate"])
def test_every_part_that_stays_is_watched_and_started_again(name):
    service = SERVICES[name]
    assert service["restart"] == "unless-stopped"
    assert set(service["healthcheck"]) >= {"test", "interval", "timeout", "retries"}
    assert "stop_grace_period" in service or name == "redis"


def test_the_migration_runs_once_and_before_everything():
    assert SERVICES["migrate"]["restart"] == "no"
    waits = {name: SERVICES[name]["depends_on"]["migrate"]["condition"] for name in OURS}
    assert set(waits.values()) == {"service_completed_successfully"}


@pytest.mark.parametrize("name", OURS)
def test_what_serves_gets_no_owner(name):
    environment = SERVICES[name]["environment"]
    assert "DATABASE_URL" not in environment
    assert environment["DATABASE_APP_URL"].startswith("postgresql://kam_app:")


@pytest.mark.parametrize("name", ["migrate", *OURS])
def test_what_is_ours_may_do_nothing_it_need_not(name):
    service = SERVICES[name]
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_every_secret_comes_from_outside():
    named = re.findall(r"^\s+\w*(?:PASSWORD|SECRET_KEY|TOKEN|PEPPER): (.*)$", TEXT, re.MULTILINE)
    assert [value for value in named if not value.startswith("${")] == []
    assert [value for value in named if re.search(r":-[^}]", value)] == []
    assert set(re.findall(r"\$\{(\w+):\?", TEXT)) == {
        "SECRET_KEY",
        "OWNER_PASSWORD",
        "APP_PASSWORD",
        "KAM_BASE_URL",
        "ALLOWED_HOSTS",
    }


def test_settings_nobody_must_make_come_from_one_file():
    assert {name: SERVICES[name].get("env_file") for name in OURS} == dict.fromkeys(
        OURS, [{"path": "kam.env", "required": False}]
    )


def test_only_the_web_is_reached_and_only_from_this_machine():
    assert {name: service["ports"] for name, service in SERVICES.items() if "ports" in service} == {
        "web": ["127.0.0.1:8000:8000"]
    }


def test_what_must_outlive_a_container_lies_in_a_volume():
    assert set(COMPOSE["volumes"]) == {"data", "feeds", "postgres", "redis"}
    assert all("data:/data" in SERVICES[name]["volumes"] for name in OURS)


def test_watched_folders_are_a_volume_of_their_own_that_only_the_watcher_sees():
    assert [name for name in OURS if "feeds:/feeds" in SERVICES[name]["volumes"]] == ["feeds"]
    assert SERVICES["feeds"]["command"] == [
        *("python", "manage.py", "watch_feeds", "/feeds"), *("--alive", "/tmp/watching"),
    ]  # fmt: skip


def test_the_image_does_not_run_as_root():
    assert [line for line in DOCKERFILE if line.startswith("USER")] == ["USER kam"]


def test_nothing_secret_or_needless_gets_into_the_image():
    ignored = (places.CHECKOUT / ".dockerignore").read_text().split()
    assert {".git", ".venv", "var", "tests", ".env", "*.env", ".env.*", "*.dump"} <= set(ignored)
