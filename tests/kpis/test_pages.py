from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from kam import measures
from kam.models import StepRun
from kam.roles import Role
from kpis import queries
from kpis.imports.services import process
from kpis.models import ImportBatch, Target
from tests import make
from tests.kpis import facts
from tests.kpis.facts import DAY, WEEK, weeks_back

pytestmark = pytest.mark.django_db


@pytest.fixture
def mia():
    return make.user(Role.ACCOUNT_MANAGER)


@pytest.fixture
def site(client, mia):
    """A signed-in browser of an account manager, on the day after a night of `DAY`."""
    StepRun.objects.create(date=DAY, step="measures", state="done")
    client.force_login(mia)
    return client


def text(answer):
    return " ".join(answer.content.decode().split())


def measured(account):
    for code in ("sell_in", "sell_through", "otif", "weeks_of_supply", "past_due_backlog", "overdue_share"):
        facts.value(account, code, numerator=50, denominator=1 if code.startswith("sell") else 100)
        facts.value(account, code, week=weeks_back(52), numerator=40, denominator=1)
    facts.account_week(account, sell_in_value=50, value=40, units=4, stock=20)
    facts.item(account, amount=70)


def counted(site, url, django_assert_num_queries, n):
    """The page answers with `n` queries."""
    with django_assert_num_queries(n):
        answer = site.get(url)
    assert answer.status_code == 200
    return answer


# Portfolio


@pytest.mark.parametrize("rows", [1, 3])
def test_overview_costs_the_same_for_one_and_three_accounts(site, mia, rows, django_assert_num_queries):
    for _ in range(rows):
        measured(make.account(mia))
    answer = counted(site, reverse("kpis:overview"), django_assert_num_queries, 9)
    assert len(answer.context["table"].rows) == rows


def test_overview_shows_each_figure_with_its_change_and_no_unmeasured_account(site, mia):
    account = make.account(mia, name="Nordmart")
    make.account(mia, name="Unmeasured")
    facts.value(account, "otif", numerator=90, denominator=96)
    facts.value(account, "otif", week=weeks_back(1), numerator=0, denominator=4)
    facts.value(account, "sell_in", numerator=30_000)
    facts.value(account, "sell_in", week=weeks_back(1), numerator=20_000)
    facts.value(account, "sell_in", week=weeks_back(52), numerator=40_000)
    answer = site.get(reverse("kpis:overview"))
    cells = {c.column.measure.code: (c.text, c.change) for c in answer.context["table"].rows[0][1]}
    assert [a.name for a, _cells in answer.context["table"].rows] == ["Nordmart"]
    assert (cells["otif"], cells["sell_in"], cells["past_due_backlog"]) == (("90.0", None), ("50", 25), ("–", None))


def test_overview_adds_weeks_by_numerator_and_denominator_and_takes_the_last_level(site, mia):
    account = make.account(mia)
    facts.value(account, "sell_through_rate", week=weeks_back(1), numerator=1, denominator=2)
    facts.value(account, "sell_through_rate", numerator=1, denominator=8)
    facts.value(account, "weeks_of_supply", week=weeks_back(1), numerator=60, denominator=10)
    facts.value(account, "weeks_of_supply", numerator=None, denominator=None, late=True)
    rows = site.get(reverse("kpis:overview")).context["table"].rows
    cells = {c.column.measure.code: (c.text, c.late) for c in rows[0][1]}
    assert (cells["sell_through_rate"], cells["weeks_of_supply"]) == (("20.0", False), ("6.0", True))


def test_a_sum_that_lacks_a_late_week_is_compared_with_nothing(site, mia):
    account = make.account(mia)
    facts.value(account, week=weeks_back(1), numerator=30_000)
    facts.value(account, numerator=None, denominator=None, late=True)
    for back in (52, 53):
        facts.value(account, week=weeks_back(back), numerator=30_000)
    cell = site.get(reverse("kpis:overview")).context["table"].rows[0][1][0]
    assert (cell.text, cell.late, cell.change) == ("30", True, None)


def test_the_year_to_date_is_compared_with_the_same_weeks_of_last_year(site, mia):
    account = make.account(mia)
    for back in (0, 46, 47):
        facts.value(account, week=weeks_back(back), numerator=3000)
        facts.value(account, week=weeks_back(back + 52), numerator=2000)
    (tile,) = site.get(reverse("kpis:measure", args=[account.pk, "sell_in"])).context["kpis"]
    assert (tile["value"], tile["last_year"], tile["last_year_delta"]) == (6, 4, 50)


