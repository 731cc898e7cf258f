"""docs/webhooks.md says what is so: its code verifies our events, its event has the keys of ours."""

import json
import re
import time
from pathlib import Path

import pytest

from accounts.models import Account
from kam.audit import log
from kam.models import Delivery, Webhook
from kam.webhooks import payload, signing
from tests import make

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "webhooks.md").read_text()


def block(language):
    return re.search(rf"```{language}\n(.*?)```", TEXT, re.S)[1]


@pytest.fixture
def verified():
    names = {}
    exec(compile(block("python"), "docs/webhooks.md", "exec"), names)
    return names["verified"]


def test_the_sample_verifies_our_events_and_no_others(verified):
    secret, body = signing.new_secret(), b'{"id": "1"}'
    stored = signing.sealed(secret)
    good = signing.headers(stored, "1", body)
    old = signing.headers(stored, "1", body, at=time.time() - 301)
    other = signing.headers(signing.sealed(signing.new_secret()), "1", body)
    assert verified(secret, good, body)
    assert [verified(secret, *wrong) for wrong in ((good, b"{}"), (old, body), (other, body))] == [False] * 3


def test_the_sample_takes_both_signatures_of_the_day_of_a_new_key(verified):
    old, new = signing.new_secret(), signing.new_secret()
    signed = signing.headers(signing.sealed(new, before=signing.sealed(old)), "1", b"{}")
    assert [verified(key, signed, b"{}") for key in (old, new)] == [True, True]


@pytest.mark.django_db
def test_the_documented_event_has_the_keys_of_ours():
    user = make.user()
    entry = log(make.account(user), "changed", by=user, before={}, after={})
    webhook = Webhook(user=user, name="W", url="https://example.com/", events=["*.*:*"])
    documented, ours = json.loads(block("json")), payload.event(Delivery(webhook=webhook, entry=entry))
    assert list(documented) == list(ours)
    assert [list(documented[name]) for name in ("object", "by")] == [list(ours[name]) for name in ("object", "by")]
    assert documented["type"] == ours["type"]
    assert Account.objects.exists()
