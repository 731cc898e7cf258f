"""Every route × method × role × own and foreign row: what is not allowed answers so, and changes nothing."""

import pytest
from django.db import connection
from django.urls import reverse
from rest_framework.test import APIClient

from kam.roles import Role
from kam.urls import router
from tests import policy, world

pytestmark = pytest.mark.django_db
VIEWSETS = {basename: viewset for _prefix, viewset, basename in router.registry}


def noun_of(viewset):
    return viewset.queryset.model._meta.model_name


def aliases(found, noun):
    return getattr(found, {"importbatch": "batch"}.get(noun, noun))


@pytest.fixture
def here():
    return world.build()


def rows_written():
    """Rows inserted, updated or deleted in this transaction, rolled-back ones included; sessions aside."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) FROM pg_stat_xact_user_tables"
            " WHERE relname NOT IN ('django_session', 'kam_apitoken')"
        )
        return cursor.fetchone()[0]


def token_client(here, role):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {here.tokens[role]}")
    return client


def session_client(here, role):
    client = APIClient()
    client.force_login(here.people[role])
    return client


def own_key(here, noun):
    row = getattr(here, noun) if noun in policy.SHARED else aliases(here.own, noun)
    return row.pk


@pytest.mark.parametrize("client_of", [token_client, session_client])
@pytest.mark.parametrize("name", sorted(VIEWSETS))
def test_api_rows_are_seen_by_the_roles_of_the_policy_only(here, name, client_of):
    noun = noun_of(VIEWSETS[name])
    own, foreign = own_key(here, noun), None if noun in policy.SHARED else aliases(here.foreign, noun).pk
    got, want = {}, {}
    for role in Role:
        client = client_of(here, role)
        sees, sees_all = role in policy.SEES[noun], role == Role.AUDITOR
        want[role, "own"] = 200 if sees else 404
        got[role, "own"] = client.get(detail(name, own)).status_code
        if foreign:
            want[role, "foreign"] = 200 if sees and sees_all else 404
            got[role, "foreign"] = client.get(detail(name, foreign)).status_code
    assert got == want


def detail(name, pk):
    pk = "_".join(str(part) for part in pk) if isinstance(pk, tuple) else pk
    return reverse(f"{name}-detail", args=[pk])
