"""The demo company: the same for the same seed, consistent in itself, and every story visible in its facts."""

import json
import stat
from datetime import date
from decimal import Decimal
from hashlib import sha256
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils.module_loading import import_string

from accounts.models import Account, Alert
from kam.models import Entry, StepRun, User
from kam.night import Night
from kam.nightly import STEPS
from kam.roles import Role
from kpis.imports import store
from kpis.imports.check import check_file
from kpis.imports.services import mapping_of
from kpis.models import Feed, ImportBatch, OpenItem, OrderLine, Product, SellThrough, SupplyCap, Target
from kpis.models.forecast import LAGS
from plans.demo import build, people, stories
from plans.demo.accounts import code_of
from plans.demo.forecasts import AUTHORS
from plans.models import Plan
from plans.verify import signatures
from tradeterms import kinds
from tradeterms.models import Agreement, Term

TODAY = date(2026, 11, 21)
# A distributor that tells no story of its own, but lists the best-seller that is short.
SHORT_TOO = "IE-230"
CODES = {story: code_of(story) for story in stories.ALL}

# Natural keys only: what two runs must agree on, whatever ids the database gives.
DUMPS = {
    "accounts": "SELECT a.code, a.name, a.kind, a.country, a.currency, o.email, p.code FROM accounts_account a "
    "LEFT JOIN kam_user o ON o.id = a.owner_id LEFT JOIN accounts_account p ON p.id = a.parent_id",
    "stores": "SELECT a.code, s.code, s.name, s.city FROM accounts_store s "
    "JOIN accounts_account a ON a.id = s.account_id",
    "contacts": "SELECT a.code, c.name, c.title, c.attitude, c.power FROM accounts_contact c "
    "JOIN accounts_account a ON a.id = c.account_id",
    "products": "SELECT code, name, gtin FROM kpis_product",
    "sell_through": "SELECT a.code, s.code, p.code, t.week, t.units, t.value, t.stock, t.receipts, t.returns, "
    "b.content "
    "FROM kpis_sellthrough t JOIN accounts_account a ON a.id = t.account_id "
    "JOIN accounts_store s ON s.id = t.store_id "
    "JOIN kpis_product p ON p.id = t.product_id JOIN kpis_importbatch b ON b.id = t.batch_id",
    "orders": "SELECT a.code, o.order_number, o.line_number, p.code, o.requested_on, o.shipped_on, o.received_on, "
    "o.ordered, o.shipped, o.price FROM kpis_orderline o JOIN accounts_account a ON a.id = o.account_id "
    "JOIN kpis_product p ON p.id = o.product_id",
    "invoices": "SELECT a.code, i.document, p.code, i.occurrence, i.invoiced_on, i.quantity, i.value "
    "FROM kpis_invoiceline i JOIN accounts_account a ON a.id = i.account_id JOIN kpis_product p ON p.id = i.product_id",
    "open_items": "SELECT a.code, i.document, i.due_on, i.paid_on, i.amount, i.paid FROM kpis_openitem i "
    "JOIN accounts_account a ON a.id = i.account_id",
    "terms": "SELECT g.number, t.clause, t.kind, t.params::text FROM tradeterms_term t "
    "JOIN tradeterms_agreement g ON g.id = t.agreement_id",
    "told": "SELECT a.code, p.code, f.week, f.made_on, f.units, f.high FROM kpis_accountforecast f "
    "JOIN accounts_account a ON a.id = f.account_id JOIN kpis_product p ON p.id = f.product_id",
    "targets": "SELECT a.code, t.measure, t.year, t.value FROM kpis_target t "
    "JOIN accounts_account a ON a.id = t.account_id",
    "plans": "SELECT a.code, p.year, p.state, p.where_we_stand, p.submitted_at, s.content_hash FROM plans_plan p "
    "JOIN accounts_account a ON a.id = p.account_id LEFT JOIN plans_signature s ON s.plan_id = p.id",
}


