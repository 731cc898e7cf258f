"""Somebody who has a copy of the database has no key: whatever opens a door is stored as a digest, or sealed."""

import re

import psycopg
import pytest
from django.contrib.auth.tokens import default_token_generator
from django.urls import reverse

from kam.models.token import SCOPES
from kam.roles import Role
from kam.services import issue_token
from tests import make, servers
from tests.make import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


def dump():
    """Every row of every table as text, as a superuser would carry it away."""
    with psycopg.connect(servers.POSTGRES.url("postgres", servers.NAME)) as connection:
        tables = connection.execute(
            "SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition"
            " AND relnamespace = 'public'::regnamespace"
        ).fetchall()
        return {name: str(connection.execute(f"SELECT t::text FROM {name} t").fetchall()) for (name,) in tables}


def test_a_copy_of_the_database_opens_nothing(client):
    person = make.user(Role.DIRECTOR, email="director@example.com", password=PASSWORD)
    _, token = issue_token(user=person, name="t", scopes=SCOPES, days=1, by=None)
    client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
    client.post(reverse("account_reset_password"), {"email": person.email})
    found = dump()
    assert "director@example.com" in found["kam_user"]
    everything = "".join(found.values())
    secrets = {"password": PASSWORD, "token": token, "its secret": token.split(".")[1]}
    secrets["link"] = default_token_generator.make_token(person)
    assert [name for name, secret in secrets.items() if secret in everything] == []
    assert re.search(r"/password/reset/key/[^/]+", everything) is None
    assert "argon2" in found["kam_user"]
