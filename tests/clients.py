"""Fixtures that sign people in: in a browser, and over the API with a token of their own."""

from uuid import uuid4

import pytest
from django.test import Client
from rest_framework.test import APIClient

from kam.models.token import SCOPES
from kam.services import issue_token


class Api(APIClient):
    """An API client that names each of its POSTs by a key of its own, as programs do."""

    def post(self, path, data=None, format=None, content_type=None, follow=False, **extra):
        headers = {"Idempotency-Key": str(uuid4())} | dict(extra.pop("headers", None) or {})
        return super().post(path, data, format, content_type, follow, headers=headers, **extra)


@pytest.fixture
def client_of():
    """A function that makes a signed-in browser of a person."""

    def make_client(user):
        client = Client()
        client.force_login(user)
        return client

    return make_client


@pytest.fixture
def api_of():
    """A function that makes an API client with a token of all scopes, or those given."""

    def make_client(user, scopes=SCOPES):
        _token, text = issue_token(user=user, name="t", scopes=scopes, days=1, by=None)
        client = Api()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
        return client

    return make_client
