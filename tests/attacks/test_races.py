"""Twenty requests at once for what may happen once: one of them has its effect, and the log has one line of it."""

import threading
from collections import Counter

import pytest
from django.db import connections
from django.urls import reverse

from accounts.models import Account, Alert
from kam.models import Entry, Mail, Webhook
from kam.models.token import SCOPES
from kam.roles import Role
from kam.services import issue_token, remove
from kam.webhooks import services
from kpis.models import Category
from plans.models import Plan, Signature
from tests import make
from tests.clients import Api
from tests.make import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 20


@pytest.fixture
def director():
    return make.user(Role.DIRECTOR, password=PASSWORD)


def statuses(call, person):
    """How often each status was answered to `call(client)`, made by twenty threads released together."""
    _, token = issue_token(user=person, name="t", scopes=SCOPES, days=1, by=None)
    barrier, found = threading.Barrier(AT_ONCE), []

    def run():
        client = Api()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        barrier.wait(60)
        try:
            found.append(call(client).status_code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return Counter(found)


def entries(row):
    return Entry.objects.filter(model=row._meta.label_lower, object_id=str(row.pk)).count()


def test_a_plan_is_signed_once(director):
    plan = make.full_plan(make.account(team=make.team(director)), state="submitted")
    url = reverse("api-plans-move", args=[plan.pk, "sign"])
    body = {"password": PASSWORD, "version": plan.version}
    got = statuses(lambda api: api.post(url, body), director)
    assert (got.pop(200), got.keys() <= {409, 412, 429}) == (1, True)  # 429: a password is not tried that often
    assert (Plan.objects.get(pk=plan.pk).state, Signature.objects.count(), entries(plan)) == ("signed", 1, 1)


def test_an_alert_moves_once(director):
    alert = make.alert(make.account(team=make.team(director)))
    url = reverse("api-alerts-move", args=[alert.pk, "acknowledge"])
    got = statuses(lambda api: api.post(url, {"version": alert.version}), director)
    assert (got.pop(200), got.keys() <= {409, 412}) == (1, True)
    assert (Alert.objects.get(pk=alert.pk).state, entries(alert)) == ("acknowledged", 1)


def test_a_row_is_changed_once_for_each_version(director):
    account = make.account(team=make.team(director))
    url, tag = reverse("api-accounts-detail", args=[account.pk]), f'"{account.version}"'
    got = statuses(lambda api: api.patch(url, {"name": "New"}, HTTP_IF_MATCH=tag), director)
    account.refresh_from_db()
    assert (got, account.version, entries(account)) == ({200: 1, 412: AT_ONCE - 1}, 2, 1)


def test_a_code_is_given_once(director):
    team = make.team(director)
    body = {"code": "K-1", "name": "New", "country": "DE", "currency": "EUR", "team": team.pk}
    got = statuses(lambda api: api.post(reverse("api-accounts-list"), body), director)
    assert (got.pop(201), got.keys() <= {400, 409}, Account.objects.filter(code="K-1").count()) == (1, True, 1)


def test_a_removal_is_brought_back_once(director):
    gone = Category.objects.create(code="C-1", name="Balls")
    removal = remove(gone, by=director, undo_if="kpis.access.may_keep_catalogue")
    got = statuses(lambda api: api.post(reverse("api-removals-undo", args=[removal.pk])), director)
    assert (got, Category.objects.count()) == ({200: 1, 409: AT_ONCE - 1}, 1)
    assert Entry.objects.filter(model="kpis.category", verb="restored").count() == 1


def test_nobody_has_more_webhooks_than_one_may_have(director):
    for number in range(services.MOST - 1):
        Webhook.objects.create(user=director, name=str(number), url="https://example.com/", events=["*.*:*"])
    body = {"name": "Last", "url": "https://example.com/", "events": ["*.*:*"]}
    got = statuses(lambda api: api.post(reverse("api-webhooks-list"), body), director)
    assert (got, Webhook.objects.count()) == ({201: 1, 409: AT_ONCE - 1}, services.MOST)


def test_a_revision_is_begun_once(director):
    plan = make.full_plan(make.account(team=make.team(director)), author=director, state="signed")
    got = statuses(lambda api: api.post(reverse("api-plans-revise", args=[plan.pk])), director)
    assert (got.pop(201), got.keys() <= {400, 403, 409}, Plan.objects.count()) == (1, True, 2)


def test_somebody_is_invited_once():
    admin, body = make.user(Role.ADMIN), {"name": "New", "email": "new@example.com", "role": "analyst"}
    got = statuses(lambda api: api.post(reverse("api-users-list"), body), admin)
    assert (got.pop(201), got.keys() <= {400, 409}, Mail.objects.count()) == (1, True, 1)
