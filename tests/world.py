"""Accounts with one of everything, and one person per role who may see only the first of them.

Below `own` stands `child`, which its members see and the teams do not; above it a group that only auditors see.

Tests of access compare what a person gets for a row of `own` and for its twin of `foreign`.
"""

from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from types import SimpleNamespace

from django.db import connection
from django.utils import timezone

from accounts.models import Alert, Contact, Membership, Notification, Store, TeamMembership
from kam.models import Delivery, Deputy, Entry, StepRun, Webhook
from kam.models.token import SCOPES
from kam.roles import DataClass, Role
from kam.services import issue_token
from kpis.calc import last_complete_week
from kpis.imports.store import keep as store_file
from kpis.models import (
    AcceptedWeek,
    AccountForecast,
    AccountMargin,
    AccountWeek,
    BatchWeek,
    Category,
    CategoryWeek,
    ColumnMapping,
    ExchangeRate,
    Feed,
    ForecastEvent,
    ForecastNotice,
    ForecastOverride,
    ForecastScore,
    ForecastSeries,
    ForecastVersion,
    ForecastWeek,
    ImportBatch,
    ImportError,
    InvoiceLine,
    MeasureValue,
    NoticeLine,
    OpenItem,
    OrderLine,
    PriceObservation,
    Product,
    ProductWeek,
    Replenishment,
    SellThrough,
    ServiceFact,
    Shipment,
    StockLevel,
    StockOut,
    StockOutLetter,
    SupplyCap,
    SupplyCommitment,
    SupplyShare,
    Target,
)
from plans import signing
from plans.models import Goal, Initiative, Plan, PlanMeasure
from tests import make
from tradeterms.models import Agreement, Finding, Term

DAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
WEEK = date(2026, 11, 16)
MEMBERS = (Role.ACCOUNT_MANAGER, Role.FIELD)
TEAMED = (Role.TEAM_LEAD, Role.DIRECTOR, Role.ANALYST, Role.FINANCE, Role.API_CLIENT)


def build():
    """The world as a namespace: `people` by role, `own` and `foreign` objects by noun, `tokens` by role."""
    people = {role: make.user(role=role, name=f"The {role.label}") for role in Role}
    team = make.team(*(people[r] for r in TEAMED))
    group = make.account(name="Group that only the auditor sees", code="GROUP")
    own_account = make.account(*(people[r] for r in MEMBERS), team=team, name="Own", code="OWN", parent=group)
    child_account = make.account(team=make.team(), name="Child of another team", code="CHILD", parent=own_account)
    foreign_account = make.account(team=make.team(), name="Foreign", code="FOREIGN")
    author = make.user(name="Somebody else")
    product = Product.objects.create(code="P-1", name="Ball", category=Category.objects.create(code="C", name="Balls"))
    StepRun.objects.create(date=DAY, step="measures", state="done")
    tokens = {r: issue_token(user=u, name="t", scopes=SCOPES, days=1, by=None)[1] for r, u in people.items()}
    cap = SupplyCap.objects.create(
        product=product, starts=WEEK, ends=WEEK + timedelta(weeks=9), units=9, reason="Fire."
    )
    own = below(own_account, author, product)
    Membership.objects.create(account=foreign_account, user=own.person)
    personal(people, author, own_account, foreign_account)
    return SimpleNamespace(
        people=people,
        team=team,
        own=own,
        foreign=below(foreign_account, author, product),
        child=below(child_account, author, product),
        product=product,
        category=product.category,
        supplycap=cap,
        exchangerate=ExchangeRate.objects.create(currency="GBP", day=DAY, per_euro=1),
        user=author,
        teammembership=team.memberships.first(),
        deputy=own.deputy,
        steprun=StepRun.objects.get(),
        entry=entry_of(own_account),
        webhook=Webhook.objects.get(user=people[Role.ACCOUNT_MANAGER]),
        delivery=Delivery.objects.get(),
        notification=Notification.objects.get(user=people[Role.ACCOUNT_MANAGER], account=own_account),
        tokens=tokens,
    )


