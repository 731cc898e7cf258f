"""Writing plans: versions, refusals, revisions, and what the database itself refuses."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction

from kam.errors import Conflict, Denied, Stale
from kam.models import Entry
from plans import services
from plans.models import Goal, Initiative, Plan, PlanMeasure, Signature
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return make.account()


@pytest.fixture
def signed(account, director_of):
    plan = make.full_plan(account, state="submitted")
    Signature.objects.create(plan=plan, signer=director_of(account), snapshot={}, content_hash="0" * 64)
    Plan.objects.update(state="signed")
    plan.refresh_from_db()
    return plan


def test_whoever_looks_after_the_account_starts_a_plan():
    user = make.user()
    account = make.account(user)
    plan = services.create_plan(account=account, year=2027, by=user, white_space="41 of 84 stores")
    assert (plan.state, plan.revision, plan.author, plan.white_space) == ("draft", 1, user, "41 of 84 stores")
    assert Entry.objects.get().verb == "created"


def test_a_stranger_starts_no_plan(account):
    with pytest.raises(Denied):
        services.create_plan(account=account, year=2027, by=make.user())
    assert Plan.objects.count() == 0


def test_a_year_has_one_first_revision(account):
    plan = make.plan(account)
    with pytest.raises(ValidationError, match="exists already"):
        services.create_plan(account=account, year=2026, by=plan.author)


def test_saving_words_counts_the_version_and_keeps_what_was(account):
    plan = make.plan(account, where_we_stand="before")
    saved = services.change_plan(plan, by=plan.author, version=1, where_we_stand="after")
    entry = Entry.objects.get()
    assert (saved.version, entry.before, entry.after) == (2, {"where_we_stand": "before"}, {"where_we_stand": "after"})


def test_a_stale_save_is_refused(account):
    plan = make.plan(account)
    services.change_plan(plan, by=plan.author, version=1, white_space="mine")
    with pytest.raises(Stale):
        services.change_plan(plan, by=plan.author, version=1, white_space="theirs")


def test_rows_are_added_in_order_changed_and_removed(account):
    plan = make.plan(account)
    by = plan.author
    first = services.add_goal(plan=plan, by=by, title="Grow")
    second = services.add_goal(plan=plan, by=by, title="Deliver")
    assert [first.position, second.position] == [1, 2]
    work = services.add_initiative(goal=first, by=by, title="Launch", owner=by, due_on=date(2026, 3, 1))
    work = services.change_initiative(work, by=by, version=1, budget=Decimal("95.00"))
    figure = services.add_measure(goal=first, by=by, measure="sell_in", target=Decimal(3200), weight=40)
    figure = services.change_measure(figure, by=by, version=1, weight=Decimal(100))
    assert (work.version, figure.version, figure.weight) == (2, 2, Decimal(100))
    services.remove_row(work, by=by, version=2)
    services.remove_row(second, by=by, version=1)
    assert (Goal.objects.get(), Initiative.objects.count()) == (first, 0)
    assert [e.verb for e in Entry.objects.order_by("pk")] == [
        *("created", "created", "created", "changed", "created", "changed", "removed", "removed")
    ]


def test_the_same_figure_in_other_decimals_is_no_change(account):
    row = make.plan_measure(make.goal(make.plan(account)), target="0.9300")
    by = row.goal.plan.author
    assert services.change_measure(row, by=by, version=1, target=Decimal("0.93")).version == 1
    services.change_measure(row, by=by, version=1, target=Decimal("0.94"))
    assert Entry.objects.get().after == {"target": "0.9400"}
    with pytest.raises(ValidationError, match="decimal places"):
        services.change_measure(row, by=by, version=2, target=Decimal("0.93001"))


def test_a_stale_removal_is_refused(account):
    goal = make.goal(make.plan(account), version=2)
    with pytest.raises(Stale):
        services.remove_row(goal, by=goal.plan.author, version=1)


def test_an_unknown_measure_is_refused(account):
    goal = make.goal(make.plan(account))
    with pytest.raises(ValidationError, match="no measure"):
        services.add_measure(goal=goal, by=goal.plan.author, measure="karma", target=1)


@pytest.mark.parametrize("state", ["submitted", "signed", "superseded"])
def test_only_drafts_and_returned_plans_are_edited(account, state):
    plan = make.full_plan(account)
    Plan.objects.update(state=state)
    goal = plan.goals.first()
    with pytest.raises(Conflict):
        services.change_plan(plan, by=plan.author, version=1, white_space="x")
    with pytest.raises(Conflict):
        services.add_goal(plan=plan, by=plan.author, title="x")
    with pytest.raises(Conflict):
        services.change_goal(goal, by=plan.author, version=1, title="x")
    with pytest.raises(Conflict):
        services.remove_row(goal, by=plan.author)


def test_a_director_does_not_edit_what_they_may_sign(account, director_of):
    plan = make.plan(account)
    with pytest.raises(Denied):
        services.change_plan(plan, by=director_of(account), version=1, white_space="x")


def test_a_new_revision_copies_everything(signed, django_assert_num_queries):
    draft = services.new_revision(signed, by=signed.author)
    assert (draft.state, draft.revision, draft.where_we_stand) == ("draft", 2, signed.where_we_stand)
    for rows in (lambda p: p.goals, lambda p: Initiative.objects.filter(goal__plan=p)):
        assert [row.title for row in rows(draft).all()] == [row.title for row in rows(signed).all()]
    figures = [(m.measure, m.target, m.weight) for m in PlanMeasure.objects.filter(goal__plan=draft)]
    assert figures == [("sell_in", Decimal(1000), Decimal(50)), ("otif", Decimal("0.95"), Decimal(50))]


def test_one_revision_is_in_the_making_at_a_time(signed):
    services.new_revision(signed, by=signed.author)
    with pytest.raises(Conflict, match="in the making"):
        services.new_revision(signed, by=signed.author)


def test_a_draft_is_not_revised(account):
    plan = make.plan(account)
    with pytest.raises(Conflict):
        services.new_revision(plan, by=plan.author)


FORBIDDEN = (
    "UPDATE plans_plan SET where_we_stand = 'rosy'",
    "UPDATE plans_plan SET state = 'draft'",
    "UPDATE plans_plan SET author_id = NULL",
    "DELETE FROM plans_plan",
    "UPDATE plans_goal SET title = 'x'",
    "DELETE FROM plans_goal",
    "UPDATE plans_initiative SET due_on = '2026-12-31'",
    "DELETE FROM plans_initiative",
    "INSERT INTO plans_goal (version, created_at, updated_at, position, title, plan_id)"
    " SELECT 1, now(), now(), 9, 'x', id FROM plans_plan",
    "UPDATE plans_planmeasure SET target = 1",
    "UPDATE plans_planmeasure SET actual = 1, weight = 1",
    "DELETE FROM plans_planmeasure",
    "UPDATE plans_signature SET comment = 'x'",
    "DELETE FROM plans_signature",
    "TRUNCATE plans_signature",
)


@pytest.mark.parametrize("sql", FORBIDDEN)
def test_the_database_refuses_to_change_what_is_signed(signed, sql):
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_a_goal_cannot_be_moved_into_a_signed_plan(signed, account):
    goal = make.goal(make.plan(account, revision=2, author=signed.author))
    with pytest.raises(DatabaseError), transaction.atomic():
        Goal.objects.filter(pk=goal.pk).update(plan=signed)


def test_the_night_may_fill_actuals_and_a_newer_revision_may_replace(signed):
    PlanMeasure.objects.update(actual=Decimal("0.93"), as_of=date(2026, 11, 21))
    assert Plan.objects.filter(pk=signed.pk).update(state="superseded") == 1
    with pytest.raises(DatabaseError), transaction.atomic():
        Plan.objects.filter(pk=signed.pk).update(state="signed")
