"""Who serves with an unsafe setting does not start: the real processes, web, worker and beat."""

import os
import secrets
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command

from kam import safety
from kam.local import places

GOOD = secrets.token_urlsafe(50)
WEAK = {
    "short": "is shorter than 32 characters",
    "changeme" * 6: "looks like a placeholder",
    "django-insecure-0123456789abcdefghijklmnopqrstuv": "looks like a placeholder",
    "x" * 50: "repeats itself",
    "abcdefghijklmnop" * 3: "repeats itself",
}
PROGRAMS = {
    "web": ["gunicorn", "--config", "kam/local/gunicorn_conf.py", "--workers", "1"],
    "worker": ["celery", "-A", "kam", "worker", "--pool", "solo"],
    "beat": ["celery", "-A", "kam", "beat", "--schedule", "{folder}/schedule", "--pidfile="],
}


def start(program, folder="", **env):
    done = subprocess.run(
        [sys.executable, "-m", *(word.format(folder=folder) for word in PROGRAMS[program])],
        cwd=places.CHECKOUT,
        env=os.environ | {"PORT": "0"} | env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize("key", WEAK)
def test_keys_that_protect_nothing(key):
    assert safety.weakness(key) == WEAK[key]


def test_a_random_key_is_good():
    assert {
        safety.weakness(make()) for make in (secrets.token_urlsafe, lambda: secrets.token_hex(32), lambda: GOOD)
    } == {""}


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_weak_key_stops_every_program(program, tmp_path):
    code, said = start(program, tmp_path, SECRET_KEY="x" * 50)
    assert code != 0
    assert "SECRET_KEY repeats itself. Make one: python3 -c" in said


def test_an_empty_pepper_stops_the_web():
    code, said = start("web", TOKEN_PEPPER="")
    assert code != 0
    assert "TOKEN_PEPPER is shorter than 32 characters." in said


def test_pages_of_errors_on_a_public_address_stop_the_web():
    code, said = start("web", DEBUG="1", KAM_BASE_URL="https://kam.example")
    assert code != 0
    assert "DEBUG shows pages of errors to strangers" in said


@pytest.mark.django_db
def test_no_demo_logins_on_a_public_address(settings):
    settings.HTTPS = True
    with pytest.raises(CommandError, match="public address"):
        call_command("demo")
