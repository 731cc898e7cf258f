"""A person's own webhooks, on pages and over the API."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from kam.audit import log
from kam.models import Delivery, Webhook
from kam.services import issue_token
from kam.webhooks import services, signing
from tests import make

pytestmark = pytest.mark.django_db
URL = "https://example.com/hook"


@pytest.fixture
def anna(client):
    user = make.user()
    client.force_login(user)
    return user


def hook(user, **kw):
    return services.create(**{"by": user, "name": "Warehouse", "url": URL, "events": ["*.*:*"]} | kw)[0]


def delivery(webhook, **kw):
    return Delivery.objects.create(webhook=webhook, entry=log(webhook, "tested", by=webhook.user), **kw)


def page(name, row=None):
    return reverse(f"me-{name}", args=[row.pk] if row else [])


def test_the_list_shows_ones_own_webhooks_and_how_they_stand(client, anna):
    hook(anna)
    paused = hook(anna, name="Paused one")
    Webhook.objects.filter(pk=paused.pk).update(failures=6, paused_until=timezone.now() + timedelta(hours=1))
    hook(make.user(), name="Somebody else's")
    text = client.get(page("webhooks")).content.decode()
    assert [word in text for word in ("Warehouse", "Paused one", "Paused", "Somebody else")] == [
        True,
        True,
        True,
        False,
    ]


def test_an_empty_list_says_what_a_webhook_is_for(client, anna):
    assert "No webhooks yet" in client.get(page("webhooks")).content.decode()


def test_a_new_webhook_shows_its_key_once(client, anna):
    answer = client.post(page("webhook-new"), {"name": "W", "url": URL, "chosen": ["*.*:*"], "more": "plans.plan:sign"})
    webhook = Webhook.objects.get()
    (key,) = signing.keys(webhook.sealed_secret)
    assert (answer.status_code, key in answer.content.decode()) == (201, True)
    assert webhook.events == ["*.*:*", "plans.plan:sign"]
    assert key not in client.get(page("webhook", webhook)).content.decode()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"url": "https://127.0.0.1/"}, "The address must name a machine on the internet."),
        ({"url": "http://example.com/"}, "The address must begin with https://."),
        ({"chosen": []}, "Choose at least one event."),
        ({"chosen": [], "more": "nonsense"}, "is not an event"),
        ({"name": ""}, "This field is required."),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(client, anna, wrong, said):
    answer = client.post(page("webhook-new"), {"name": "W", "url": URL, "chosen": ["*.*:*"], "more": ""} | wrong)
    assert (answer.status_code, said in answer.content.decode()) == (422, True)
    assert not Webhook.objects.exists()


def test_a_webhook_is_edited_against_the_version_one_has_seen(client, anna):
    webhook = hook(anna, events=["plans.plan:*", "plans.plan:sign"])
    form = client.get(page("webhook-edit", webhook)).content.decode()
    assert 'value="plans.plan:sign"' in form
    body = {"name": "New name", "url": URL, "chosen": ["plans.plan:*"], "more": "", "version": 1}
    assert client.post(page("webhook-edit", webhook), body).status_code == 302
    webhook.refresh_from_db()
    assert (webhook.name, webhook.is_active, webhook.events) == ("New name", False, ["plans.plan:*"])
    assert client.post(page("webhook-edit", webhook), body | {"name": "Late"}).status_code == 409


def test_the_page_of_a_webhook_shows_deliveries_by_state(client, anna):
    webhook = hook(anna)
    delivery(webhook, state="dead", status=503, error="refused", attempt=9)
    delivery(webhook, state="sent", status=204, attempt=1)
    text = client.get(page("webhook", webhook)).content.decode()
    assert ["503 It did not take the event." in text, "204" in text, "Send again" in text] == [True, True, True]
    only_sent = client.get(page("webhook", webhook) + "?state=sent").content.decode()
    assert ["503" in only_sent, "204" in only_sent] == [False, True]


@pytest.mark.parametrize("count", [1, 3])
def test_a_page_costs_the_same_queries_for_any_number_of_rows(client, anna, django_assert_max_num_queries, count):
    hooks = [hook(anna) for _n in range(count)]
    for _n in range(count):
        delivery(hooks[0])
    with django_assert_max_num_queries(9):
        client.get(page("webhooks"))
    with django_assert_max_num_queries(11):
        client.get(page("webhook", hooks[0]))


def test_a_test_event_a_new_key_sending_again_and_removing(client, anna):
    webhook = hook(anna)
    before = signing.keys(webhook.sealed_secret)
    client.post(page("webhook-test", webhook))
    assert Delivery.objects.get().entry.verb == "tested"
    answer = client.post(page("webhook-secret", webhook))
    webhook.refresh_from_db()
    new = signing.keys(webhook.sealed_secret)
    assert (new[1:], new[0] in answer.content.decode()) == (before, True)
    dead = delivery(webhook, state="dead")
    client.post(page("delivery-retry", dead))
    dead.refresh_from_db()
    assert dead.state == "waiting"
    assert "Only what was given up" in client.post(page("delivery-retry", dead), follow=True).content.decode()
    client.post(page("webhook-remove", webhook))
    assert not Webhook.objects.exists()


def test_nothing_of_somebody_else_is_there(client, anna):
    webhook = hook(make.user())
    dead = delivery(webhook, state="dead")
    gets = [client.get(page(name, webhook)).status_code for name in ("webhook", "webhook-edit")]
    names = ("webhook-edit", "webhook-remove", "webhook-secret", "webhook-test")
    posts = [client.post(page(name, webhook), {"version": 1}).status_code for name in names]
    assert [*gets, *posts, client.post(page("delivery-retry", dead)).status_code] == [404] * 7
    dead.refresh_from_db()
    assert (dead.state, Webhook.objects.get().version) == ("dead", 1)


@pytest.mark.parametrize("name", ["webhook-remove", "webhook-secret", "webhook-test"])
def test_nothing_happens_by_looking(client, anna, name):
    assert client.get(page(name, hook(anna))).status_code == 405


@pytest.fixture
def api(anna):
    client = APIClient()
    token = issue_token(user=anna, name="t", scopes=["webhooks:read", "webhooks:write"], days=1, by=None)[1]
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def test_the_api_makes_changes_and_removes(api, anna):
    made = api.post("/api/v1/webhooks/", {"name": "W", "url": URL, "events": ["*.*:*"]})
    assert (made.status_code, made.json()["secret"][:6]) == (201, "whsec_")
    address = f"/api/v1/webhooks/{made.json()['id']}/"
    found = api.get(address)
    assert "secret" not in found.json()
    changed = api.patch(address, {"name": "X"}, headers={"If-Match": found["ETag"]})
    assert changed.json()["name"] == "X"
    assert api.patch(address, {"name": "Y"}, headers={"If-Match": found["ETag"]}).status_code == 412
    assert api.patch(address, {"failures": 0}, headers={"If-Match": changed["ETag"]}).status_code == 400
    assert api.post(f"{address}rotate/").json()["secret"] != made.json()["secret"]
    assert api.post(f"{address}test/").status_code == 202
    (event,) = api.get("/api/v1/deliveries/").json()["results"]
    assert (event["type"], event["state"]) == ("kam.webhook.tested", "waiting")
    assert api.post(f"/api/v1/deliveries/{event['id']}/retry/").status_code == 409
    Delivery.objects.update(state="dead")
    assert api.post(f"/api/v1/deliveries/{event['id']}/retry/").json()["state"] == "waiting"
    now = api.get(address)
    assert api.delete(address, headers={"If-Match": now["ETag"]}).status_code == 204


@pytest.mark.parametrize(
    "body",
    [
        {"url": "https://169.254.169.254/"},
        {"url": "gopher://example.com/"},
        {"events": ["nonsense"]},
        {"events": []},
        {"user": 1},
        {"sealed_secret": "x"},
    ],
)
def test_the_api_refuses_what_is_wrong(api, body):
    answer = api.post("/api/v1/webhooks/", {"name": "W", "url": URL, "events": ["*.*:*"]} | body)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, list(body))
    assert not Webhook.objects.exists()


def test_a_token_without_the_scope_is_refused(anna):
    client = APIClient()
    token = issue_token(user=anna, name="t", scopes=["accounts:write", "webhooks:read"], days=1, by=None)[1]
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    assert client.get("/api/v1/webhooks/").status_code == 200
    assert client.post("/api/v1/webhooks/", {}).status_code == 403
