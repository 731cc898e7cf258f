"""One demo company for all stories, on a real server with a real worker; each story acts on its own account only."""

import json
from datetime import date

import pytest
from django.conf import settings
from django.test import TransactionTestCase, override_settings
from pytest_django.live_server_helper import LiveServer

from plans.demo import build, people
from tests.conftest import Worker
from tests.stories.walk import Walk, run_night

TODAY = date(2026, 11, 21)
YESTERDAY = date(2026, 11, 20)
# The day on which the files of the week after are here, and none is due that is not.
LATER = date(2026, 11, 23)


@pytest.fixture(scope="package")
def company(django_db_setup, django_db_blocker):
    """The demo company after its first night; yields the logins by mailbox."""
    with django_db_blocker.unblock(), override_settings(NIGHT_SHARDS=1):
        build.build(seed=1, today=TODAY)
        run_night(YESTERDAY)
        yield {login["email"]: login["password"] for login in json.loads((settings.VAR / people.FILE).read_text())}
        TransactionTestCase._fixture_teardown(None)


@pytest.fixture(scope="package")
def live_site(company):
    """A real server on the demo company."""
    server = LiveServer("localhost")
    yield server
    server.stop()


@pytest.fixture(scope="package")
def worker(company, redis_client, tmp_path_factory):
    """A real worker that reads the files handed in."""
    worker = Worker(tmp_path_factory.mktemp("worker") / "worker.log")
    worker.start()
    yield worker
    worker.stop()


@pytest.fixture
def walk(page, company, worker):
    """A function that signs a person in, by the name of their mailbox, at the front door."""
    emails = {person.mailbox: (f"{person.mailbox}@demo.kam.example", person.language) for person in people.PEOPLE}

    def sign_in(mailbox):
        email, language = emails[mailbox]
        return Walk(page, language).sign_in(email, company[email])

    return sign_in


@pytest.fixture
def later(company):
    """A function that runs the night again, for the day on which what was done counts."""
    return lambda: run_night(LATER)