def test_overview_of_an_earlier_week_and_another_period(site, mia):
    account = make.account(mia)
    facts.value(account, week=WEEK, numerator=5000)
    facts.value(account, week=weeks_back(1), numerator=3000)
    answer = site.get(reverse("kpis:overview"), {"week": weeks_back(1).isoformat(), "weeks": "1"})
    assert answer.context["table"].rows[0][1][0].text == "3"
    assert (answer.context["week"], answer.context["later"]) == (weeks_back(1), WEEK.isoformat())


@pytest.mark.parametrize("query", [{"week": "x"}, {"week": "2026-02-31"}, {"weeks": "7"}, {"sort": "nothing"}])
def test_overview_survives_a_damaged_address(site, mia, query):
    facts.value(make.account(mia))
    assert site.get(reverse("kpis:overview"), query).status_code == 200


@pytest.mark.parametrize(
    ("sort", "names"), [("-sell_in", ["B", "A", "C"]), ("otif", ["A", "B", "C"]), ("-name", ["C", "B", "A"])]
)
def test_overview_sorts_by_a_figure_with_unknown_ones_last(site, mia, sort, names):
    for name, sell_in, otif in (("A", 10, 1), ("B", 30, 2), ("C", None, None)):
        account = make.account(mia, name=name)
        facts.value(account, "sell_in", numerator=sell_in)
        facts.value(account, "otif", numerator=otif, denominator=10)
    rows = site.get(reverse("kpis:overview"), {"sort": sort}).context["table"].rows
    assert [account.name for account, _cells in rows] == names


def test_finance_sees_the_overdue_share_and_nothing_else(client):
    ada = make.user(Role.FINANCE)
    account = make.account(team=make.team(ada))
    StepRun.objects.create(date=DAY, step="measures", state="done")
    facts.value(account, "overdue_share", numerator=1, denominator=4)
    facts.value(account, "sell_in", numerator=99_000)
    client.force_login(ada)
    answer = client.get(reverse("kpis:overview"))
    assert [c.measure.code for c in answer.context["table"].columns] == ["overdue_share"]
    assert "99" not in [c.text for _account, cells in answer.context["table"].rows for c in cells]
    assert client.get(reverse("kpis:measure", args=[account.pk, "sell_in"])).status_code == 404


# One measure


@pytest.mark.parametrize("code", ["sell_in", "otif", "weeks_of_supply", "overdue_share"])
def test_measure_page_shows_weeks_definition_and_target(site, mia, code):
    account = make.account(mia)
    measured(account)
    facts.target(account, code, value=1)
    answer = site.get(reverse("kpis:measure", args=[account.pk, code]))
    assert [row["week"] for row in answer.context["rows"]][:2] == [WEEK, weeks_back(1)]
    assert len(answer.context["rows"]) == 26
    assert answer.context["kpis"][0]["target"] is not None
    assert str(answer.context["measure"].definition) in answer.content.decode().replace("&#x27;", "'")


def test_a_group_adds_up_what_is_below_it_in_its_own_currency(site, mia):
    group = make.account(mia, kind="group", currency="EUR")
    for currency, amount in (("EUR", 10), ("EUR", 20), ("USD", 400)):
        below = make.account(parent=group, currency=currency)
        facts.value(below, "sell_in", numerator=amount)
        facts.value(below, "otif", numerator=amount, denominator=1000)
    page = site.get(reverse("kpis:measure", args=[group.pk, "sell_in"]))
    assert page.context["rows"][0]["figure"].numerator == 30
    page = site.get(reverse("kpis:measure", args=[group.pk, "otif"]))
    assert (page.context["rows"][0]["figure"].numerator, page.context["rows"][0]["text"]) == (430, "14.3")


def test_an_invisible_account_or_an_unknown_measure_is_404(site, mia):
    own, foreign = make.account(mia), make.account()
    for url in ([foreign.pk, "sell_in"], [own.pk, "nothing"]):
        assert site.get(reverse("kpis:measure", args=url)).status_code == 404
        assert site.get(reverse("kpis:facts", args=url)).status_code == 404
        assert site.get(reverse("kpis:target", args=[*url, 2026])).status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("code", ["sell_in", "otif", "backlog", "past_due_backlog", "sell_through", "overdue_share"])
