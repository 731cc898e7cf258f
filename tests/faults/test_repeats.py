"""The same thing handed in again: a client that never got its answer, a file that came twice under another name."""

import io
import threading
from uuid import uuid4

import pytest
from django.db import connections
from django.urls import reverse

from accounts.models import Account
from kam.models import Entry
from kam.models.token import SCOPES
from kam.roles import Role
from kam.services import issue_token
from kpis.imports.services import process, receive
from kpis.models import ImportBatch, SellThrough
from tests import make
from tests.clients import Api
from tests.kpis.test_imports_services import GOOD, MAPPING

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls):
    """What each call returned; all are released together, each on a database connection of its own."""
    barrier, found = threading.Barrier(len(calls)), [None] * len(calls)

    def run(place, call):
        barrier.wait(60)
        try:
            found[place] = call()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return found


def test_a_post_that_is_repeated_ten_times_at_once_has_one_effect(seeds):
    """F23: its answer was lost, the client tries again and again with the key of the first."""
    lead = make.user(Role.TEAM_LEAD)
    body = {"name": "New", "country": "DE", "currency": "EUR", "team": make.team(lead).pk}
    _, token = issue_token(user=lead, name="t", scopes=SCOPES, days=1, by=None)
    for seed in range(seeds):
        key, sent = {"Idempotency-Key": str(uuid4())}, body | {"code": f"K-{seed}"}

        def post(key=key, sent=sent):
            api = Api()
            api.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
            return api.post(reverse("api-accounts-list"), sent, headers=key)

        answers = at_once(*[post] * 10)
        account = Account.objects.get(code=f"K-{seed}")
        assert {answer.status_code for answer in answers} <= {201, 409}
        assert [answer.headers["Retry-After"].isdigit() for answer in answers if answer.status_code == 409].count(
            False
        ) == 0
        replay = post()
        assert (replay.status_code, replay.headers["Idempotent-Replayed"]) == (201, "true")
        assert {answer.json()["id"] for answer in [*answers, replay] if answer.status_code == 201} == {account.pk}
        assert Entry.objects.filter(model="accounts.account", object_id=str(account.pk)).count() == 1


def test_one_file_under_two_names_at_once_is_applied_once(seeds):
    """F15: received and read twice by two processes at the same moment."""

    def hand_in(name):
        file = io.BytesIO(content.encode())
        batch = receive(kind="sell_through", file=file, file_name=name, by=None, text=MAPPING, mapping="m.toml")
        return process(batch_id=batch.pk).state

    for seed in range(seeds):
        content = GOOD.replace(",5,", f",{seed},")
        states = at_once(lambda: hand_in("week 47.csv"), lambda: hand_in("week 47 (1).csv"))
        assert sorted(states) == ["applied", "duplicate"]
        applied, again = ImportBatch.objects.order_by("-pk")[:2][::-1]
        first, second = (applied, again) if applied.state == "applied" else (again, applied)
        assert (second.duplicate_of, second.rows, second.units) == (first, first.rows, first.units)
        assert SellThrough.objects.get().batch_id == first.pk
