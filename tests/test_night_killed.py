"""kill -9 of the worker tree in the middle of a night, then the night again: the same results, byte for byte."""

import random
import time

import pytest
from django.core.management import call_command
from django.db import connection

from kam import night, tasks
from kam.models import Entry, StepRun

# What the night derives, by natural key; surrogate ids and the moments of running are left out.
RESULTS = {
    "weeks": "SELECT a.code, w.week, w.sell_in_units, w.sell_in_value, w.units, w.value, w.returns, w.receipts,"
    " w.stock, w.currency FROM kpis_accountweek w JOIN accounts_account a ON a.id = w.account_id",
    "product weeks": "SELECT a.code, p.code, w.week, w.units, w.value, w.returns, w.receipts, w.stock"
    " FROM kpis_productweek w JOIN accounts_account a ON a.id = w.account_id"
    " JOIN kpis_product p ON p.id = w.product_id",
    "category weeks": "SELECT a.code, c.code, w.week, w.units, w.value, w.returns, w.receipts, w.stock"
    " FROM kpis_categoryweek w JOIN accounts_account a ON a.id = w.account_id"
    " JOIN kpis_category c ON c.id = w.category_id",
    "measures": "SELECT a.code, m.measure, m.definition, m.week, m.numerator, m.denominator, m.as_of, m.late"
    " FROM kpis_measurevalue m JOIN accounts_account a ON a.id = m.account_id",
    "findings": "SELECT g.number, g.revision, t.clause, f.period_start, f.period_end, f.verdict, f.state, f.expected,"
    " f.observed, f.unit, f.at_stake, f.currency, f.figures, f.evidence_hash, f.act_by, f.as_of, f.rule_version"
    " FROM tradeterms_finding f JOIN tradeterms_term t ON t.id = f.term_id"
    " JOIN tradeterms_agreement g ON g.id = t.agreement_id",
    "alerts": "SELECT a.code, l.code, l.severity, l.state, l.at_stake, l.currency, l.act_by, l.raised_on, l.seen_on,"
    " l.resolved_on FROM accounts_alert l JOIN accounts_account a ON a.id = l.account_id",
    "stock-outs": "SELECT a.code, p.code, s.kind, s.standing, s.first_week, s.last_week, s.weeks, s.found,"
    " s.path, s.as_of FROM kpis_stockout s JOIN accounts_account a ON a.id = s.account_id"
    " JOIN kpis_product p ON p.id = s.product_id",
    "plan measures": "SELECT a.code, p.year, p.revision, g.position, m.measure, m.actual, m.as_of"
    " FROM plans_planmeasure m JOIN plans_goal g ON g.id = m.goal_id JOIN plans_plan p ON p.id = g.plan_id"
    " JOIN accounts_account a ON a.id = p.account_id",
}
DERIVED = (
    "kpis_accountweek",
    "kpis_productweek",
    "kpis_categoryweek",
    "kpis_measurevalue",
    "kpis_stockout",
    "tradeterms_finding",
    "accounts_alert",
)


def rows(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return sorted(map(str, cursor.fetchall()))


def results(entries_after):
    """The result tables and what the night wrote into the audit log, in order."""
    found = {name: rows(statement) for name, statement in RESULTS.items()}
    logged = Entry.objects.filter(pk__gt=entries_after).values_list("verb", "model", "account_id", "data_class")
    return found | {"audit": sorted(map(str, logged))}


def forget_the_night():
    with connection.cursor() as cursor:
        for table in DERIVED:
            cursor.execute(f"DELETE FROM {table}")
        cursor.execute("DELETE FROM kam_steprun")
        cursor.execute("UPDATE plans_planmeasure SET actual = NULL, as_of = NULL")
        cursor.execute("UPDATE kpis_touched SET night = NULL, is_summed = false")


def last_entry():
    return Entry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def short_leases(monkeypatch):
    """The worker and this process hold a shard for two seconds only, so that a kill is noticed soon."""
    monkeypatch.setenv("KAM_NIGHT_LEASE_SECONDS", "2")


@pytest.mark.django_db(transaction=True)
def test_a_killed_night_ends_like_an_undisturbed_one(short_leases, settings, request):
    settings.NIGHT_LEASE_SECONDS = 2
    call_command("demo", seed=7, verbosity=0)
    day, before = night.default_date(), last_entry()
    call_command("nightly", verbosity=0)
    undisturbed = results(before)
    assert all(undisturbed.values())
    forget_the_night()

    before = last_entry()
    worker = request.getfixturevalue("celery_worker_process")
    night.plan_night(day)
    total = StepRun.objects.filter(date=day).count()
    done = StepRun.objects.filter(date=day, state="done")
    for share in sorted(random.sample(range(10, 90), 3)):
        tasks.ring_ready(day)
        wait_for(lambda share=share: done.count() >= total * share // 100)
        worker.kill_tree()
        assert night.outcome(day) == "running"
        worker.start()
    worker.kill_tree()
    call_command("nightly", verbosity=0)

    assert results(before) == undisturbed
    assert StepRun.objects.filter(date=day, attempt__gt=1).exists()