def test_facts_of_a_week_cost_the_same_for_one_and_three_rows(site, mia, rows, code, django_assert_num_queries):
    account = make.account(mia)
    for n in range(rows):
        facts.invoiced(account, WEEK + timedelta(days=n))
        facts.ordered(account)
        facts.sold(account)
        facts.item(account)
    url = f"{reverse('kpis:facts', args=[account.pk, code])}?week={WEEK}"
    answer = counted(site, url, django_assert_num_queries, 8)
    assert len(answer.context["page"].rows) == rows


def test_facts_page_through_by_keyset(site, mia, monkeypatch):
    account, ball = make.account(mia), facts.product()
    monkeypatch.setattr("kpis.views.facts.FactList.page_size", 2)
    for _ in range(3):
        facts.sold(account, store=make.store(account), of=ball)
    first = site.get(f"{reverse('kpis:facts', args=[account.pk, 'sell_through'])}?week={WEEK}")
    second = site.get(first.context["page"].next_url)
    seen = [row.store_id for answer in (first, second) for row in answer.context["page"].rows]
    assert seen == sorted(account.stores.values_list("pk", flat=True))


def test_setting_and_changing_a_target(site, mia):
    account = make.account(mia)
    url = reverse("kpis:target", args=[account.pk, "otif", 2026])
    assert site.post(url, {"value": "95"}).url == reverse("kpis:measure", args=[account.pk, "otif"])
    target = Target.objects.get()
    assert (target.account, target.measure, target.year, str(target.value)) == (account, "otif", 2026, "0.9500")
    site.post(url, {"value": "97", "version": "1"})
    assert site.get(url).context["form"]["value"].value() == 97
    assert site.post(url, {"value": "99", "version": "1"}).status_code == 409
    target.refresh_from_db()
    assert (str(target.value), target.version) == ("0.9700", 2)


@pytest.mark.parametrize("role", [Role.ANALYST, Role.AUDITOR])
def test_a_target_is_not_for_readers(client, role):
    person = make.user(role)
    account = make.account(team=make.team(person))
    client.force_login(person)
    assert client.post(reverse("kpis:target", args=[account.pk, "otif", 2026]), {"value": "1"}).status_code == 403
    assert Target.objects.count() == 0


# Account page


@pytest.mark.parametrize("rows", [1, 3])
def test_account_page_panels(site, mia, rows, django_assert_max_num_queries):
    group = make.account(mia)
    for _ in range(rows):
        measured(make.account(parent=group))
    with django_assert_max_num_queries(20):
        answer = site.get(group.get_absolute_url())
    templates = [
        p.template
        for p in (*answer.context["top_panels"], *answer.context["main_panels"], *answer.context["side_panels"])
    ]
    ours = [name for name in templates if name.startswith("kpis/")]
    assert ours == [f"kpis/panels/{name}.html" for name in ("strip", "sell", "delivery", "receivables")]


def test_nothing_measured_nothing_shown(site, mia):
    answer = site.get(make.account(mia).get_absolute_url())
    shown = [
        p.template
        for p in (*answer.context["top_panels"], *answer.context["main_panels"], *answer.context["side_panels"])
    ]
    assert [name for name in shown if name.startswith("kpis/")] == []


def test_receivables_by_age(site, mia):
    account = make.account(mia)
    facts.item(account, amount=100, due_on=DAY)
    facts.item(account, amount=60, due_on=DAY - timedelta(days=10))
    facts.item(account, amount=40, due_on=DAY - timedelta(days=95), issued_on=weeks_back(30))
    facts.item(account, amount=500, paid=500, paid_on=DAY, issued_on=weeks_back(3), due_on=DAY)
    panels = site.get(account.get_absolute_url()).context["side_panels"]
    found = next(p.context["found"] for p in panels if p.template == "kpis/panels/receivables.html")
    assert list(found.buckets.values()) == [100, 60, 0, 0, 40]
    assert (found.total, found.overdue) == (200, 100)
    assert [round(days, 2) for days in (found.dso, found.best_dso)] == [Decimal("27.58"), Decimal("13.79")]


