from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from kam.models.token import SCOPES
from kam.roles import Role
from kam.services import issue_token
from kpis.imports.services import process
from kpis.models import CategoryWeek, ImportBatch, ProductWeek, Target
from tests import make
from tests.clients import Api
from tests.kpis import facts
from tests.kpis.facts import DAY, WEEK, weeks_back

pytestmark = pytest.mark.django_db
V1 = "/api/v1"


@pytest.fixture
def robot():
    return make.user(Role.API_CLIENT)


@pytest.fixture
def account(robot):
    return make.account(team=make.team(robot))


@pytest.fixture
def api(robot):
    return client_with(robot, SCOPES)


def client_with(person, scopes):
    client = Api()
    _token, text = issue_token(user=person, name="t", scopes=scopes, days=1, by=None)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
    return client


def results(answer):
    assert answer.status_code == 200, answer.json()
    return answer.json()["results"]


NOUNS = {
    "products": lambda a: facts.product(),
    "sell-through": facts.sold,
    "order-lines": facts.ordered,
    "invoice-lines": facts.invoiced,
    "open-items": facts.item,
    "stock-levels": facts.stocked,
    "shipments": facts.shipped,
    "service-facts": facts.served,
    "price-observations": facts.priced,
    "account-forecasts": facts.told_us,
    "account-margins": facts.earned,
    "exchange-rates": facts.exchange,
    "feeds": facts.feed,
    "account-weeks": facts.account_week,
    "category-weeks": lambda a, **kw: CategoryWeek.objects.create(account=a, **kw),
    "product-weeks": lambda a, **kw: ProductWeek.objects.create(account=a, product=facts.product(), **kw),
    "measure-values": facts.value,
    "targets": facts.target,
}


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("noun", sorted(NOUNS))
def test_a_list_costs_the_same_for_one_and_three_rows(api, account, noun, rows, django_assert_max_num_queries):
    for n in range(rows):
        one = {"week": weeks_back(n)} if noun.endswith("-weeks") or noun == "measure-values" else {}
        one |= {"year": 2026 + n} if noun == "targets" else {}
        NOUNS[noun](account, **one)
    api.get(f"{V1}/{noun}/")
    with django_assert_max_num_queries(4):
        answer = api.get(f"{V1}/{noun}/")
    assert len(results(answer)) == rows


def test_a_row_of_sell_through_has_an_address_of_its_own(api, account):
    row = facts.sold(account, units=4, value=9)
    key = f"{WEEK}_{row.store_id}_{row.product_id}"
    assert api.get(f"{V1}/sell-through/{key}/").json() == {
        "key": key,
        "week": "2026-11-16",
        "account": account.pk,
        "store": row.store_id,
        "product": row.product_id,
        "units": "4.000",
        "value": "9.00",
        "stock": None,
        "receipts": None,
        "returns": None,
        "currency": "EUR",
        "batch": row.batch_id,
    }


def test_a_sum_by_product_has_an_address_of_its_own(api, account):
    row = ProductWeek.objects.create(account=account, product=facts.product(), week=WEEK, units=4, stores=1)
    key = f"{account.pk}_{WEEK}_{row.product_id}"
    assert results(api.get(f"{V1}/product-weeks/")) == [api.get(f"{V1}/product-weeks/{key}/").json()]
    assert api.get(f"{V1}/product-weeks/{key}/").json() == {
        "key": key,
        "account": account.pk,
        "product": row.product_id,
        "week": "2026-11-16",
        "units": "4.000",
        "value": None,
        "returns": None,
        "receipts": None,
        "stock": None,
    }


@pytest.mark.parametrize("key", ["2026-11-16_1_1", "2026-02-31_1_1", "9999-99-99_1_1", "x", "1"])
def test_an_unknown_key_of_sell_through_is_404(api, account, key):
    assert api.get(f"{V1}/sell-through/{key}/").status_code == 404


def test_sell_through_pages_by_its_composite_key(api, account):
    ball = facts.product()
    rows = [facts.sold(account, weeks_back(n), store=make.store(account), of=ball) for n in (0, 0, 1)]
    first = api.get(f"{V1}/sell-through/", {"page_size": 2}).json()
    second = api.get(first["next"]).json()
    seen = [row["store"] for row in first["results"] + second["results"]]
    assert (seen, second["next"]) == ([row.store_id for row in rows], None)
    assert len(api.get(second["previous"]).json()["results"]) == 2


@pytest.mark.parametrize(("query", "found"), [({}, 2), ({"week_from": WEEK}, 1), ({"week_to": weeks_back(1)}, 1)])
def test_sell_through_by_week(api, account, query, found):
    facts.sold(account)
    facts.sold(account, weeks_back(1))
    assert len(results(api.get(f"{V1}/sell-through/", query))) == found


def test_a_measure_value_is_given_with_both_sides(api, account):
    facts.value(account, "otif", numerator=9, denominator=12)
    facts.value(account, "on_time", numerator=3, denominator=0)
    rows = results(api.get(f"{V1}/measure-values/", {"account": account.pk}))
    parts = {r["measure"]: (r["numerator"], r["denominator"], r["value"], r["unit"]) for r in rows}
    assert parts == {
        "otif": ("9.0000", "12.0000", "0.750000", "percent"),
        "on_time": ("3.0000", "0.0000", None, "percent"),
    }


def test_measures_of_a_class_the_role_does_not_read_are_invisible():
    analyst = make.user(Role.ANALYST)
    account = make.account(team=make.team(analyst))
    facts.value(account, "overdue_share")
    facts.value(account, "otif")
    rows = results(client_with(analyst, SCOPES).get(f"{V1}/measure-values/"))
    assert [row["measure"] for row in rows] == ["otif"]


