"""Every move of a plan in every state by everybody, and what submitting asks for."""

from itertools import product

import pytest

from kam.errors import Conflict, Denied, Stale
from kam.models import Entry
from kam.roles import Role
from kam.workflow import move, moves
from plans.models import Plan, PlanMeasure, Signature
from plans.workflow import SIGN_OFF
from tests import make

pytestmark = pytest.mark.django_db

WRITERS = {"author", "colleague", "team lead", "api client"}
SIGNERS = {"director"}
ALLOWED = {"submit": WRITERS, "withdraw": WRITERS, "sign": SIGNERS, "return": SIGNERS, "supersede": {"nobody"}}
SOURCES = {
    "submit": {"draft", "returned"},
    "withdraw": {"submitted"},
    "sign": {"submitted"},
    "return": {"submitted"},
    "supersede": {"signed"},
}
TARGETS = {
    "submit": "submitted",
    "withdraw": "draft",
    "sign": "signed",
    "return": "returned",
    "supersede": "superseded",
}
PEOPLE = (
    "author",
    "colleague",
    "stranger",
    "team lead",
    "director",
    "director elsewhere",
    "analyst",
    "finance",
    "function member",
    "field",
    "auditor",
    "admin",
    "api client",
    "nobody",
)
IN_TEAM = {
    "team lead": Role.TEAM_LEAD,
    "director": Role.DIRECTOR,
    "analyst": Role.ANALYST,
    "finance": Role.FINANCE,
    "api client": Role.API_CLIENT,
}
ELSEWHERE = {
    "stranger": Role.ACCOUNT_MANAGER,
    "director elsewhere": Role.DIRECTOR,
    "function member": Role.FUNCTION,
    "auditor": Role.AUDITOR,
    "admin": Role.ADMIN,
}


def person(name, account, plan):
    if name == "nobody":
        return None
    if name == "author":
        return plan.author
    user = make.user(IN_TEAM.get(name) or ELSEWHERE.get(name) or {"field": Role.FIELD}.get(name, Role.ACCOUNT_MANAGER))
    if name in IN_TEAM:
        make.team(user)
        account.team = user.teams.get()
        account.save()
    elif name in ("colleague", "field"):
        account.memberships.create(user=user)
    return user


CELLS = [
    (state, name, who)
    for state, name, who in product(Plan.State.values, SIGN_OFF, PEOPLE)
    if who != "nobody" or name == "supersede"
]


@pytest.mark.parametrize(("state", "name", "who"), CELLS)
def test_each_move_in_each_state_by_each_person(state, name, who):
    account = make.account()
    plan = make.full_plan(account, state=state)
    by = person(who, account, plan)

    def attempt():
        return move(plan, SIGN_OFF, name, by=by, note="why", version=1).state

    if state not in SOURCES[name]:
        with pytest.raises(Conflict):
            attempt()
    elif who not in ALLOWED[name]:
        with pytest.raises(Denied):
            attempt()
    else:
        assert attempt() == TARGETS[name]
        return
    plan.refresh_from_db()
    assert (plan.state, plan.version, Entry.objects.count(), Signature.objects.count()) == (state, 1, 0, 0)


def test_the_buttons_of_a_submitted_plan(director_of):
    account = make.account()
    plan = make.full_plan(account, state="submitted")
    director = director_of(account)
    assert [n for n, _step in moves(plan, SIGN_OFF, director)] == ["sign", "return"]
    assert [n for n, _step in moves(plan, SIGN_OFF, plan.author)] == ["withdraw"]


def test_a_director_does_not_sign_what_they_wrote(director_of):
    account = make.account()
    director = director_of(account)
    plan = make.full_plan(account, author=director, state="submitted")
    with pytest.raises(Denied):
        move(plan, SIGN_OFF, "sign", by=director)


def test_an_author_without_access_no_longer_moves_the_plan():
    account = make.account()
    plan = make.full_plan(account)
    account.memberships.all().delete()
    with pytest.raises(Denied):
        move(plan, SIGN_OFF, "submit", by=plan.author)


def test_a_stale_version_is_refused(director_of):
    account = make.account()
    plan = make.full_plan(account, state="submitted", version=3)
    with pytest.raises(Stale) as refused:
        move(plan, SIGN_OFF, "sign", by=director_of(account), version=2)
    assert refused.value.current == plan


def test_returning_asks_why(director_of):
    account = make.account()
    plan = make.full_plan(account, state="submitted")
    with pytest.raises(Conflict, match="reason"):
        move(plan, SIGN_OFF, "return", by=director_of(account), note=" ")


def test_submitting_and_returning_keep_time_and_comment(director_of):
    account = make.account()
    plan = make.full_plan(account)
    plan = move(plan, SIGN_OFF, "submit", by=plan.author, note="Please.")
    assert plan.submitted_at is not None
    plan = move(plan, SIGN_OFF, "return", by=director_of(account), note="Too bold.")
    assert (plan.state, plan.comment) == ("returned", "Too bold.")
    assert [(e.verb, e.reason) for e in Entry.objects.order_by("pk")] == [
        ("submit", "Please."),
        ("return", "Too bold."),
    ]


def refusal(plan):
    with pytest.raises(Conflict) as refused:
        move(plan, SIGN_OFF, "submit", by=plan.author)
    return str(refused.value)


def test_an_empty_plan_says_all_that_is_missing():
    assert refusal(make.plan(make.account())) == (
        "Say where we stand with the account. The plan has no goal yet. The weights sum to 0, not 100."
    )


def test_weights_must_sum_to_100():
    plan = make.full_plan(make.account())
    PlanMeasure.objects.filter(measure="otif").update(weight="49.5")
    assert refusal(plan) == "The weights sum to 99.5, not 100."


def test_goals_need_measures_and_initiatives():
    plan = make.full_plan(make.account())
    make.goal(plan, title="Hold the margin", position=3)
    assert refusal(plan) == "No measure yet: Hold the margin. No initiative yet: Hold the margin."


def test_initiatives_need_an_active_owner_and_a_due_date_within_the_year():
    plan = make.full_plan(make.account())
    first, second = plan.goals.all()
    first.initiatives.update(owner=make.user(is_active=False), due_on="2027-01-01")
    make.initiative(second, due_on=None)
    assert refusal(plan) == (
        "No active owner: initiative 1.1, 2.2. No due date: initiative 2.2. "
        "Due after the year of the plan: initiative 1.1."
    )