def test_receivables_in_another_currency_are_converted_or_left_out_and_counted(site, mia):
    account = make.account(mia, currency="EUR")
    facts.exchange(currency="USD", day=weeks_back(4), per_euro="1.25")
    below = make.account(mia, parent=account, currency="USD")
    facts.item(account, amount=100, due_on=DAY)
    facts.item(account, amount=50, due_on=DAY, currency="USD")
    facts.item(account, amount=50, due_on=DAY, currency="USD", issued_on=weeks_back(5))
    facts.item(account, amount=70, paid=70, paid_on=DAY, currency="GBP")
    facts.item(below, amount=900, due_on=DAY)
    found = queries.receivables(mia, account, DAY)
    assert (found.total, sum(found.counts.values()), found.left_out) == (140, 2, 1)
    assert round(found.dso, 2) == 91
    assert "1 item in another currency is left out" in site.get(account.get_absolute_url()).content.decode()


def test_home_shows_the_largest_accounts(site, mia):
    for name, amount in (("Small", 10), ("Large", 900)):
        facts.value(make.account(mia, name=name), "sell_in", numerator=amount)
    panels = site.get("/").context["bottom_panels"]
    table = next(p.context["table"] for p in panels if p.template == "kpis/panels/portfolio.html")
    assert [account.name for account, _cells in table.rows] == ["Large", "Small"]


@pytest.mark.parametrize(("code", "names"), [("sell_in", "DBAC"), ("otif", "ABC"), ("weeks_of_supply", "CBA")])
def test_the_largest_accounts_by_a_sum_a_share_or_the_last_level(mia, code, names):
    weeks = {"C": [(0, 50), (30, 10)], "A": [(10, 10), (20, 20)], "B": [(40, 80), (5, 2)], "D": [(50, 0)]}
    for name, values in weeks.items():
        account = make.account(mia, name=name)
        for back, (over, under) in enumerate(reversed(values)):
            facts.value(account, code, weeks_back(back), over, under)
    facts.value(make.account(), code, numerator=1000)
    largest = [queries.largest(mia, measures.get(code), WEEK, 4, n) for n in (1, 4)]
    assert ["".join(account.name for account in found) for found in largest] == [names[0], names]


def test_home_sums_what_the_reader_sees_in_the_usual_currency(site, mia):
    for owner, currency, amount in ((mia, "EUR", 9000), (mia, "EUR", 4000), (mia, "USD", 500), (None, "EUR", 70_000)):
        account = make.account(*[owner] if owner else [], currency=currency)
        facts.value(account, "sell_in", numerator=amount)
        facts.value(account, "otif", numerator=1, denominator=2)
    (strip,) = site.get("/").context["top_panels"]
    shown = [(str(tile["name"]), tile["value"], tile["unit"]) for tile in strip.context["kpis"] if tile["value"]]
    assert shown == [("Sell-in", 13, "€\u00a0k"), ("OTIF", 50, "%")]
    assert [tile.get("note", "") for tile in strip.context["kpis"] if tile["value"]] == ["accounts in EUR only", ""]


# Imports, feeds, products


def upload(**kw):
    lines = b"account,document,product,invoiced_on,quantity,value\n"
    rows = kw.pop("rows", b"")
    return {"kind": "invoices", "file": SimpleUploadedFile("lines.csv", lines + rows)} | kw


def test_a_file_handed_in_waits_for_a_worker_and_is_then_applied(site, mia, django_capture_on_commit_callbacks):
    account, ball = make.account(mia), facts.product()
    row = f"{account.code},R1,{ball.code},2026-11-17,3,30.00\n".encode()
    with django_capture_on_commit_callbacks() as rung:
        answer = site.post(reverse("kpis:import-new"), upload(rows=row))
    batch = ImportBatch.objects.get()
    assert (answer.url, batch.state, batch.by, len(rung)) == (
        reverse("kpis:import-detail", args=[batch.pk]), "waiting", mia, 1,
    )  # fmt: skip
    assert 'hx-trigger="every 2s"' in text(site.get(answer.url))
    process(batch_id=batch.pk)
    done = site.get(answer.url, headers={"HX-Request": "true"})
    assert ("hx-trigger" in text(done), "<html" in text(done)) == (False, False)
    assert account.invoice_lines.values_list("quantity", "value").get() == (3, 30)


