"""Pages and API of forecasts and short supply: what they show, what they cost, what they refuse in words."""

from datetime import timedelta
from decimal import Decimal as D

import pytest
from django.urls import reverse

from kam.models import StepRun
from kam.roles import Role
from kpis.models import (
    ForecastNotice,
    ForecastOverride,
    ForecastScore,
    ForecastSeries,
    ForecastVersion,
    ForecastWeek,
    NoticeLine,
    SupplyCap,
)
from kpis.shortage import services as shortage
from tests import make
from tests.kpis import facts, forecasts
from tests.kpis.forecasts import LAST, NEXT, NIGHT, ahead, history, week_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def mia():
    return make.user(Role.ACCOUNT_MANAGER)


@pytest.fixture
def site(client, mia):
    StepRun.objects.create(date=NIGHT, step="measures", state="done")
    client.force_login(mia)
    return client


@pytest.fixture
def account(mia):
    return make.account(mia, name="Nordmart", code="N-1")


def text(answer):
    return " ".join(answer.content.decode().split())


def page(name, account, *rest):
    return reverse(f"kpis:{name}", args=[account.pk, *rest])


def expected(account, weeks=8, **kw):
    """A product with a series and figures for the weeks to come, one of them set by hand."""
    product = history(account, [90] * 4)
    ForecastSeries.objects.create(
        account=account, product=product, as_of=LAST, made_on=NIGHT, method="season", weeks=104, gaps=2, stockouts=1,
        tested=48, error="0.12", naive_error="0.20",
    )  # fmt: skip
    for n in range(weeks):
        week_of(account, product, ahead(n + 1), **kw)
    return product


def scored(account, author=None, lag=4, **kw):
    fields = {"week": LAST, "products": 1, "actual": 1010, "agreed_wrong": 65, "baseline_wrong": 75, "naive_wrong": 101}
    fields |= {"agreed_over": -35, "baseline_over": 5, "naive_over": 7}
    return ForecastScore.objects.create(account=account, author=author, lag=lag, **fields | kw)


@pytest.mark.parametrize("rows", [1, 3])
def test_the_grid_costs_the_same_for_one_and_three_products(site, account, rows, django_assert_max_num_queries):
    for _ in range(rows):
        expected(account)
    with django_assert_max_num_queries(11) as found:
        answer = site.get(page("forecast", account))
    assert len(answer.context["lines"]) == rows
    assert len(found) == 11


LISTS = {"event-list": 8, "override-list": 8, "forecast-notice-list": 8, "forecast-accuracy": 9, "cap-list": 8}


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("name", LISTS)
def test_lists_cost_the_same_for_one_and_three_rows(site, mia, name, rows, django_assert_num_queries):
    accounts = [make.account(mia) for _ in range(rows)]
    for account in accounts:
        product = expected(account, weeks=1)
        forecasts.event(account)
        forecasts.override(account, product, author=mia)
        ForecastNotice.objects.create(account=account, made_on=NIGHT, cause="x")
        scored(account)
        shortage.create_cap(by=None, product=product, starts=NEXT, ends=NEXT, units=5, reason="x")
    with django_assert_num_queries(LISTS[name]):
        answer = site.get(reverse(f"kpis:{name}"))
    assert answer.status_code == 200


def test_the_grid_shows_what_is_agreed_and_marks_what_is_special(site, account):
    product = expected(account)
    forecasts.override(account, product, units=150)
    forecasts.event(account, starts=ahead(2), ends=ahead(2) + timedelta(days=6), name="Leaflet")
    answer = site.get(page("forecast", account))
    [line] = answer.context["lines"]
    assert [cell.agreed for cell in line.cells] == [150, 150, *[100] * 6]
    assert line.total == 900
    shown = text(answer)
    assert "Leaflet" in shown
    assert "set by hand" in shown
    assert "with an event" in shown


