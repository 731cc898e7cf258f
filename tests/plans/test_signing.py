"""Signing: what is frozen, under which hash, and who can make it twice (nobody)."""

import hashlib
import json
import threading
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.utils import timezone

from kam.errors import Conflict, Denied, Stale
from kam.models import Entry
from kam.workflow import move
from plans import services, signing
from plans.models import Plan, PlanMeasure, Signature
from plans.workflow import SIGN_OFF
from tests import make
from tests.make import PASSWORD

pytestmark = pytest.mark.django_db

RACES = 200


@pytest.fixture
def account():
    return make.account(name="Halvorn Sport AG")


def sign(plan, by, **kw):
    return services.sign(plan, by=by, **{"version": plan.version, "confirmed_at": timezone.now()} | kw)


def state_of(plan):
    return Plan.objects.values_list("state", flat=True).get(pk=plan.pk)


def test_the_signature_freezes_the_plan_under_its_hash(account, director_of):
    plan = make.full_plan(account, state="submitted")
    director = director_of(account)
    sign(plan, director, comment="On condition that supply confirms.")
    signature = Signature.objects.get()
    assert (state_of(plan), signature.signer, signature.comment, signature.previous_hash) == (
        *("signed", director),
        *("On condition that supply confirms.", ""),
    )
    text = json.dumps(signature.snapshot, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert signature.content_hash == hashlib.sha256(f"\n{text}".encode()).hexdigest()
    assert signature.snapshot["account"]["name"] == "Halvorn Sport AG"
    assert [goal["measures"][0]["target"] for goal in signature.snapshot["goals"]] == ["1000.0000", "0.9500"]


def test_the_audit_log_has_one_entry_of_it(account, director_of):
    plan = make.full_plan(account, state="submitted")
    sign(plan, director_of(account), comment="Good.")
    entry = Entry.objects.get()
    assert (entry.verb, entry.before, entry.after, entry.reason) == (
        *("sign", {"state": "submitted"}),
        *({"state": "signed"}, "Good."),
    )


def test_a_signed_revision_replaces_the_older_one_and_continues_its_chain(account, director_of):
    first = make.full_plan(account, state="submitted")
    sign(first, director_of(account))
    second = services.new_revision(first, by=first.author)
    second = move(second, SIGN_OFF, "submit", by=first.author)
    sign(second, director_of(account))
    assert (state_of(first), state_of(second)) == ("superseded", "signed")
    older, newer = Signature.objects.order_by("pk")
    assert newer.previous_hash == older.content_hash
    assert newer.content_hash == signing.chained(older.content_hash, newer.snapshot)


def test_an_older_revision_cannot_replace_a_newer_one(account, director_of):
    author = make.full_plan(account, revision=2, state="signed").author
    older = make.full_plan(account, revision=1, state="submitted", author=author)
    with pytest.raises(Conflict, match="signed already"):
        sign(older, director_of(account))
    assert (state_of(older), Signature.objects.count()) == ("submitted", 0)


@pytest.mark.parametrize("name", sorted(SIGN_OFF))
def test_a_signature_cannot_be_undone_or_repeated(account, director_of, name):
    plan = make.full_plan(account, state="submitted")
    director = director_of(account)
    sign(plan, director)
    for by in (director, plan.author, director_of(account)):
        with pytest.raises((Conflict, Denied)):
            move(plan, SIGN_OFF, name, by=by, note="undo")
    assert (state_of(plan), Signature.objects.count()) == ("signed", 1)


def test_the_password_shows_who_signs(account, director_of):
    director = director_of(account, password=PASSWORD)
    plan = make.full_plan(account, state="submitted")
    with pytest.raises(services.NotConfirmed, match="not your password"):
        services.sign(plan, by=director, version=1, password="guess")
    with pytest.raises(services.NotConfirmed, match="Confirm"):
        services.sign(plan, by=director, version=1)
    assert (state_of(plan), Entry.objects.count()) == ("submitted", 0)
    services.sign(plan, by=director, version=1, password=PASSWORD)
    assert state_of(plan) == "signed"


def test_a_confirmation_lasts_five_minutes(account, director_of):
    plan = make.full_plan(account, state="submitted")
    late = timezone.now() - timedelta(minutes=5, seconds=1)
    with pytest.raises(services.NotConfirmed):
        sign(plan, director_of(account), confirmed_at=late)


def test_what_was_seen_is_what_is_signed(account, director_of):
    plan = make.full_plan(account, state="submitted")
    seen = signing.content(plan).content_hash
    PlanMeasure.objects.filter(measure="otif").update(actual="0.931")
    with pytest.raises(Stale):
        sign(plan, director_of(account), seen_hash=seen)
    assert (state_of(plan), Signature.objects.count(), Entry.objects.count()) == ("submitted", 0, 0)
    sign(plan, director_of(account), seen_hash=signing.content(plan).content_hash)
    assert state_of(plan) == "signed"


def test_a_stale_version_is_not_signed(account, director_of):
    plan = make.full_plan(account, state="submitted", version=4)
    with pytest.raises(Stale):
        sign(plan, director_of(account), version=3)


def verified(capsys):
    try:
        call_command("verify_signatures")
        failed = 0
    except SystemExit as leaving:
        failed = leaving.code
    told = capsys.readouterr()
    return failed, told.out.splitlines()[-1], told.err


@pytest.fixture
def two_links(account, director_of):
    first = make.full_plan(account, state="submitted")
    sign(first, director_of(account))
    second = services.new_revision(first, by=first.author)
    second = move(second, SIGN_OFF, "submit", by=first.author)
    return sign(second, director_of(account))


def test_verifying_holds_for_what_was_signed(two_links, capsys):
    PlanMeasure.objects.update(actual=1, as_of="2026-11-21")
    assert verified(capsys) == (0, "2 signatures, 1 chains, 0 faults", "")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("tampering", "fault"),
    [
        ("UPDATE plans_signature SET snapshot = jsonb_set(snapshot, '{plan,white_space}', '\"all\"')", "recorded hash"),
        ("UPDATE plans_signature SET previous_hash = ''", "chain is broken"),
        ("UPDATE plans_signature SET comment = 'I never said so'", "audit log"),
        ("UPDATE plans_planmeasure SET target = 1", "differs from what was signed"),
        ("DELETE FROM plans_signature WHERE previous_hash = ''", "chain is broken"),
    ],
)
def test_verifying_names_what_a_superuser_tampered_with(two_links, capsys, as_superuser, tampering, fault):
    as_superuser(tampering)
    failed, _summary, told = verified(capsys)
    assert (failed, fault in told) == (1, True)


