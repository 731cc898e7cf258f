"""Nobody learns from a refusal what they may not see: what is taken, what is there, whose it is.

Codes of accounts and numbers of agreements are unique in the whole house, so whoever may create one is told that theirs
is taken; the refusal is the same whether they see the other row or not, and names nothing of it. Who may not create
learns nothing at all.
"""

import pytest
from django.db import transaction
from django.urls import reverse

from accounts.models import Account
from kam.roles import Role
from tests import policy, world
from tests.test_access import token_client
from tradeterms.models import Agreement

pytestmark = pytest.mark.django_db
FREE = "NOBODY-HAS-THIS"


@pytest.fixture(scope="module")
def here(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        yield world.build()
        transaction.set_rollback(True)


@pytest.fixture
def browser_of(client, here):
    def sign_in(role):
        client.force_login(here.people[role])
        return client

    return sign_in


def account(code, here):
    return {"code": code, "name": "New", "country": "DE", "currency": "EUR", "team": here.team.pk}


@pytest.mark.parametrize("role", sorted(policy.WRITES["account"]["create"]))
def test_a_code_that_is_taken_is_refused_alike_whoever_has_it(here, role):
    api = token_client(here, role)
    answers = [api.post(reverse("api-accounts-list"), account(code, here)) for code in ("OWN", "FOREIGN", "GROUP")]
    assert {answer.status_code for answer in answers} == {400}
    assert len({str(answer.json()["errors"]) for answer in answers}) == 1
    assert "code" in answers[0].json()["errors"]
    assert not any(here.foreign.account.name in answer.content.decode() for answer in answers)


@pytest.mark.parametrize("role", sorted(set(Role) - policy.WRITES["account"]["create"]))
def test_who_may_not_open_an_account_does_not_learn_which_codes_are_taken(here, role):
    api = token_client(here, role)
    url = reverse("api-accounts-list")
    answers = [api.post(url, account(code, here)) for code in ("OWN", "FOREIGN", FREE)]
    assert {(answer.status_code, answer.content) for answer in answers} == {(403, answers[0].content)}
    assert not Account.objects.filter(code=FREE).exists()


def test_the_code_of_an_account_one_sees_cannot_be_changed_into_a_question(here):
    """The account manager may edit an account: the same answer for each code that is taken, no name in it."""
    own = here.own.account
    api = token_client(here, Role.ACCOUNT_MANAGER)
    url, tag = reverse("api-accounts-detail", args=[own.pk]), f'"{own.version}"'
    answers = [api.patch(url, {"code": code}, HTTP_IF_MATCH=tag) for code in ("FOREIGN", "CHILD")]
    assert {(answer.status_code, str(answer.json().get("errors"))) for answer in answers} == {
        (400, str(answers[0].json()["errors"]))
    }


def test_a_number_of_an_agreement_that_is_taken_is_refused_alike_whoever_has_it(here, browser_of):
    url = reverse("tradeterms:create")
    form = {"account": here.own.account.pk, "title": "New", "currency": "EUR", "starts": "2026-01-01"}
    told = []
    for agreement in (here.own.agreement, here.foreign.agreement):
        answer = browser_of(Role.TEAM_LEAD).post(url, form | {"number": agreement.number, "ends": "2026-12-31"})
        errors = answer.context["form"].errors.as_json()
        told.append((answer.status_code, errors.replace(agreement.number, "N")))
        assert "Foreign" not in errors
    assert told == [(422, told[0][1])] * 2
    assert Agreement.objects.filter(title="New").count() == 0


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.AUDITOR}))
def test_a_row_of_others_answers_like_one_that_is_not_there(here, role):
    """The same status and the same words, so that nothing can be counted by trying numbers."""
    api, answers = token_client(here, role), {}
    for name, row in (("accounts", here.foreign.account), ("plans", here.foreign.plan), ("terms", here.foreign.term)):
        for pk in (row.pk, 10**9):
            answer = api.get(reverse(f"api-{name}-detail", args=[pk]))
            answers.setdefault(name, set()).add((answer.status_code, answer.json()["detail"]))
    assert answers == {name: {(404, next(iter(found))[1])} for name, found in answers.items()}