def test_the_largest_products_come_first_and_one_is_found_by_name(site, account):
    small, large = expected(account, agreed=1), expected(account, agreed=1000)
    assert [line.product for line in site.get(page("forecast", account)).context["lines"]] == [large, small]
    found = site.get(page("forecast", account), {"q": small.code, "weeks": "4"})
    assert [line.product for line in found.context["lines"]] == [small]
    assert len(found.context["weeks"]) == 4


def test_the_export_is_the_grid(site, account):
    expected(account, weeks=2)
    answer = site.get(page("forecast", account), {"format": "csv", "weeks": "4"})
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert lines[0].endswith("Product,Number,Method,W48/2026,W49/2026,W50/2026,W51/2026,Sum")
    assert lines[1].endswith("Level and season,100.000,100.000,,,200.000")


def test_a_product_says_what_its_baseline_stands_on(site, account):
    product = expected(account)
    shown = text(site.get(page("forecast-product", account, product.code)))
    assert "A level times a season of its own." in shown
    assert "104 weeks are known." in shown
    assert "2 weeks were not reported." in shown
    assert "1 week without stock is left out" in shown
    assert "12.0" in shown


def drawn(answer):
    return {line["name"]: line["data"] for line in answer.context["chart"]["series"]}


def test_what_the_account_expects_stands_beside_what_is_agreed(site, account):
    """By week the newest version that was known by then; what another account expects is not told."""
    product = expected(account)
    for week, made_on, units in (
        (NEXT, NIGHT - timedelta(weeks=1), 70),
        (NEXT, NIGHT, 80),
        (NEXT, NIGHT + timedelta(days=1), 90),
        (ahead(3), NIGHT - timedelta(weeks=2), 60),
    ):
        facts.told_us(account, product=product, week=week, made_on=made_on, units=units)
    facts.told_us(make.account(), product=product, week=ahead(2), units=1)
    answer = site.get(page("forecast-product", account, product.code), {"weeks": "4"})
    assert drawn(answer)["Account's forecast"] == [*[None] * 26, 80, None, 60, None]
    assert [cell.theirs and cell.theirs.units for cell in answer.context["cells"]] == [80, None, 60, None]
    assert "The account made its forecast on 22 Nov." in text(answer)
    csv = site.get(page("forecast-product", account, product.code), {"weeks": "4", "format": "csv"})
    lines = b"".join(csv.streaming_content).decode().splitlines()
    assert [line.rpartition(",")[2] for line in lines] == ["Account's forecast", "80.000", "", "60.000", ""]


def test_an_account_that_forecasts_nothing_has_no_line_and_no_column(site, account):
    product = expected(account)
    answer = site.get(page("forecast-product", account, product.code))
    assert "Account's forecast" not in drawn(answer)
    assert "s forecast</th>" not in text(answer)


@pytest.mark.parametrize("rows", [1, 3])
def test_a_product_costs_the_same_for_one_and_three_forecasts_of_the_account(
    site, account, rows, django_assert_num_queries
):
    product = expected(account)
    for n in range(rows):
        facts.told_us(account, product=product, week=ahead(n + 1))
    with django_assert_num_queries(12):
        site.get(page("forecast-product", account, product.code))


def test_a_product_without_a_baseline_says_why(site, account):
    product = history(account, [1])
    ForecastSeries.objects.create(
        account=account, product=product, as_of=LAST, made_on=NIGHT, refusal="too_short", weeks=1, gaps=0, stockouts=0,
        tested=0,
    )  # fmt: skip
    assert "No baseline: fewer than 8 weeks are known." in text(
        site.get(page("forecast-product", account, product.code))
    )


def cell(product, week=NEXT, version=0):
    return f"f.{product.pk}.{week.isoformat()}.{version}"


def test_figures_are_typed_into_cells_with_one_reason(site, mia, account):
    product = expected(account)
    forecasts.override(account, product, ahead(2), 70)
    typed = {
        cell(product): "120,5",
        cell(product, ahead(2), 1): "",
        cell(product, ahead(3)): "",
        "reason": "They said.",
    }
    answer = site.post(page("forecast-edit", account), typed)
    assert answer.url == f"{page('forecast', account)}?weeks=8"
    stored = ForecastOverride.objects.values_list("week", "units", "reason", "author")
    assert list(stored) == [(NEXT, D("120.500"), "They said.", mia.pk)]


