"""One caller cannot take the time of all others: what is too much is refused, and refusing it is quick."""

import time

import pytest
from django.conf import settings
from django.urls import reverse

from kam.roles import Role
from tests import make
from tests.clients import api_of, client_of  # noqa: F401 (fixtures)

pytestmark = pytest.mark.django_db
LISTS = ("accounts", "alerts", "plans", "findings", "measure-values", "sell-through", "users")
COSTLY = (
    "(" * 5_000,
    "a" * 50_000 + "!",
    "%" * 5_000,
    "_%" * 5_000,
    "((a+)+)+$" * 500,
    "\\" * 10_000,
    "ﷺ" * 5_000,
    "a\u0301" * 5_000,
)


@pytest.fixture
def lead():
    person = make.user(Role.TEAM_LEAD)
    make.account(team=make.team(person), name="a" * 100)
    return person


@pytest.mark.parametrize("text", COSTLY, ids=lambda text: ascii(text[:9]))
def test_no_text_to_look_for_takes_long(lead, api_of, client_of, text):  # noqa: F811
    api, browser = api_of(lead), client_of(lead)
    began = time.monotonic()
    answers = [api.get(reverse("api-accounts-list"), {"q": text}), browser.get(reverse("accounts:list"), {"q": text})]
    answers += [browser.get(reverse(name), {"q": text}) for name in ("plans:list", "kpis:product-list")]
    assert {answer.status_code for answer in answers} <= {200, 400}
    assert time.monotonic() - began < 3


def test_a_thousand_parameters_are_no_more_than_one(lead, api_of):  # noqa: F811
    api = api_of(lead)
    began = time.monotonic()
    for noun in LISTS:
        deep = "&".join(f"account__parent__parent__team{n}=1" for n in range(900))
        many = "&".join("state=active" for _ in range(900))
        found = [api.get(f"{reverse(f'api-{noun}-list')}?{query}").status_code for query in (deep, many)]
        assert set(found) <= {200, 400}, noun
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("noun", LISTS)
def test_no_list_is_given_out_whole(lead, api_of, noun):  # noqa: F811
    assert api_of(lead).get(reverse(f"api-{noun}-list"), {"page_size": 10**9}).status_code == 400


def test_who_calls_too_often_is_asked_to_wait(lead, api_of, monkeypatch):  # noqa: F811
    from kam.api.throttle import PerToken  # noqa: PLC0415

    monkeypatch.setattr(PerToken, "rate", "3/min", raising=False)
    api, other = api_of(lead), api_of(make.user(Role.TEAM_LEAD))
    answers = [api.get(reverse("api-accounts-list")) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200] * 3 + [429] * 2
    assert 0 < int(answers[-1]["Retry-After"]) <= 60
    assert other.get(reverse("api-accounts-list")).status_code == 200


def test_a_form_of_many_fields_is_refused_unread(lead, client_of):  # noqa: F811
    body = "&".join(f"f{n}=1" for n in range(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1))
    kind = "application/x-www-form-urlencoded"
    assert client_of(lead).post(reverse("accounts:create"), body, content_type=kind).status_code == 400
