"""The OpenAPI schema: valid, without warnings, and open to whoever is signed in."""

import pytest
from django.core.management import call_command
from django.test import Client

from kam.roles import Role
from tests import make


def test_the_schema_is_valid_and_without_warnings(tmp_path, capfd):
    call_command("spectacular", file=str(tmp_path / "schema.yml"), validate=True, fail_on_warn=True)
    text = (tmp_path / "schema.yml").read_text()
    assert text.startswith("openapi: 3.1.0")


@pytest.mark.django_db
@pytest.mark.parametrize("url", ["/api/schema/", "/api/docs/"])
def test_strangers_are_sent_to_sign_in(url):
    assert Client().get(url).status_code in (302, 401)
    client = Client()
    client.force_login(make.user(role=Role.ANALYST))
    assert client.get(url).status_code == 200
