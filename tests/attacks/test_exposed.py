"""What lies about on a server: administration, figures, files of the checkout. Strangers find none of it."""

import pytest
from django.test import Client

from kam.roles import Role
from tests import make

pytestmark = pytest.mark.django_db
NOWHERE = ("/admin/", "/admin/login/", "/__debug__/", "/.git/config", "/.git/HEAD", "/.env", "/.well-known/../.env")
NOWHERE += ("/manage.py", "/kam/settings.py", "/var/secret-key", "/media/", "/static/../kam/settings.py", "/kit/")
NOWHERE += ("/static/%2e%2e/kam/settings.py", "/static/..%2fkam/settings.py", "/static//etc/passwd", "/server-status")
SIGNED_IN = ("/api/schema/", "/api/docs/", "/api/v1/")


@pytest.mark.parametrize("path", NOWHERE)
@pytest.mark.parametrize("role", [None, Role.ADMIN])
def test_nothing_of_the_server_is_a_page(path, role):
    client = Client()
    if role:
        client.force_login(make.user(role))
    answer = client.get(path)
    assert answer.status_code in (404, 302), path
    assert answer.status_code == 404 or answer["Location"].startswith("/account/login/")
    assert "SECRET_KEY" not in answer.content.decode(errors="replace")


@pytest.mark.parametrize("path", SIGNED_IN)
def test_the_api_is_described_to_whoever_is_signed_in(path):
    assert Client().get(path).status_code == 401
    client = Client()
    client.force_login(make.user(Role.FIELD))
    assert client.get(path).status_code == 200


def test_figures_are_for_whoever_knows_the_secret():
    client = Client()
    client.force_login(make.user(Role.ADMIN))
    assert (Client().get("/metrics").status_code, client.get("/metrics").status_code) == (404, 404)
