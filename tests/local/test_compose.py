"""The server set-up says the same as the launcher, and holds no secret."""

import re

import pytest
import yaml

from kam.local import places, up

COMPOSE = yaml.safe_load((places.CHECKOUT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]


def test_the_parts():
    assert list(SERVICES) == ["postgres", "redis", "migrate", "web", "worker", "beat"]
    assert SERVICES["postgres"]["image"] == "postgres:18"


def test_the_worker_listens_to_the_same_queues_as_under_make_run():
    command = SERVICES["worker"]["command"]
    assert command[command.index("--queues") + 1] == up.QUEUES


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_what_serves_gets_no_owner(name):
    environment = SERVICES[name]["environment"]
    assert "DATABASE_URL" not in environment
    assert environment["DATABASE_APP_URL"].startswith("postgresql://kam_app:")


def test_every_secret_comes_from_outside():
    text = (places.CHECKOUT / "docker-compose.yml").read_text()
    named = re.findall(r"^\s+\w*(?:PASSWORD|SECRET_KEY): (.*)$", text, re.MULTILINE)
    assert [value for value in named if not value.startswith("${")] == []
    assert set(re.findall(r"\$\{(\w+):\?", text)) == {
        "SECRET_KEY",
        "OWNER_PASSWORD",
        "APP_PASSWORD",
        "KAM_BASE_URL",
        "ALLOWED_HOSTS",
    }


def test_the_image_does_not_run_as_root():
    lines = (places.CHECKOUT / "Dockerfile").read_text().splitlines()
    assert [line for line in lines if line.startswith("USER")] == ["USER kam"]
