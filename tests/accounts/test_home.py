"""Home: what changed, what is at stake, what to do first."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.views.home import COOKIE, Visit
from kam.audit import log
from kam.roles import DataClass, Role
from tests import make

pytestmark = pytest.mark.django_db


def home(client, query=""):
    return client.get(f"/{query}")


def groups(response):
    return [(g["account"].code, [a["amount"] for a in g["alerts"]]) for g in response.context["groups"]]


def test_accounts_come_by_money_at_stake(client_of):
    user = make.user()
    for code, stakes in (("A", (10_000,)), ("B", (40_000, 30_000)), ("C", (None,))):
        account = make.account(user, code=code)
        for stake in stakes:
            make.alert(account, at_stake=stake, currency="EUR" if stake else "")
    assert groups(home(client_of(user))) == [("B", ["40", "30"]), ("A", ["10"]), ("C", ["–"])]


def at_stake(*accounts):
    """An alert for each (number of the account, its currency, money at stake, currency of that)."""
    user = make.user()
    for code, own, stake, currency in accounts:
        make.alert(make.account(user, code=code, currency=own), at_stake=stake, currency=currency)
    return user


FOREIGN = [(f"F{n:02}", "EUR", 90_000 + n, "USD") for n in range(40)]
OWN = [(f"O{n:02}", "EUR", 10_000 * n, "EUR") for n in range(1, 11)]
NONE = [(f"N{n:02}", "EUR", None, "") for n in range(3)]


@pytest.mark.parametrize(
    ("alerts", "first"),
    [
        (FOREIGN[:3] + OWN, "O10 O09 O08 O07 O06 O05 O04 O03"),
        (FOREIGN + OWN, "O10 O09 O08 O07 O06 O05 O04 O03"),
        (FOREIGN[:2] + OWN[:3] + NONE, "O03 O02 O01 F00 F01 N00 N01 N02"),
        (FOREIGN + OWN[:3], "O03 O02 O01 F08 F09 F10 F11 F12"),
    ],
)
def test_money_in_another_currency_than_the_accounts_does_not_rank_it(client_of, alerts, first):
    found = groups(home(client_of(at_stake(*alerts))))
    assert [code for code, _amounts in found] == first.split()


def test_within_an_account_the_worst_comes_first(client_of):
    user = make.user()
    account = make.account(user)
    for severity, stake in (("notice", 9000), ("critical", 1000), ("warning", 5000)):
        make.alert(account, severity=severity, at_stake=stake, currency="EUR")
    (group,) = home(client_of(user)).context["groups"]
    assert [a["level"] for a in group["alerts"]] == ["bad", "warning", "info"]


def test_currencies_are_named_when_there_are_several(client_of):
    user = make.user()
    for currency, stake in (("EUR", 20_000), ("USD", 10_000)):
        make.alert(make.account(user, currency=currency), at_stake=stake, currency=currency)
    response = home(client_of(user))
    amounts = [a.replace("\N{NO-BREAK SPACE}", " ") for _code, found in groups(response) for a in found]
    assert (amounts, response.context["unit"]) == (["€ 20 k", "$ 10 k"], "")
    assert response.context["at_stake"].replace("\N{NO-BREAK SPACE}", " ") == "€ 20 k, $ 10 k"


def test_only_open_alerts_that_the_reader_may_see(client_of):
    user = make.user(Role.ANALYST)
    account = make.account(team=make.team(user))
    make.alert(account, shown_to=DataClass.KPI, at_stake=1000, currency="EUR")
    make.alert(account, shown_to=DataClass.TERMS, at_stake=5000, currency="EUR")
    make.alert(account, state="acknowledged", at_stake=5000, currency="EUR")
    make.alert(make.account(), at_stake=5000, currency="EUR")
    response = home(client_of(user))
    assert (groups(response), response.context["alerts_open"]) == ([(account.code, ["1"])], 1)


def test_many_alerts_of_one_account_leave_room_for_others(client_of):
    user = make.user()
    big, small = make.account(user), make.account(user)
    for _ in range(9):
        make.alert(big, at_stake=1000, currency="EUR")
    make.alert(small)
    assert [len(found) for _code, found in groups(home(client_of(user)))] == [4, 1]


def test_the_greeting_counts_what_others_changed_on_visible_accounts(client_of):
    user, other = make.user(), make.user()
    mine, foreign = make.account(user), make.account()
    for account, by in ((mine, other), (mine, None), (mine, user), (foreign, other)):
        log(account, "changed", by=by)
    context = home(client_of(user)).context
    assert (context["changes"], context["changed_accounts"]) == (2, 1)


@pytest.mark.parametrize(("window", "days"), [("1", 1), ("7", 7)])
def test_the_window_can_be_chosen(client_of, window, days):
    context = home(client_of(make.user()), f"?since={window}").context
    assert abs(timezone.now() - context["since"] - timedelta(days=days)) < timedelta(minutes=1)
    assert context["window"] == window


def test_alerts_raised_in_the_window_are_new(client_of):
    user = make.user()
    account = make.account(user)
    today = timezone.now().date()
    make.alert(account, raised_on=today, at_stake=2000, currency="EUR")
    make.alert(account, raised_on=today - timedelta(days=30), at_stake=1000, currency="EUR")
    (group,) = home(client_of(user)).context["groups"]
    assert [a["note"] for a in group["alerts"]] == ["new", ""]


def test_what_is_due_is_counted(client_of):
    user = make.user()
    today = timezone.localdate()
    for days in (-1, 0, 1):
        make.alert(make.account(user), act_by=today + timedelta(days=days))
    assert home(client_of(user)).context["due"] == 2


@pytest.mark.parametrize(
    ("has_account", "text"),
    [(True, "Nothing needs attention"), (False, "You do not look after an account yet")],
)
def test_an_empty_home_says_what_will_appear(client_of, has_account, text):
    user = make.user()
    if has_account:
        make.account(user)
    assert text in home(client_of(user)).content.decode()


@pytest.mark.parametrize("role", Role)
def test_every_role_has_a_home(client_of, role):
    assert home(client_of(make.user(role))).status_code == 200


def test_strangers_are_asked_to_sign_in(client):
    assert home(client).status_code == 302


# Visits


def read(text, now, user=None):
    return Visit.read(text, user or make.user(), now)


def test_the_first_visit_looks_back_a_day():
    now = timezone.now()
    assert read("", now).since == now - timedelta(days=1)


def test_looking_again_soon_belongs_to_the_same_visit():
    user, now = make.user(), timezone.now()
    before = Visit(now - timedelta(days=3), now - timedelta(minutes=10))
    assert Visit.read(before.text(user), user, now).since == now - timedelta(days=3)


def test_after_half_an_hour_a_new_visit_begins():
    user, now = make.user(), timezone.now()
    latest = now - timedelta(minutes=31)
    assert Visit.read(Visit(now - timedelta(days=3), latest).text(user), user, now).since == latest


@pytest.mark.parametrize(
    "text",
    ["x", "1|2|3", "||", "{user}|2999-01-01T00:00:00+00:00|2999-01-01T00:00:00+00:00", "{user}|2020-01-01|x"],
)
def test_a_damaged_cookie_is_as_good_as_none(text):
    user, now = make.user(), timezone.now()
    assert Visit.read(text.format(user=user.pk), user, now).since == now - timedelta(days=1)


def test_somebody_elses_cookie_does_not_count():
    user, now = make.user(), timezone.now()
    text = Visit(now - timedelta(days=9), now).text(make.user())
    assert Visit.read(text, user, now).since == now - timedelta(days=1)


def test_a_look_is_remembered(client_of):
    user = make.user()
    client = client_of(user)
    home(client)
    assert client.cookies[COOKIE].value.startswith(f"{user.pk}|")