@pytest.mark.parametrize(("typed", "reason", "status", "problem"), [
    ("many", "x", 422, "“many” is no number of units."),
    ("-1", "x", 422, "“-1” is no number of units."),
    ("1e99", "x", 422, "“1e99” is no number of units."),
    ("12", " ", 422, "Say why: a figure set by hand needs a reason."),
])  # fmt: skip
def test_what_cannot_be_set_is_said_and_kept_in_its_cell(site, account, typed, reason, status, problem):
    product = expected(account)
    answer = site.post(page("forecast-edit", account), {cell(product): typed, "reason": reason})
    assert answer.status_code == status
    assert problem in text(answer)
    assert f'value="{typed}"' in text(answer)
    assert not ForecastOverride.objects.exists()


def test_a_cell_that_somebody_set_in_between_is_refused(site, account):
    product = expected(account)
    forecasts.override(account, product, NEXT, 70)
    answer = site.post(page("forecast-edit", account), {cell(product): "5", "reason": "x"})
    assert answer.status_code == 409
    assert ForecastOverride.objects.get().units == 70


def test_names_of_cells_that_are_none_are_left_alone(site, account):
    names = ["f.", "f.1.2", "f.x.2026-11-23.0", "f.1.2026-99-99.0", "f.999999.2026-11-23.0"]
    answer = site.post(page("forecast-edit", account), dict.fromkeys(names, "5") | {"reason": "x"})
    assert (answer.status_code, ForecastOverride.objects.count()) == (302, 0)


def test_an_event_is_typed_in_percent(site, account):
    product = expected(account)
    typed = {"account": "N-1", "product": product.code, "kind": "promotion", "name": "Leaflet", "starts": NEXT}
    answer = site.post(reverse("kpis:event-create"), typed | {"ends": NEXT + timedelta(days=6), "uplift": "35"})
    assert answer.status_code == 302
    assert ForecastWeek.objects.get(week=NEXT).agreed == 135
    assert account.forecast_events.get().uplift == D("0.35")


def test_accuracy_is_shown_beside_baseline_and_last_year(site, mia, account):
    """Vector of the formulas: sold 1,010, wrong by 65, in sum 35 too few."""
    scored(account, mia)
    scored(account, lag=1, agreed_wrong=10)
    answer = site.get(reverse("kpis:forecast-accuracy"))
    [row] = answer.context["rows"]
    found = row.accuracy
    assert [round(value, 4) for value in (found.agreed, found.bias)] == [D("0.0644"), D("-0.0347")]
    assert [round(value, 4) for value in (found.added, found.added_to_naive)] == [D("0.0099"), D("0.0356")]
    authors = site.get(reverse("kpis:forecast-accuracy"), {"by": "author"}).context["rows"]
    assert [row.name for row in authors] == [mia.name]
    lags = site.get(reverse("kpis:forecast-accuracy"), {"by": "lag"}).context["rows"]
    assert [row.name for row in lags] == ["1 week ahead", "4 weeks ahead"]


def test_the_account_is_an_author_whose_errors_are_in_no_sum(site, mia, account):
    """Of 800 sold theirs was wrong by 200, 80 too many, where the baseline was wrong by 120 and last year by 240."""
    scored(account, mia)
    theirs = {"agreed_wrong": 200, "agreed_over": 80, "baseline_wrong": 120, "naive_wrong": 240}
    scored(account, by_account=True, actual=800, **theirs)
    url = reverse("kpis:forecast-accuracy")
    itself, person = site.get(url, {"by": "author"}).context["rows"]
    found = itself.accuracy
    assert (itself.name, person.name) == ("The accounts themselves", mia.name)
    assert (found.agreed, found.bias, found.baseline, found.naive) == (D("0.25"), D("0.1"), D("0.15"), D("0.3"))
    assert (found.added, found.added_to_naive) == (D("-0.1"), D("0.05"))
    answer = site.get(url, {"account": account.pk, "by": "author"})
    assert answer.context["rows"][0].name == "The account itself"
    assert answer.context["whole"].actual == 1010
    for by in ("account", "lag"):
        assert [row.accuracy.actual for row in site.get(url, {"by": by}).context["rows"]] == [1010]
    text = b"".join(site.get(url, {"by": "author", "format": "csv"}).streaming_content).decode()
    assert "The accounts themselves,,800.000,25.0,15.0,30.0,10.0,-10.0,5.0,1" in text


