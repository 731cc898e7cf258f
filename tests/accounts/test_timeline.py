"""The audit log of an account, told to a person."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from accounts import services
from accounts.alerts import AlertRow, raise_alerts
from accounts.timeline import VERBS, entries_of_account, tell
from kam.night import Night
from kam.roles import DataClass, Role
from kam.services import remove
from kpis.imports.services import TOLD
from tests import make
from tests.accounts.test_alerts import MONDAY

pytestmark = pytest.mark.django_db


def told(account, user):
    return [(event["text"], event["by"]) for event in tell(entries_of_account(account, user))]


def test_whatever_the_log_is_given_has_its_words():
    written = set(TOLD.values())
    for floor in ("kam", "accounts", "kpis", "tradeterms", "plans"):
        for file in (Path(settings.BASE_DIR) / floor).rglob("*.py"):
            code = file.read_text()
            written |= set(re.findall(r'\blog\([^,()]+, "([a-z_]+)"', code))
            written |= set(re.findall(r'^ {4}"([a-z_]+)": Step\(', code, re.MULTILINE))
    assert {"created", "sign", "imported", "tested"} <= written
    assert written - set(VERBS) == set()


def test_it_names_what_was_done_to_what_by_whom():
    user = make.user(name="Ann")
    account = make.account(user, tier="B", name="Halvorn")
    services.change_account(account, by=user, version=1, tier="A", name="Halvorn AG", languages=["de", "en"])
    services.create_store(by=user, account=account, code="S1", name="Leipzig")
    services.change_account(account, by=None, version=2, owner=user)
    assert told(account, user) == [
        ("Account changed: Account manager", "Night run"),
        ("Store added: S1 Leipzig", "Ann"),
        ("Account changed: Name Halvorn → Halvorn AG, Tier B → A, Languages – → de, en", "Ann"),
    ]


def test_alerts_come_and_go():
    user = make.user()
    account = make.account(user)
    rows = [AlertRow(account.pk, "x", shown_to=DataClass.FINANCE)]
    raise_alerts(rows, code="unknown_rule", night=Night(MONDAY))
    raise_alerts([], code="unknown_rule", night=Night(MONDAY))
    assert told(account, user) == [
        ("Alert no longer so: unknown_rule", "Night run"),
        ("Alert raised: unknown_rule", "Night run"),
    ]
    assert told(account, make.user(Role.ANALYST)) == []


def test_a_reason_is_quoted():
    user = make.user()
    account = make.account(user)
    remove(account.memberships.get(), by=user, reason="moved to Lyon")
    assert told(account, user) == [(f"Membership removed: {user} – {account}, “moved to Lyon”", user.name)]


def test_it_speaks_chinese_with_its_own_marks():
    user = make.user()
    account = make.account(user)
    services.create_store(by=user, account=account, code="S1", name="Leipzig")
    with translation.override("zh-hans"):
        assert ("门店已新增：S1 Leipzig", user.name) in told(account, user)