def personal(people, author, own, foreign):
    """What belongs to one person: webhooks of the account manager and of somebody else; an inbox of everybody with
    something about an account that they do not see (any more)."""
    manager = people[Role.ACCOUNT_MANAGER]
    for user in (manager, author):
        Webhook.objects.create(user=user, name=f"Hook of {user}", url="https://example.com/", events=["*.*:*"])
    Delivery.objects.create(webhook=manager.webhooks.get(), entry=entry_of(own))
    told = [(person, foreign) for person in (*people.values(), author)] + [(manager, own)]
    for n, (person, account) in enumerate(told):
        Notification.objects.create(user=person, account=account, key=str(n), code="member_made", at=NOON)


def entry_of(account):
    return Entry.objects.create(
        verb="made",
        model="accounts.account",
        object_id=account.pk,
        label="x",
        account_id=account.pk,
        source="job",
        txid=1,  # long settled, so that the change feed tells of it
    )


def below(account, author, product):
    """One of everything that hangs off an account, by noun."""
    store = Store.objects.create(account=account, code="S", name="Store")
    feed = Feed.objects.create(code=f"feed-{account.pk}", name="Feed", kind="sell_through", account=account)
    batch = ImportBatch.objects.create(
        feed=feed,
        kind="sell_through",
        file_name="f.csv",
        stored_name=store_file(BytesIO(b"week"), "sell_through", "").name,
        content=str(account.pk),
        state="applied",
        by=author,
    )
    found = SimpleNamespace(account=account, store=store, feed=feed, batch=batch)
    told = last_complete_week(timezone.now().date() - timedelta(days=1))
    BatchWeek.objects.create(batch=batch, account=account, week=told, rows=1, new=1, units_moved=4711)
    found.acceptedweek = AcceptedWeek.objects.create(
        feed=feed, week=WEEK - timedelta(weeks=60), reason="Closed for works"
    )
    _people(found)
    found.columnmapping = ColumnMapping.objects.create(feed=feed, text='kind = "sell_through"', by=author)
    found.unmapped = ImportBatch.objects.create(
        feed=feed, kind="sell_through", file_name="u.csv", stored_name=batch.stored_name, state="mapping", by=author
    )
    found.rejected = ImportBatch.objects.create(feed=feed, kind="sell_through", file_name="r.csv", state="rejected")
    found.importerror = ImportError.objects.create(batch=batch, line=2, code="not_a_number")
    _accounts(found, author)
    _facts(found, author, product)
    _terms(found)
    _plan(found, author)
    return found


def _people(found):
    """Somebody in the account's team, their deputy of some other day, and a client with a key."""
    account = found.account
    found.team = account.team
    found.person, found.client = make.user(), make.user(Role.API_CLIENT)
    found.teammembership = TeamMembership.objects.create(team=found.team, user=found.person)
    TeamMembership.objects.create(team=found.team, user=found.client)
    days = {"starts": date(2099, 1, 1), "ends": date(2099, 1, 2)}
    found.deputy = Deputy.objects.create(person=found.person, deputy=make.user(), **days)
    found.token = issue_token(user=found.client, name="t", scopes=SCOPES, days=1, by=None)[0]
    found.entry = entry_of(account)


def _accounts(found, author):
    account = found.account
    found.change = entry_of(account)
    found.contact = Contact.objects.create(account=account, name="Buyer", buying_role="decides")
    found.membership = Membership.objects.create(account=account, user=author)
    for about in DataClass:
        alert = Alert(account=account, fingerprint=f"{about}{account.pk}", code=f"about_{about}", shown_to=about)
        alert.severity, alert.raised_on, alert.seen_on = "warning", DAY, DAY
        alert.save()
        if about == DataClass.GENERAL:
            found.alert = alert