def test_the_api_tells_whose_forecast_was_judged(api_of, mia, account):
    scored(account, mia)
    scored(account, by_account=True)
    client = api_of(mia)
    found = client.get("/api/v1/forecast-scores/").json()["results"]
    assert sorted((row["by_account"], row["author"]) for row in found) == [(False, mia.pk), (True, None)]
    [own] = client.get("/api/v1/forecast-scores/?by_account=false").json()["results"]
    assert own["author"] == mia.pk


def test_accuracy_by_product_comes_from_the_frozen_versions(site, mia, account):
    product = history(account, [1000])
    ForecastVersion.objects.create(
        account=account, product=product, week=LAST, lag=4, baseline=900, naive=800, agreed=950, author=mia,
        frozen_on=NIGHT,
    )  # fmt: skip
    scored(account, mia)
    answer = site.get(reverse("kpis:forecast-accuracy"), {"account": account.pk, "by": "product"})
    [row] = answer.context["rows"]
    assert (row.name, row.accuracy.agreed, row.accuracy.naive) == (product.name, D("0.05"), D("0.2"))
    csv = site.get(reverse("kpis:forecast-accuracy"), {"account": account.pk, "by": "product", "format": "csv"})
    assert (
        f"{product.name},{product.code},1000.000,5.0,10.0,20.0,-5.0,5.0,15.0"
        in b"".join(csv.streaming_content).decode()
    )


@pytest.fixture
def notice(account):
    tom = make.user(Role.FUNCTION)
    found = ForecastNotice.objects.create(account=account, made_on=NIGHT, cause="A leaflet.", team=make.team(tom))
    NoticeLine.objects.create(notice=found, product=make.product(), week=NEXT, before=100, after=200)
    found.tom = tom
    return found


def test_logistics_sees_a_notice_and_acknowledges_it(client, notice):
    client.force_login(notice.tom)
    assert notice.account.name in text(client.get(reverse("kpis:forecast-notice-list")))
    shown = client.get(notice.get_absolute_url())
    assert "A leaflet." in text(shown)
    assert shown.context["change"] == 100
    client.post(reverse("kpis:forecast-notice-acknowledge", args=[notice.pk]))
    notice.refresh_from_db()
    assert notice.acknowledged_by == notice.tom
    again = client.post(reverse("kpis:forecast-notice-acknowledge", args=[notice.pk]), follow=True)
    assert "This notice is acknowledged already." in text(again)


def test_logistics_acknowledges_over_the_api(api_of, notice):
    tom = api_of(notice.tom)
    answer = tom.post(f"/api/v1/forecast-notices/{notice.pk}/acknowledge/")
    assert (answer.status_code, answer.data["acknowledged_by"]) == (200, notice.tom.pk)
    assert answer.data["lines"] == [
        {"product": notice.lines.get().product_id, "week": NEXT.isoformat(), "before": "100.000", "after": "200.000"}
    ]
    assert tom.post(f"/api/v1/forecast-notices/{notice.pk}/acknowledge/").status_code == 409


def test_only_those_it_is_addressed_to_acknowledge(site, notice):
    answer = site.post(reverse("kpis:forecast-notice-acknowledge", args=[notice.pk]))
    assert answer.status_code == 403


