"""Webhooks: what happens is told to other systems, within what the owner of the webhook sees."""

import json
from datetime import datetime

import pytest
from django.core.exceptions import ValidationError
from standardwebhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from accounts import services as accounts
from kam.errors import Conflict, Denied, Stale
from kam.models import Delivery, Entry, Webhook
from kam.roles import Role
from kam.webhooks import dispatch, sender, services, signing
from tests import make
from tests.receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)
URL = "https://example.com/hook"


@pytest.fixture
def receiver(settings):
    found = Receiver()
    settings.WEBHOOK_ALLOW = [found.place]
    yield found
    found.close()


def hook(user, url=URL, events=("*.*:*",), name="Warehouse"):
    return services.create(by=user, name=name, url=url, events=list(events))[0]


def change(account, by=None, **fields):
    account.refresh_from_db()
    return accounts.change_account(account, by=by, version=account.version, **fields)


def told(webhook):
    dispatch.read_on()
    found = Delivery.objects.filter(webhook=webhook).order_by("entry__txid", "entry_id")
    return [f"{d.entry.label}:{d.entry.verb}" for d in found.select_related("entry")]


def test_what_happens_after_it_was_made_is_told_once():
    anna = make.user()
    mine = make.account(anna, name="Mine")
    change(mine, tier="B")
    webhook = hook(anna)
    change(mine, tier="A")
    assert told(webhook) == ["Mine:changed"]
    assert told(webhook) == ["Mine:changed"]


def test_only_what_the_owner_sees_is_told():
    anna = make.user()
    mine, foreign = make.account(anna, name="Mine"), make.account(name="Foreign")
    webhook = hook(anna)
    for account in (foreign, mine):
        change(account, tier="A")
    assert told(webhook) == ["Mine:changed"]


def test_only_classes_of_data_that_the_owner_reads_are_told():
    finance, lead = make.user(role=Role.FINANCE), make.user(role=Role.TEAM_LEAD)
    account = make.account(team=make.team(finance, lead), name="Shared")
    theirs, leads = hook(finance), hook(lead)
    accounts.create_contact(by=None, account=account, name="Buyer", buying_role="decides")
    accounts.create_store(by=None, account=account, code="S1", name="Leipzig")
    assert (told(theirs), told(leads)) == (["S1 Leipzig:created"], ["Buyer:created", "S1 Leipzig:created"])


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        (["*.*:*"], ["Mine:changed", "S1 Leipzig:created"]),
        (["accounts.*:*"], ["Mine:changed", "S1 Leipzig:created"]),
        (["*.store:*"], ["S1 Leipzig:created"]),
        (["accounts.store:created"], ["S1 Leipzig:created"]),
        (["*.*:changed"], ["Mine:changed"]),
        (["accounts.store:changed"], []),
        (["plans.*:*"], []),
        (["plans.*:*", "accounts.account:*"], ["Mine:changed"]),
    ],
)
def test_only_events_that_match_a_pattern_are_told(patterns, expected):
    anna = make.user()
    mine = make.account(anna, name="Mine")
    webhook = hook(anna, events=patterns)
    change(mine, tier="A")
    accounts.create_store(by=None, account=mine, code="S1", name="Leipzig")
    assert told(webhook) == expected


def test_nothing_is_told_of_what_has_no_account_but_to_auditors():
    anna, auditor = make.user(), make.user(role=Role.AUDITOR)
    webhook, all_of_it = hook(anna), hook(auditor)
    services.test(webhook, by=anna)
    Delivery.objects.all().delete()
    assert (told(webhook), "Warehouse:tested" in told(all_of_it)) == ([], True)


def test_an_inactive_owner_is_told_nothing():
    anna = make.user()
    mine, webhook = make.account(anna), hook(anna)
    anna.is_active = False
    anna.save()
    change(mine, tier="A")
    assert told(webhook) == []


def test_what_happens_while_it_is_off_is_not_told():
    anna = make.user()
    mine, webhook = make.account(anna, name="Mine"), hook(anna)
    webhook = services.change(webhook, by=anna, version=1, is_active=False)
    change(mine, tier="A")
    assert told(webhook) == []
    services.change(webhook, by=anna, version=2, is_active=True)
    change(mine, tier="B")
    assert told(webhook) == ["Mine:changed"]


def test_the_receiver_gets_a_documented_event_signed_as_the_standard_says(receiver, settings):
    settings.BASE_URL = "https://kam.example"
    anna = make.user(name="Anna")
    mine = make.account(anna, name="Mine")
    webhook, secret = services.create(by=anna, name="W", url=receiver.url, events=["*.*:*"])
    change(mine, by=anna, tier="A")
    dispatch.read_on()
    assert sender.send_due() == 1
    ((headers, body),) = receiver.got
    delivery, entry = Delivery.objects.get(), Entry.objects.get(model="accounts.account", verb="changed")
    assert Verifier(secret).verify(body, headers) == {
        "id": str(delivery.pk),
        "type": "accounts.account.changed",
        "at": entry.at.isoformat(),
        "account": mine.pk,
        "object": {
            "model": "accounts.account",
            "id": str(mine.pk),
            "label": "Mine",
            "link": f"https://kam.example/api/v1/accounts/{mine.pk}/",
        },
        "before": {"tier": ""},
        "after": {"tier": "A"},
        "reason": "",
        "by": {"id": anna.pk, "name": "Anna"},
        "source": "job",
    }
    assert headers["webhook-id"] == str(delivery.pk)
    assert (delivery.state, delivery.status, delivery.attempt) == (Delivery.State.SENT, 200, 1)
    assert headers["Content-Type"] == "application/json"