def test_a_target_is_set_changed_and_removed(api, account):
    made = api.post(f"{V1}/targets/", {"account": account.pk, "measure": "otif", "year": 2026, "value": "0.95"})
    url = f"{V1}/targets/{made.json()['id']}/"
    assert (made.status_code, made["ETag"][:3], made.json()["value"]) == (201, '"1-', "0.9500")
    assert api.patch(url, {"value": "0.97"}).status_code == 428
    assert api.patch(url, {"value": "0.97"}, headers={"If-Match": '"1"'}).json()["value"] == "0.9700"
    assert api.patch(url, {"value": "0.99"}, headers={"If-Match": '"1"'}).status_code == 412
    assert api.delete(url, headers={"If-Match": '"2"'}).status_code == 204
    assert Target.objects.count() == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"measure": "nothing"}, "measure"),
        ({"value": "x"}, "value"),
        ({"year": None}, "year"),
        ({"version": 3}, "version"),
    ],
)
def test_a_target_that_cannot_be_says_why(api, account, body, field):
    whole = {"account": account.pk, "measure": "otif", "year": 2026, "value": "0.95"} | body
    answer = api.post(f"{V1}/targets/", whole)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert Target.objects.count() == 0


def test_the_same_target_twice_is_refused(api, account):
    facts.target(account, "otif")
    answer = api.post(f"{V1}/targets/", {"account": account.pk, "measure": "otif", "year": 2026, "value": "1"})
    assert answer.status_code == 400


# Imports


def file_of(account, product, value="30.00"):
    text = (
        f"account,document,product,invoiced_on,quantity,value\n{account.code},R1,{product.code},2026-11-17,3,{value}\n"
    )
    return SimpleUploadedFile("lines.csv", text.encode())


def test_upload_and_poll(api, account, robot):
    given = {"kind": "invoices", "file": file_of(account, facts.product())}
    answer = api.post(f"{V1}/batches/", given, format="multipart")
    url = f"{V1}/batches/{answer.json()['id']}/"
    assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
    process(batch_id=answer.json()["id"])
    polled = api.get(url).json()
    assert (polled["state"], polled["rows"], polled["units"], polled["value"], polled["by"]) == (
        "applied", 1, "3.000", "30.00", robot.pk,
    )  # fmt: skip


def test_errors_of_an_upload_are_read_with_their_reasons(api, account):
    given = {"kind": "invoices", "file": file_of(account, facts.product(), value="x")}
    pk = api.post(f"{V1}/batches/", given, format="multipart").json()["id"]
    process(batch_id=pk)
    (fault,) = results(api.get(f"{V1}/batches/{pk}/errors/"))
    assert (fault["line"], fault["column"], fault["value"], fault["reason"]) == (
        2,
        "value",
        "x",
        "“x” is not a number.",
    )


def test_a_mapping_may_be_brought_along(api, account):
    toml = SimpleUploadedFile("own.toml", b"not = [toml")
    given = {"kind": "invoices", "file": file_of(account, facts.product()), "mapping_file": toml}
    answer = api.post(f"{V1}/batches/", given, format="multipart")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["mapping"])


@pytest.mark.parametrize("field", ["kind", "file"])
def test_an_upload_without_its_parts_is_refused(api, account, field):
    given = {"kind": "invoices", "file": file_of(account, facts.product())}
    del given[field]
    answer = api.post(f"{V1}/batches/", given, format="multipart")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


def test_a_foreign_feed_cannot_be_named(api, account):
    feed = facts.feed(make.account(), kind="invoices")
    given = {"kind": "invoices", "file": file_of(account, facts.product()), "feed": feed.pk}
    answer = api.post(f"{V1}/batches/", given, format="multipart")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["feed"])
    assert ImportBatch.objects.count() == 0


def test_uploading_needs_the_scope_to_write_imports(robot, account):
    reader = client_with(robot, ["imports:read", "kpis:write"])
    given = {"kind": "invoices", "file": file_of(account, facts.product())}
    assert reader.post(f"{V1}/batches/", given, format="multipart").status_code == 403
    assert reader.get(f"{V1}/batches/").status_code == 200


def test_rows_into_a_foreign_account_are_rejected(api):
    foreign = make.account()
    given = {"kind": "invoices", "file": file_of(foreign, facts.product())}
    pk = api.post(f"{V1}/batches/", given, format="multipart").json()["id"]
    assert process(batch_id=pk).state == "rejected"
    assert foreign.invoice_lines.count() == 0


def test_dates_of_open_items(api, account):
    facts.item(account, due_on=DAY)
    facts.item(account, due_on=DAY + timedelta(days=1))
    assert len(results(api.get(f"{V1}/open-items/", {"due_to": DAY}))) == 1


@pytest.mark.parametrize("state", ["open", "past_due", "late", "short", "otif"])
def test_order_lines_by_how_they_stand(api, account, state):
    done = {"requested_on": WEEK, "received": 10, "shipped": 10, "shipped_on": WEEK}
    rows = {
        "late": facts.ordered(account, received_on=DAY, **done),
        "otif": facts.ordered(account, received_on=WEEK, **done),
        "short": facts.ordered(account, received_on=WEEK, **done | {"received": 7, "shipped": 7, "cancelled": 3}),
        "past_due": facts.ordered(account, requested_on=weeks_back(60), ordered_on=weeks_back(61)),
    }
    wanted = rows["past_due" if state == "open" else state].pk
    assert [row["id"] for row in results(api.get(f"{V1}/order-lines/", {"state": state}))] == [wanted]