def test_a_rejected_file_names_every_fault_and_offers_the_report(site, mia):
    account = make.account(mia)
    batch = facts.batch(kind="invoices", state="waiting")
    ImportBatch.objects.all().delete()
    site.post(reverse("kpis:import-new"), upload(rows=f"{account.code},R1,NOBALL,2026-11-17,x,30\n".encode()))
    batch = process(batch_id=ImportBatch.objects.get().pk)
    page = site.get(reverse("kpis:import-detail", args=[batch.pk]))
    assert (batch.state, batch.rejected, len(page.context["page"].rows)) == ("rejected", 1, 1)
    report = site.get(reverse("kpis:import-report", args=[batch.pk]))
    assert b"NOBALL" in b"".join(report.streaming_content)


def test_a_checked_file_can_be_imported_from_its_page(site, mia):
    account, ball = make.account(mia), facts.product()
    row = f"{account.code},R1,{ball.code},2026-11-17,3,30.00\n".encode()
    site.post(reverse("kpis:import-new"), upload(rows=row, dry_run="on"))
    checked = process(batch_id=ImportBatch.objects.get().pk)
    assert (checked.state, account.invoice_lines.count()) == ("checked", 0)
    site.post(reverse("kpis:import-checked", args=[checked.pk]))
    applied = process(batch_id=ImportBatch.objects.latest("pk").pk)
    assert (applied.state, applied.content, account.invoice_lines.count()) == ("applied", checked.content, 1)


def test_only_a_checked_file_can_be_imported_again(site, mia):
    batch = facts.batch(kind="invoices", by=mia, state="rejected")
    site.post(reverse("kpis:import-checked", args=[batch.pk]))
    assert ImportBatch.objects.count() == 1


@pytest.mark.parametrize(
    ("extra", "field"),
    [({"kind": "orders", "mapping": "uci"}, "mapping"), ({"kind": "nothing"}, "kind"), ({"file": ""}, "file"),
     ({"mapping_file": SimpleUploadedFile("m.toml", b"\xff")}, "mapping_file")],
)  # fmt: skip
def test_an_upload_that_cannot_work_says_why(site, extra, field):
    answer = site.post(reverse("kpis:import-new"), upload(**extra))
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert ImportBatch.objects.count() == 0


def test_a_feed_of_another_kind_or_a_foreign_account_is_refused(site, mia):
    own = facts.feed(make.account(mia), kind="sell_through")
    foreign = facts.feed(make.account(), kind="invoices")
    for feed in (own, foreign):
        answer = site.post(reverse("kpis:import-new"), upload(feed=feed.code))
        assert list(answer.context["form"].errors) == ["feed"]


def test_a_file_above_the_limit_is_refused(site, settings):
    settings.IMPORT_MAX_BYTES = 10
    answer = site.post(reverse("kpis:import-new"), upload())
    assert (answer.status_code, ImportBatch.objects.count()) == (422, 0)


@pytest.mark.parametrize("role", [Role.FINANCE, Role.AUDITOR, Role.FIELD, Role.FUNCTION])
def test_who_may_not_import(client, role):
    client.force_login(make.user(role))
    assert client.get(reverse("kpis:import-new")).status_code == 403
    assert client.post(reverse("kpis:import-new"), upload()).status_code == 403


def test_a_strangers_import_is_404(site):
    batch = facts.batch(by=make.user(), state="rejected")
    for name in ("detail", "report"):
        assert site.get(reverse(f"kpis:import-{name}", args=[batch.pk])).status_code == 404
    assert site.post(reverse("kpis:import-checked", args=[batch.pk])).status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
def test_import_list(site, mia, rows, django_assert_num_queries):
    feed = facts.feed(make.account(mia))
    for n in range(rows):
        facts.batch(feed if n else None, by=mia)
    answer = counted(site, reverse("kpis:import-list"), django_assert_num_queries, 8)
    assert len(answer.context["rows"]) == rows


@pytest.mark.parametrize("rows", [1, 3])
def test_product_list(site, rows, django_assert_num_queries):
    for _ in range(rows):
        facts.product()
    answer = counted(site, reverse("kpis:product-list"), django_assert_num_queries, 8)
    assert len(answer.context["rows"]) == rows