def rows(sql, *params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def dump():
    return {name: sha256("\n".join(sorted(map(repr, rows(sql)))).encode()).hexdigest() for name, sql in DUMPS.items()}


@pytest.fixture(scope="module")
def company(django_db_setup, django_db_blocker):
    """The demo company in a transaction that is rolled back after the module; yields what a run before it dumped."""
    with django_db_blocker.unblock(), transaction.atomic():
        with transaction.atomic():
            build.build(seed=1, today=TODAY)
            first = dump()
            transaction.set_rollback(True)
        build.build(seed=1, today=TODAY)
        yield first
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def alerts(company):
    """What the night finds, as {account code: set of alert codes}; the one before it was measured."""
    with transaction.atomic():
        StepRun.objects.create(date=date(2026, 11, 19), step="measures", state=StepRun.State.DONE)
        for step in STEPS:
            import_string(step.path)(Night(date(2026, 11, 20), 0, 1))
        found = {}
        for code, alert in Alert.objects.values_list("account__code", "code"):
            found.setdefault(code, set()).add(alert)
        transaction.set_rollback(True)
    return found


def test_same_seed_and_day_give_the_same_company(company):
    assert dump() == company


def test_size(company):
    assert Account.objects.count() == 28
    assert Product.objects.count() == 120
    assert SellThrough.objects.count() == pytest.approx(255_000, rel=0.05)
    assert rows("SELECT count(*) FROM accounts_store")[0][0] == 295
    assert set(Account.objects.values_list("currency", flat=True)) == {"EUR", "GBP", "CNY"}
    assert set(Account.objects.values_list("kind", flat=True)) == set(Account.Kind.values) - {"unassigned"}


def test_stock_is_what_was_there_plus_receipts_less_sales(company):
    wrong = rows("""
        SELECT count(*), count(*) FILTER (WHERE before + receipts - units <> stock) FROM (
            SELECT *, lag(stock) OVER (PARTITION BY store_id, product_id ORDER BY week) AS before FROM kpis_sellthrough
        ) x WHERE before IS NOT NULL
    """)
    assert wrong == [(SellThrough.objects.exclude(week=first_week()).count(), 0)]


def first_week():
    return SellThrough.objects.order_by("week").values_list("week", flat=True)[0]


def test_invoices_of_a_week_are_the_receipts_of_a_week(company):
    """But for the two weeks whose files lack stores: what those received is not told."""
    found = rows("""
        SELECT DISTINCT code, week FROM (
            SELECT account_id, a.code, week, product_id, sum(receipts) AS units FROM kpis_sellthrough t
            JOIN accounts_account a ON a.id = t.account_id AND a.direction = 'sell_to' GROUP BY 1, 2, 3, 4
        ) r LEFT JOIN (
            SELECT account_id, date_trunc('week', invoiced_on)::date AS week, product_id, sum(quantity) AS units
            FROM kpis_invoiceline WHERE NOT is_credit GROUP BY 1, 2, 3
        ) i USING (account_id, week, product_id)
        WHERE r.units <> coalesce(i.units, 0)
    """)
    partial = CODES[stories.FEED_PARTIAL]
    assert sorted(found) == [(partial, date(2026, 11, 2)), (partial, date(2026, 11, 9))]


def test_every_fact_has_the_batch_of_a_file_that_counts_it(company):
    for table in ("kpis_sellthrough", "kpis_orderline", "kpis_invoiceline", "kpis_openitem"):
        counted = rows(
            f"SELECT count(*) FROM kpis_importbatch b JOIN (SELECT batch_id, count(*) AS n FROM {table} GROUP BY 1) f "
            "ON f.batch_id = b.id WHERE b.state <> 'applied' OR b.accepted <> f.n OR b.rows <> f.n"
        )
        assert counted == [(0,)]
        assert rows(f"SELECT count(*) FROM {table} WHERE batch_id IS NULL") == [(0,)]
    assert Feed.objects.count() == 28
    assert not ImportBatch.objects.filter(received_at__date__gt=TODAY).exists()


@pytest.mark.parametrize("kind", ["sell_through", "orders", "invoices", "open_items"])
def test_the_stored_file_says_what_was_stored(company, kind):
    batch = ImportBatch.objects.stored().filter(kind=kind).latest("pk")
    mapping, folder = mapping_of(batch), store.folder_of(batch.stored_name)
    found = check_file(folder / store.DATA, mapping, folder)
    assert (found.rows, found.rejected, found.units, found.value) == (batch.rows, 0, batch.units, batch.value)
    assert (folder / store.DATA).stat().st_size == batch.size


def test_nothing_is_known_of_today(company):
    for table, column in (
        ("kpis_orderline", "ordered_on"),
        ("kpis_orderline", "shipped_on"),
        ("kpis_orderline", "received_on"),
        ("kpis_invoiceline", "invoiced_on"),
        ("kpis_openitem", "paid_on"),
    ):
        assert rows(f"SELECT count(*) FROM {table} WHERE {column} >= %s", TODAY) == [(0,)]
    assert SellThrough.objects.order_by("-week").values_list("week", flat=True)[0] == date(2026, 11, 9)


def test_all_touched_weeks_wait_for_the_first_night(company):
    assert rows("SELECT count(*) FROM kpis_touched WHERE night IS NOT NULL") == [(0,)]
    assert rows("""
        SELECT count(*) FROM (SELECT DISTINCT account_id, week FROM kpis_sellthrough) s
        LEFT JOIN kpis_touched t USING (account_id, week) WHERE t.id IS NULL
    """) == [(0,)]


def test_terms_are_well_formed(company):
    assert {term.kind for term in Term.objects.all()} == set(Term.Kind.values)
    for term in Term.objects.all():
        assert kinds.of(term).kind == term.kind
    assert Agreement.objects.in_force(TODAY).count() == 25


def test_roles_and_what_they_see(company):
    made = {person.key: User.objects.get(email=person.email) for person in people.PEOPLE}
    assert {user.role for user in made.values()} == set(Role.values)
    assert {user.language for user in made.values()} == {"en", "de", "zh-hans"}

    def seen(key):
        return set(Account.objects.visible_to(made[key]).values_list("country", flat=True))

    everywhere = {"DE", "AT", "NL", "GB", "IE", "CN"}
    assert seen("dach") == {"DE", "AT", "NL"}
    assert seen("uk") == {"GB", "IE"}
    assert seen("china") == {"CN"}
    assert seen("lead") == {"DE", "AT"}
    assert seen("director") == seen("finance") == seen("analyst") == seen("auditor") == seen("erp") == everywhere
    assert seen("director_europe") == everywhere - {"CN"}
    assert seen("admin") == seen("logistics") == set()


def test_logins_are_for_their_owner_only(company):
    path = settings.VAR / "demo-logins.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    logins = json.loads(path.read_text())
    assert [login["role"] for login in logins] == [str(person.role) for person in people.PEOPLE]
    assert len({login["password"] for login in logins}) == len(logins) == 13
    for login in logins[:2]:
        assert User.objects.get(email=login["email"]).check_password(login["password"])


def test_late_payer(company):
    since = date(2026, 7, 1)
    items = OpenItem.objects.filter(account__code=CODES[stories.LATE_PAYER], issued_on__gte=since, amount__gt=0)
    delays = {(item.paid_on - item.due_on).days for item in items if item.paid_on}
    assert 36 <= min(delays) <= max(delays) <= 48
    overdue = items.filter(paid_on=None, due_on__lt=TODAY)
    assert overdue.count() == 5
    assert sum(item.amount for item in overdue) > 90_000


def units(code, first, last):
    (found,) = rows(
        "SELECT sum(t.units) FROM kpis_sellthrough t JOIN accounts_account a ON a.id = t.account_id "
        "WHERE a.code = %s AND t.week BETWEEN %s AND %s",
        code, first, last,
    )  # fmt: skip
    return found[0]


def test_behind_its_season_curve(company):
    now = units(CODES[stories.BEHIND_CURVE], date(2026, 10, 19), date(2026, 11, 9))
    year_ago = units(CODES[stories.BEHIND_CURVE], date(2025, 10, 20), date(2025, 11, 10))
    assert now / year_ago == pytest.approx(Decimal("0.58"), abs=Decimal("0.05"))
    before = units(CODES[stories.BEHIND_CURVE], date(2026, 6, 1), date(2026, 8, 31))
    before_year_ago = units(CODES[stories.BEHIND_CURVE], date(2025, 6, 2), date(2025, 9, 1))
    assert before / before_year_ago == pytest.approx(Decimal("1.03"), abs=Decimal("0.05"))


def invoiced(code, first, last):
    (found,) = rows(
        "SELECT sum(i.value) FROM kpis_invoiceline i JOIN accounts_account a ON a.id = i.account_id "
        "WHERE a.code = %s AND i.invoiced_on BETWEEN %s AND %s",
        code, first, last,
    )  # fmt: skip
    return found[0]


def test_a_few_thousand_short_of_the_next_tier(company):
    short = {}
    for term in Term.objects.filter(kind="volume_rebate", agreement__state="in_force").select_related(
        "agreement__account"
    ):
        code = term.agreement.account.code
        base = invoiced(code, date(2026, 1, 1), date(2026, 11, 20))
        short[code] = min(Decimal(tier["from"]) - base for tier in term.params["tiers"] if Decimal(tier["from"]) > base)
    assert short.pop(CODES[stories.NEXT_TIER]) == Decimal("4850.00")
    assert min(short.values()) > 50_000


def otif(code, first, last):
    (found,) = rows(
        "SELECT sum(least(o.received, o.ordered)) FILTER (WHERE o.received_on = o.requested_on) / sum(o.ordered) "
        "FROM kpis_orderline o JOIN accounts_account a ON a.id = o.account_id "
        "WHERE a.code = %s AND o.requested_on BETWEEN %s AND %s",
        code, first, last,
    )  # fmt: skip
    return found[0]


def test_we_miss_otif(company):
    last = otif(CODES[stories.OTIF_MISSED], date(2026, 8, 1), date(2026, 11, 19))
    assert Decimal("0.75") < last < Decimal("0.90")
    assert otif(CODES[stories.OTIF_MISSED], date(2025, 8, 1), date(2026, 7, 1)) > Decimal("0.97")
    late = OrderLine.objects.filter(account__code=CODES[stories.OTIF_MISSED], requested_on__lt=TODAY, shipped_on=None)
    assert late.count() == 6


def test_best_seller_out_of_stock(company):
    found = rows(
        """
        SELECT t.product_id, sum(t.units) FILTER (WHERE t.week < %s), sum(t.stock) FILTER (WHERE t.week = %s)
        FROM kpis_sellthrough t JOIN accounts_account a ON a.id = t.account_id WHERE a.code = %s
        GROUP BY 1 ORDER BY 2 DESC
        """,
        date(2026, 10, 1), date(2026, 11, 9), CODES[stories.STOCK_OUT],
    )  # fmt: skip
    assert [stock == 0 for _product, _units, stock in found] == [True] + [False] * (len(found) - 1)
    open_lines = OrderLine.objects.filter(
        account__code=CODES[stories.STOCK_OUT], requested_on__lt=TODAY, shipped_on=None
    )
    assert {line.product_id for line in open_lines} == {found[0][0]}


def test_feed_did_not_arrive(company):
    latest = rows("""
        SELECT a.code, max(t.week) FROM kpis_sellthrough t JOIN accounts_account a ON a.id = t.account_id GROUP BY 1
    """)
    assert {code for code, week in latest if week < date(2026, 11, 9)} == {CODES[stories.FEED_MISSING]}
    assert dict(latest)[CODES[stories.FEED_MISSING]] == date(2026, 10, 26)


def test_plan_waits_for_a_signature(company):
    plan = Plan.objects.get(account__code=CODES[stories.PLAN_WAITING], year=2027)
    assert (plan.state, plan.submitted_at.date()) == ("submitted", date(2026, 11, 14))
    entry = Entry.objects.get(model="plans.plan", object_id=str(plan.pk), verb="submit")
    assert (entry.actor, entry.at.date()) == (plan.author, date(2026, 11, 14))


def test_plan_came_back_with_comments(company):
    plan = Plan.objects.get(account__code=CODES[stories.PLAN_RETURNED], year=2027)
    assert plan.state == "returned"
    assert "Hamburg and Kiel" in plan.comment


def test_plan_states(company):
    states = dict.fromkeys(Plan.State.values, 0)
    for year, state in Plan.objects.values_list("year", "state"):
        states[state] += year == 2027
    assert states == {"draft": 13, "submitted": 3, "returned": 1, "signed": 1, "superseded": 0}
    assert set(Plan.objects.filter(year=2026).values_list("state", flat=True)) == {"signed"}


def test_signatures_hold(company):
    checked = list(signatures())
    assert len(checked) == 26
    assert [faults for _signature, faults in checked if faults] == []


def test_drifting_from_what_was_signed(company):
    target = Target.objects.get(account__code=CODES[stories.DRIFTING], measure="sell_in", year=2026).value
    so_far = invoiced(CODES[stories.DRIFTING], date(2026, 1, 1), date(2026, 11, 20))
    assert so_far / target == pytest.approx(Decimal("0.69"), abs=Decimal("0.05"))
    goal = Plan.objects.get(account__code=CODES[stories.DRIFTING], year=2026).goals.first()
    assert goal.measures.get().target == target


def test_healthy_account(company):
    code = CODES[stories.HEALTHY]
    assert otif(code, date(2025, 1, 1), date(2026, 11, 19)) == 1
    late = OpenItem.objects.filter(account__code=code, paid_on=None, due_on__lt=TODAY)
    assert not late.exists()
    target = Target.objects.get(account__code=code, measure="sell_in", year=2026).value
    assert invoiced(code, date(2026, 1, 1), date(2026, 11, 20)) / target > Decimal("0.90")


def test_the_night_finds_the_stories_and_nothing_else(alerts):
    assert alerts == {
        CODES[stories.LATE_PAYER]: {"term_breached_payment_term", "receivables_overdue", "plan_behind"},
        CODES[stories.BEHIND_CURVE]: {"sell_through_behind", "supply_high", "plan_behind"},
        CODES[stories.NEXT_TIER]: {"tier_ahead_volume_rebate"},
        CODES[stories.OTIF_MISSED]: {
            "term_breached_delivery_otif",
            "term_at_risk_delivery_otif",
            "past_due_backlog",
            "plan_behind",
        },
        CODES[stories.STOCK_OUT]: {"stockout", "past_due_backlog"},
        CODES[stories.FEED_MISSING]: {"feed_late", "term_breached_data_reporting"},
        CODES[stories.FEED_PARTIAL]: {"feed_partial"},
        CODES[stories.FEED_SMALL]: {"feed_small"},
        CODES[stories.PLAN_WAITING]: {"plan_waiting", "supply_short"},
        CODES[stories.PLAN_RETURNED]: {"supply_short"},
        CODES[stories.DRIFTING]: {"plan_behind", "term_at_risk_minimum_purchase", "supply_short"},
        SHORT_TOO: {"supply_short"},
    }


def test_what_is_short_is_short_for_all_who_list_it_but_the_one_that_was_promised_some(company, alerts):
    (cap,) = SupplyCap.objects.all()
    sold = SellThrough.objects.filter(product=cap.product_id).values_list("account__code", flat=True)
    promised = {commitment.account.code for commitment in cap.commitments.all()}
    assert promised == {CODES[stories.STOCK_OUT]}
    assert {code for code, found in alerts.items() if "supply_short" in found} == set(sold) - promised


def test_webshops_say_what_they_expect_of_the_next_quarter(company):
    found = rows("""
        SELECT min(a.kind), max(a.kind), count(DISTINCT a.id), count(DISTINCT f.week), min(f.week), max(f.made_on)
        FROM kpis_accountforecast f JOIN accounts_account a ON a.id = f.account_id WHERE f.week >= '2026-11-16'
    """)
    assert found == [("webshop", "webshop", Account.objects.filter(kind="webshop").count(), 13,
                      date(2026, 11, 16), date(2026, 11, 15))]  # fmt: skip


def test_webshops_whose_forecasts_were_kept_can_be_judged_as_authors(company):
    judged = rows("""
        SELECT DISTINCT a.code, v.lag FROM kpis_forecastversion v
        JOIN kpis_accountforecast f USING (account_id, product_id, week) JOIN accounts_account a ON a.id = v.account_id
        WHERE f.made_on <= v.frozen_on
    """)
    shops = Account.objects.filter(kind="webshop", code__in=AUTHORS).values_list("code", flat=True)
    assert set(judged) == {(code, lag) for code in shops for lag in LAGS} != set()


def test_command_refuses_a_database_in_use(company):
    with pytest.raises(CommandError, match="holds data already"):
        call_command("demo")
    said = StringIO()
    call_command("demo", "--if-empty", stdout=said)
    assert said.getvalue() == "The database holds data already: no demo company is made.\n"


def test_command_says_what_a_day_looks_like(company):
    with pytest.raises(CommandError, match="2026-11-24"):
        call_command("demo", "--today", "tomorrow")