def test_a_limit_shows_the_shares_of_own_accounts(site, mia, account):
    product = expected(account, weeks=1)
    week_of(make.account(name="Elsewhere"), product, agreed=300)
    cap = shortage.create_cap(by=None, product=product, starts=NEXT, ends=NEXT, units=200, reason="Fire.")
    shown = site.get(cap.get_absolute_url())
    assert "Elsewhere" not in text(shown)
    assert [(row["name"], row["given"]) for row in shown.context["rows"]] == [("Nordmart", 50)]
    assert "supply is short" in text(site.get(page("forecast", account)))


def test_an_analyst_limits_supply_and_promises_some(client, account):
    StepRun.objects.create(date=NIGHT, step="measures", state="done")
    nora = make.user(Role.ANALYST)
    account.team = make.team(nora)
    account.save()
    client.force_login(nora)
    product = expected(account, weeks=1)
    typed = {
        "product": product.code,
        "starts": NEXT + timedelta(days=2),
        "ends": NEXT,
        "units": "60",
        "reason": "Fire.",
    }
    client.post(reverse("kpis:cap-create"), typed)
    cap = SupplyCap.objects.get()
    assert (cap.starts, cap.shares.get().given) == (NEXT, 60)
    promise = {"account": "N-1", "minimum": "10", "priority": "2"}
    answer = client.post(reverse("kpis:commitment-create", args=[cap.pk]), promise)
    assert answer.url == cap.get_absolute_url()
    assert cap.commitments.get().priority == 2


@pytest.mark.parametrize("noun", ["forecasts", "forecast-series", "forecast-versions", "forecast-scores",
                                  "forecast-events", "forecast-overrides", "forecast-notices", "supply-caps",
                                  "supply-commitments", "supply-shares"])  # fmt: skip
@pytest.mark.parametrize("rows", [1, 3])
def test_the_api_costs_the_same_for_one_and_three_rows(api_of, mia, noun, rows, django_assert_max_num_queries):
    StepRun.objects.create(date=NIGHT, step="measures", state="done")
    api = api_of(mia)
    for _ in range(rows):
        account = make.account(mia)
        product = expected(account, weeks=1)
        forecasts.event(account)
        forecasts.override(account, product, author=mia)
        notice = ForecastNotice.objects.create(account=account, made_on=NIGHT, cause="x")
        NoticeLine.objects.create(notice=notice, product=product, week=NEXT, before=1, after=2)
        scored(account)
        ForecastVersion.objects.create(account=account, product=product, week=LAST, lag=1, agreed=1, frozen_on=NIGHT)
        cap = shortage.create_cap(by=None, product=product, starts=NEXT, ends=NEXT, units=5, reason="x")
        shortage.create_commitment(by=None, cap=cap, account=account)
    with django_assert_max_num_queries(6):
        answer = api.get(f"/api/v1/{noun}/")
    assert len(answer.data["results"]) == rows


def test_figures_over_the_api_have_versions_and_keys(api_of, mia, account):
    StepRun.objects.create(date=NIGHT, step="measures", state="done")
    api, product = api_of(mia), expected(account)
    body = {"account": account.pk, "product": product.pk, "week": NEXT.isoformat(), "units": "120", "reason": "x"}
    made = api.post("/api/v1/forecast-overrides/", body, HTTP_IDEMPOTENCY_KEY="k1")
    assert (made.status_code, made.data["author"]) == (201, mia.pk)
    url = f"/api/v1/forecast-overrides/{made.data['id']}/"
    assert api.patch(url, {"units": "130"}).status_code == 428
    changed = api.patch(url, {"units": "130"}, HTTP_IF_MATCH=made["ETag"])
    assert (changed.status_code, changed.data["units"]) == (200, "130.000")
    assert api.patch(url, {"units": "140"}, HTTP_IF_MATCH=made["ETag"]).status_code == 412
    late = body | {"week": LAST.isoformat()}
    assert api.post("/api/v1/forecast-overrides/", late, HTTP_IDEMPOTENCY_KEY="k2").status_code == 400
    assert api.delete(url, HTTP_IF_MATCH=changed["ETag"]).status_code == 204
    assert ForecastWeek.objects.get(week=NEXT).agreed == 100