class Race:
    """Calls released together by a barrier, each on a connection of its own; collects what came of them."""

    def __init__(self, *calls):
        self.barrier = threading.Barrier(len(calls))
        self.results = [None] * len(calls)
        self.threads = [threading.Thread(target=self._run, args=(i, call)) for i, call in enumerate(calls)]

    def _run(self, place, call):
        try:
            connection.ensure_connection()
            self.barrier.wait(30)
            call()
            self.results[place] = "done"
        except Conflict as refused:
            self.results[place] = type(refused).__name__
        finally:
            connections.close_all()

    def run(self):
        for thread in self.threads:
            thread.start()
        for thread in self.threads:
            thread.join(60)
        return self.results


@pytest.mark.django_db(transaction=True)
def test_two_directors_signing_at_once_have_one_winner_each_time(account, director_of):
    directors = [director_of(account), director_of(account)]
    author = make.user()
    for year in range(2000, 2000 + RACES // 2):
        for versioned in (True, False):
            plan = make.full_plan(account if versioned else make.account(team=account.team), year=year, author=author)
            plan.state = "submitted"
            plan.save()
            version = 1 if versioned else None
            calls = [lambda by=by, plan=plan, v=version: sign(plan, by, version=v) for by in directors]
            results = Race(*calls).run()
            signature = Signature.objects.get(plan=plan)
            entries = Entry.objects.filter(object_id=str(plan.pk), model="plans.plan")
            assert sorted(results) == (["Stale", "done"] if versioned else ["Conflict", "done"])
            assert [(e.verb, e.actor_id) for e in entries] == [("sign", signature.signer_id)]
            assert state_of(plan) == "signed"
    assert Signature.objects.count() == RACES


@pytest.mark.django_db(transaction=True)
def test_signing_and_returning_at_once_have_one_winner(account, director_of):
    one, other = director_of(account), director_of(account)
    for year in range(2000, 2030):
        plan = make.full_plan(account, year=year, state="submitted")
        results = Race(
            lambda plan=plan: sign(plan, one),
            lambda plan=plan: move(plan, SIGN_OFF, "return", by=other, note="no", version=1),
        ).run()
        assert sorted(results) == ["Stale", "done"]
        signed = Signature.objects.filter(plan=plan).count()
        assert state_of(plan) == ("signed" if signed else "returned")
        assert Entry.objects.filter(object_id=str(plan.pk), model="plans.plan").count() == 1


def rewrite(plan):
    """Withdraw, change a target and submit again, as fast as a script could."""
    plan = move(plan, SIGN_OFF, "withdraw", by=plan.author)
    figure = PlanMeasure.objects.filter(goal__plan=plan).order_by("pk").first()
    services.change_measure(figure, by=plan.author, version=figure.version, target=9999)
    move(plan, SIGN_OFF, "submit", by=plan.author)


@pytest.mark.django_db(transaction=True)
def test_what_is_edited_while_a_director_signs_is_not_what_is_signed(account, director_of):
    director = director_of(account)
    for year in range(2000, 2050):
        plan = make.full_plan(account, year=year, state="submitted")
        plan.goals.first().initiatives.update(due_on=f"{year}-06-01")
        plan.goals.last().initiatives.update(due_on=f"{year}-06-01")
        seen = signing.content(plan).content_hash
        signing_result, _editing = Race(
            lambda plan=plan, seen=seen: sign(plan, director, version=None, seen_hash=seen),
            lambda plan=plan: rewrite(plan),
        ).run()
        if signing_result == "done":
            signature = Signature.objects.get(plan=plan)
            assert signature.content_hash == seen
            assert signature.snapshot["goals"][0]["measures"][0]["target"] == "1000.0000"
        else:
            assert not Signature.objects.filter(plan=plan).exists()


@pytest.mark.django_db(transaction=True)
def test_a_row_cannot_slip_in_while_a_signature_is_written(account, director_of):
    director = director_of(account)
    for year in range(2000, 2030):
        plan = make.full_plan(account, year=year, state="submitted")
        Race(lambda plan=plan: sign(plan, director), lambda plan=plan: slip_in(plan)).run()
        titles = [goal["title"] for goal in Signature.objects.get(plan=plan).snapshot["goals"]]
        assert titles == list(plan.goals.values_list("title", flat=True))


def slip_in(plan):
    """Past the services, straight into the table."""
    try:
        make.goal(plan, position=9)
    except Exception as refused:
        raise Conflict(str(refused)) from refused