def _facts(found, author, product):
    """Facts of a day; who sees the invoice line does not see the file that somebody else handed in."""
    account, batch = found.account, found.batch
    handed_in = ImportBatch.objects.create(
        kind="invoices", file_name="i.csv", content=f"i{account.pk}", state="applied", by=author
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT kam_make_partition('kpis_sellthrough', %s)", [WEEK])
    found.sellthrough = SellThrough.objects.create(
        week=WEEK, store=found.store, product=product, account=account, units=1, currency="EUR", batch=batch
    )
    found.orderline = OrderLine.objects.create(
        account=account, order_number="O", line_number="1", product=product, ordered_on=DAY, ordered=1, currency="EUR"
    )
    found.invoiceline = InvoiceLine.objects.create(
        account=account,
        document="D",
        product=product,
        invoiced_on=DAY,
        quantity=1,
        value=1,
        currency="EUR",
        batch=handed_in,
    )
    found.openitem = OpenItem.objects.create(
        account=account, document="D", issued_on=DAY, due_on=DAY, amount=1, currency="EUR"
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT kam_make_partition('kpis_stocklevel', %s)", [DAY])
    found.stocklevel = StockLevel.objects.create(
        day=DAY, store=found.store, product=product, account=account, on_hand=1, currency="EUR", batch=batch
    )
    found.shipment = Shipment.objects.create(account=account, number="L", shipped_on=DAY, units=1, currency="EUR")
    found.servicefact = ServiceFact.objects.create(
        account=account, metric="late_shipment", week=WEEK, numerator=1, denominator=2
    )
    found.priceobservation = PriceObservation.objects.create(
        account=account, product=product, observed_on=DAY, place="web", price=1, currency="EUR"
    )
    found.accountforecast = AccountForecast.objects.create(
        account=account, product=product, week=WEEK, made_on=WEEK, units=1
    )
    found.accountmargin = AccountMargin.objects.create(account=account, product=product, week=WEEK, margin="0.1")
    forecast(found, author, product)
    stock_out(found, author, product)
    found.accountweek = AccountWeek.objects.create(account=account, week=WEEK, currency="EUR")
    # The week before is over on any day of the tests: what sums up whole weeks shows it.
    AccountWeek.objects.create(account=account, week=WEEK - timedelta(weeks=1), currency="EUR", units=1)
    MeasureValue.objects.create(
        account=account, measure="backlog", week=WEEK - timedelta(weeks=1), numerator=1, denominator=1, as_of=DAY
    )
    MeasureValue.objects.create(account=account, measure="sell_through_units", week=WEEK, late=True, as_of=DAY)
    found.productweek = ProductWeek.objects.create(account=account, product=product, week=WEEK)
    found.categoryweek = CategoryWeek.objects.create(account=account, week=WEEK)
    found.measurevalue = MeasureValue.objects.create(
        account=account, measure="sell_in", week=WEEK, numerator=10**6 * account.pk, denominator=1, as_of=DAY
    )
    found.target = Target.objects.create(account=account, measure="sell_in", year=2026, value=1)


def stock_out(found, author, product):
    """A product that the account is out of, a letter about it, and what to order."""
    account = found.account
    found.replenishment = Replenishment.objects.create(
        **{"account": account, "product": product, "week": WEEK, "basis": "mean", "review_days": 7, "on_order": 0},
        **{"service_level": "0.95", "advised": 5, "urgency": "now", "as_of": DAY},
    )
    found.stockout = StockOut.objects.create(
        **{"account": account, "product": product, "kind": "empty", "standing": "open", "weeks": 1, "as_of": DAY},
        **{"first_week": WEEK, "last_week": WEEK, "expected": 5, "sold": 1, "lost_units": 4, "currency": "EUR"},
        **{"found": "short", "cause": "late", "state": "corrected", "reason": "It came on Monday."},
    )
    found.stockoutletter = StockOutLetter.objects.create(
        account=account, language="en", subject="Out of stock", opening="Dear all,", author=author
    )
    found.stockoutletter.episodes.add(found.stockout)


def forecast(found, author, product):
    """A forecast of a week to come, set by hand; what was frozen of a week that is over; a share of what is short."""
    account, ahead = found.account, WEEK + timedelta(weeks=2)
    of = {"account": account, "product": product}
    found.forecastseries = ForecastSeries.objects.create(
        **of, as_of=WEEK, made_on=DAY, method="level", weeks=60, gaps=0, stockouts=0, tested=40
    )
    found.forecastweek = ForecastWeek.objects.create(**of, week=ahead, baseline=9, low=5, high=13, naive=8)
    found.forecastversion = ForecastVersion.objects.create(
        **of, week=WEEK, lag=4, baseline=9, naive=8, agreed=7, frozen_on=DAY, author=author
    )
    found.forecastscore = ForecastScore.objects.create(
        account=account, author=author, lag=4, week=WEEK, products=1, actual=10, agreed_wrong=3, baseline_wrong=1,
        naive_wrong=2, agreed_over=-3, baseline_over=-1, naive_over=-2,
    )  # fmt: skip
    found.forecastevent = ForecastEvent.objects.create(
        account=account, kind="promotion", name="Leaflet", starts=ahead, ends=ahead, uplift="0.5"
    )
    found.forecastoverride = ForecastOverride.objects.create(**of, week=ahead, units=11, reason="So.", author=author)
    found.forecastnotice = ForecastNotice.objects.create(account=account, made_on=DAY, cause="So.", by=author)
    NoticeLine.objects.create(notice=found.forecastnotice, product=product, week=ahead, before=9, after=11)
    cap = SupplyCap.objects.get(product=product)
    found.supplycommitment = SupplyCommitment.objects.create(cap=cap, account=account, minimum=2)
    found.supplyshare = SupplyShare.objects.create(cap=cap, account=account, week=ahead, asked=11, given=3)


def _terms(found):
    account = found.account
    found.agreement = Agreement.objects.create(
        account=account,
        number=f"TA-W{account.pk}",
        title="Terms",
        starts=date(2026, 1, 1),
        ends=date(2026, 12, 31),
        currency="EUR",
    )
    found.term = Term.objects.create(
        agreement=found.agreement,
        clause="1.1",
        kind="payment_term",
        side="they_owe",
        params={"days": 30, "grace_days": 0, "interest_rate": "0.0900"},
    )
    found.finding = Finding.objects.create(
        term=found.term,
        account=account,
        period_start=date(2026, 11, 1),
        period_end=date(2026, 11, 30),
        verdict="breached",
        unit="days",
        currency="EUR",
        as_of=DAY,
        evidence=[
            {"account": code, "document": f"D-{code}", "issued_on": "2026-11-01", "late": "1.00", "days": 5}
            for code in (account.code, "CHILD")
        ],
    )


def _plan(found, author):
    found.plan = Plan.objects.create(account=found.account, year=2027, author=author)
    found.goal = Goal.objects.create(plan=found.plan, title="Grow")
    found.initiative = Initiative.objects.create(goal=found.goal, title="Launch", due_on=DAY + timedelta(days=90))
    found.planmeasure = PlanMeasure.objects.create(goal=found.goal, measure="sell_in", target=2, weight=100)
    signed = full_plan(found.account, author, 2026)
    found.signedplan = signed
    found.signature = signing.record(signed, author, "")
    Plan.objects.filter(pk=signed.pk).update(state="signed")


def full_plan(account, author, year):
    plan = Plan.objects.create(account=account, year=year, author=author)
    goal = Goal.objects.create(plan=plan, title="Hold")
    PlanMeasure.objects.create(goal=goal, measure="sell_in", target=2, weight=100)
    return plan