def test_a_forged_or_old_event_does_not_verify():
    secret, body = signing.new_secret(), b'{"id": "1"}'
    stored = signing.sealed(secret)
    good = signing.headers(stored, "1", body)
    assert Verifier(secret).verify(body, good) == {"id": "1"}
    now = datetime.now().timestamp()
    forged = [
        (b'{"id": "2"}', good),
        (body, good | {"webhook-id": "2"}),
        (body, signing.headers(signing.sealed(signing.new_secret()), "1", body)),
        (body, signing.headers(stored, "1", body, at=now - 6 * 60)),
        (body, signing.headers(stored, "1", body, at=now + 6 * 60)),
    ]
    for wrong, headers in forged:
        with pytest.raises(WebhookVerificationError):
            Verifier(secret).verify(wrong, headers)


def test_the_key_is_stored_sealed_and_never_logged():
    webhook, secret = services.create(by=make.user(), name="W", url=URL, events=["*.*:*"])
    webhook.refresh_from_db()
    assert secret.startswith("whsec_")
    assert secret not in webhook.sealed_secret
    assert signing.keys(webhook.sealed_secret) == [secret]
    logged = [json.dumps([e.before, e.after]) for e in Entry.objects.all()]
    assert [text for text in logged if "secret" in text or webhook.sealed_secret in text] == []


def test_for_a_day_after_a_new_key_both_verify(monkeypatch):
    anna = make.user()
    webhook, old = services.create(by=anna, name="W", url=URL, events=["*.*:*"])
    new = services.rotate(webhook, by=anna)
    webhook.refresh_from_db()
    signed = signing.headers(webhook.sealed_secret, "1", b"{}")
    assert [Verifier(key).verify(b"{}", signed) for key in (new, old)] == [{}, {}]
    monkeypatch.setattr(signing.time, "time", lambda: 10**10)
    assert signing.keys(webhook.sealed_secret) == [new]


def test_a_test_event_is_sent_though_the_owner_sees_no_account(receiver):
    admin = make.user(role=Role.ADMIN)
    webhook = hook(admin, receiver.url)
    services.test(webhook, by=admin)
    sender.send_due()
    assert [event["type"] for event in receiver.events] == ["kam.webhook.tested"]


def test_who_has_lost_sight_of_an_account_is_not_told_any_more(receiver):
    anna = make.user()
    mine, webhook = make.account(anna), hook(anna, receiver.url)
    change(mine, tier="A")
    dispatch.read_on()
    mine.memberships.all().delete()
    sender.send_due()
    delivery = webhook.deliveries.get()
    assert (receiver.got, delivery.state, delivery.error) == ([], Delivery.State.DEAD, "not_seen")


@pytest.mark.parametrize("events", [[], [""], ["plans"], ["plans.plan"], ["plans.plan:sign; drop"], ["a.b:c\n"]])
def test_events_must_be_patterns(events):
    with pytest.raises(ValidationError):
        hook(make.user(), events=events)
    assert not Webhook.objects.exists()


def test_a_webhook_is_changed_removed_and_rotated_by_its_owner_only():
    anna, ben = make.user(), make.user()
    webhook = hook(anna)
    delivery = services.test(webhook, by=anna)
    for act in (
        lambda: services.change(webhook, by=ben, version=1, name="x"),
        lambda: services.remove(webhook, by=ben),
        lambda: services.rotate(webhook, by=ben),
        lambda: services.test(webhook, by=ben),
        lambda: services.retry(delivery, by=ben),
    ):
        with pytest.raises(Denied):
            act()
    with pytest.raises(Stale):
        services.change(webhook, by=anna, version=7, name="x")
    assert services.change(webhook, by=anna, version=1, name="x").name == "x"
    services.remove(webhook, by=anna)
    assert not Webhook.objects.exists()


def test_nobody_has_more_than_twenty():
    anna = make.user()
    for n in range(services.MOST):
        hook(anna, name=str(n))
    with pytest.raises(Conflict):
        hook(anna)


def test_one_pass_reads_the_log_once_for_each_webhook_however_much_there_is(django_assert_num_queries, monkeypatch):
    anna = make.user()
    mine, webhook = make.account(anna), hook(anna)
    for tier in "ABCABC":
        change(mine, tier=tier)
    monkeypatch.setattr(dispatch, "AT_ONCE", 2)
    assert len(told(webhook)) == 6
    with django_assert_num_queries(5):  # which webhooks there are; begin, row, end of the log, commit
        dispatch.read_on()
