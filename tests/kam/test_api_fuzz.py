"""Cases made from the schema, at every operation: no fault of ours, and no answer that the schema does not name.

`make fuzz` makes 5,000 of them (KAM_FUZZ=); here a few of each operation. Half of them speak of rows that exist, with
their versions.
"""

import os
import warnings
from uuid import uuid4

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from kam.api.throttle import Limit
from kam.roles import Role
from kam.urls import router
from kam.wsgi import application
from tests import world
from tests.test_access import aliases, key_text, noun_of

CASES = int(os.environ.get("KAM_FUZZ", "0"))
ROLES = (Role.TEAM_LEAD, Role.ACCOUNT_MANAGER, Role.ADMIN, Role.AUDITOR)


@pytest.fixture
def here(db, monkeypatch):
    monkeypatch.setattr(Limit, "THROTTLE_RATES", dict.fromkeys(("token", "person", "upload"), None))
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield world.build()
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


@pytest.fixture
def checks():
    return [
        schemathesis.checks.not_a_server_error,
        status_code_conformance,
        content_type_conformance,
        response_schema_conformance,
    ]


def operations(schema):
    return [found.ok() for found in schema.get_all_operations()]


def rows_of(here, path):
    """(key, version) of the rows of the world that an address may name."""
    prefix = path.removeprefix("/api/v1/").split("/")[0]
    viewset = next(v for p, v, _name in router.registry if p == prefix)
    places = (here.own, here) if hasattr(here.own, noun_of(viewset)) else (here,)
    rows = [row for place in places if (row := aliases_or_none(place, noun_of(viewset))) is not None]
    return [(key_text(row.pk), getattr(row, "version", 1)) for row in rows]


def aliases_or_none(place, noun):
    try:
        return aliases(place, noun)
    except AttributeError:
        return None


def aimed(case, here, role, real):
    """The case with the caller's token and, if `real`, at a row that exists, from the version it has."""
    case.headers = dict(case.headers or {}) | {"Authorization": f"Bearer {here.tokens[role]}"}
    if real:
        case.headers["Idempotency-Key"] = str(uuid4())
        rows = rows_of(here, case.path) if case.path_parameters else []
        for key, version in rows[:1]:
            case.path_parameters = dict(case.path_parameters) | dict.fromkeys(
                case.path_parameters.keys() & {"id", "pk"}, key
            )
            case.headers["If-Match"] = f'"{version}"'
    return case


def test_every_operation_answers_as_its_schema_says(here, checks):
    headers = {"Authorization": f"Bearer {here.tokens[Role.TEAM_LEAD]}", "Accept": "application/json"}
    schema = schemathesis.openapi.from_wsgi("/api/schema/", application, headers=headers)
    found = operations(schema)
    each = max(3, -(-CASES // len(found)))
    tried, failures = 0, []
    for operation in found:

        @settings(
            max_examples=each,
            deadline=None,
            database=None,
            derandomize=not CASES,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(), role=st.sampled_from(ROLES), real=st.booleans())
        def attempt(case, role, real):
            nonlocal tried
            tried += 1
            with transaction.atomic(), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                aimed(case, here, role, real).call_and_validate(checks=checks)
                transaction.set_rollback(True)

        try:
            attempt()
        except (Exception, FailureGroup) as error:
            failures.append(f"{operation.label}: {said(error)}")
    print(f"{tried} cases, {len(found)} operations")
    if failures:
        pytest.fail("\n\n".join(failures), pytrace=False)


def said(error):
    parts = getattr(error, "exceptions", None) or [error]
    return "\n".join(str(part)[:1500] for part in parts)
