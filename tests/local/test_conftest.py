"""The test run's own ground: the role, the isolation, the emptying after tests that commit."""

import pytest
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import ProgrammingError, connection

pytestmark = pytest.mark.django_db


def one(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


def test_tests_run_as_the_role_that_owns_nothing():
    assert one("SELECT current_user") == "kam_app"
    assert one("SELECT count(*) FROM pg_class WHERE relowner = 'kam_app'::regrole") == 0
    with pytest.raises(ProgrammingError):
        one("CREATE TABLE mine (id int); SELECT 1")


def test_the_servers_are_the_runs_own():
    assert settings.DATABASES["default"]["NAME"].startswith("test_")
    assert one("SELECT current_setting('fsync')") == "off"
    assert settings.REDIS_URL.startswith("unix:///")


@pytest.mark.parametrize("turn", [1, 2])
@pytest.mark.django_db(transaction=True)
def test_what_a_test_commits_is_gone_for_the_next(turn, redis_client):
    assert one("SELECT count(*) FROM django_session") == 0
    assert redis_client.dbsize() == 0
    one("INSERT INTO django_session VALUES ('k', 'd', now()) RETURNING 1")
    redis_client.set("key", "value")


def test_rows_of_migrations_survive():
    assert ContentType.objects.exists()
