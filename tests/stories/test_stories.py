"""Nine stories, each as its account manager lives it: from the alert to the figure to the imported line, and out."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from accounts.models import Alert
from kpis.models import Feed, OpenItem, ProductWeek
from plans.demo import stories
from plans.demo.accounts import code_of
from plans.models import Plan
from tests.stories import papers
from tests.stories.conftest import LATER
from tests.stories.walk import is_open, open_alert

pytestmark = pytest.mark.worker
LAST, NEXT = date(2026, 11, 9), date(2026, 11, 16)
A_YEAR = timedelta(days=364)


def feed_of(account):
    return Feed.objects.get(account=account)


def test_the_late_payer_pays(walk, later):
    alert = open_alert(stories.LATE_PAYER, "receivables_overdue")
    mia = walk("mia.berger")
    mia.to_figure(alert)
    mia.heading("Overdue share")
    mia.to_facts()
    oldest = OpenItem.objects.filter(account=alert.account, paid_on=None).earliest("due_on")
    line = mia.to_line(oldest.document)
    assert (line["document"], line["paid_on"], line["paid"]) == (oldest.document, "–", "0.00")

    data = papers.payments(alert.account, LATER)
    mia.hand_in("payments-november.csv", data, kind="open_items", feed="Receivables from finance")
    later()
    assert not is_open(alert)
    mia.home()
    expect(mia.page.get_by_text(mia.said(alert))).to_have_count(0)


def test_what_fell_behind_the_season_comes_back(walk, later):
    alert = open_alert(stories.BEHIND_CURVE, "sell_through_behind")
    oliver = walk("oliver.hartley")
    oliver.to_figure(alert)
    oliver.heading("Sell-through, units")
    oliver.to_facts()
    line = oliver.to_line()
    assert line["week"] == LAST.isoformat()

    oliver.home()
    oliver.link(alert.account.name)
    row = oliver.row(oliver.said(alert))
    row.locator("summary").click()
    oliver.press("Acknowledge", row)
    expect(oliver.row(oliver.said(alert))).to_contain_text("Acknowledged")
    data = papers.sell_through(alert.account, NEXT, NEXT - A_YEAR, Decimal("2.4"))
    oliver.hand_in("fellgate-w47.csv", data, kind="sell_through", feed=feed_of(alert.account).name)
    later()
    assert not is_open(alert)


def test_the_next_tier_is_reached(walk, later):
    alert = open_alert(stories.NEXT_TIER, "tier_ahead_volume_rebate")
    mia = walk("mia.berger")
    mia.to_figure(alert)
    expect(mia.page.get_by_role("complementary").filter(has_text="4,850.00").first).to_be_visible()
    document = mia.page.locator("#finding table").get_by_role("link").first
    name = document.inner_text()
    document.click()
    assert mia.to_line(name)["document"] == name

    data = papers.invoice(alert.account, date(2026, 11, 20), "5200.00")
    mia.hand_in("erp-invoices-late.csv", data, kind="invoices", feed="Invoices from our ERP")
    later()
    assert not is_open(alert)


def test_what_we_delivered_late_is_settled(walk, later):
    alert = open_alert(stories.OTIF_MISSED, "term_breached_delivery_otif")
    oliver = walk("oliver.hartley")
    oliver.to_figure(alert)
    order = oliver.page.locator("#finding table").get_by_role("link").first
    name = order.inner_text()
    order.click()
    assert oliver.to_line(name)["order_number"] in name

    oliver.to_figure(alert)
    oliver.press("Accept")
    expect(oliver.page.locator("#finding")).to_contain_text("Accepted")
    later()
    assert not is_open(alert)


def test_the_best_seller_is_on_the_shelf_again(walk, later):
    alert = open_alert(stories.STOCK_OUT, "stockout")
    code = alert.params["code"]
    mia = walk("mia.berger")
    mia.to_figure(alert)
    mia.heading(alert.params["product"])
    expect(mia.page.locator("#cause")).to_contain_text(mia.word("Delivered short"))
    page = mia.page.url
    line = mia.to_line(mia.word("not delivered"))
    assert (line["product"], line["shipped"], line["received"]) == (code, "–", "–")

    mia.page.goto(page)
    mia.link("Write a letter")
    mia.page.locator("select[name=audience]").select_option("account")
    mia.press("Save")
    letter = mia.page.get_by_role("main")
    expect(letter).to_contain_text(alert.params["product"])
    expect(letter).to_contain_text("Sehr geehrte Damen und Herren,")  # the account reads German
    mia.press("Mark as sent")
    expect(letter).to_contain_text(mia.word("Sent by"))

    mia.page.goto(page)
    mia.page.locator("#weeks summary").click()
    mia.page.locator("#weeks").get_by_role("link").last.click()
    line = mia.to_line(code)
    assert (line["product"], line["stock"]) == (code, "0")

    def filled(row):
        return 24 if row.product.code == code else row.stock

    data = papers.sell_through(alert.account, NEXT, LAST, stock=filled)
    mia.hand_in("gratweg-w47.csv", data, kind="sell_through", feed=feed_of(alert.account).name)
    later()
    assert not is_open(alert)
    assert ProductWeek.objects.get(account=alert.account, product__code=code, week=NEXT).stock == 24 * 22


def test_the_missing_files_arrive(walk, later):
    alert = open_alert(stories.FEED_MISSING, "feed_late")
    feed = feed_of(alert.account)
    yiming = walk("chen.yiming")
    yiming.to_figure(alert)
    expect(yiming.page.get_by_role("heading", name=feed.name)).to_be_visible()
    yiming.link(alert.account.name, yiming.page.get_by_role("main"))
    yiming.page.locator("a", has_text=yiming.word("Stock cover")).first.click()
    yiming.to_facts()
    before = date(2026, 10, 26)
    assert yiming.to_line()["week"] == before.isoformat()

    for week in (before + timedelta(weeks=1), LAST):
        yiming.to_figure(open_alert(stories.FEED_MISSING, "feed_late"))
        yiming.link("Import", yiming.page.get_by_role("main"))
        yiming.hand_in(f"jianglan-{week}.csv", papers.sell_through(alert.account, week, before))
    later()
    assert not is_open(alert)


def test_the_waiting_plan_is_signed(walk, company, later):
    alert = open_alert(stories.PLAN_WAITING, "plan_waiting")
    daniel = walk("daniel.osei")
    daniel.to_figure(alert)
    daniel.link(alert.account.name, daniel.page.get_by_role("main"))
    daniel.to_plan_of_this_year()
    daniel.to_line_of("Sell-in")

    daniel.to_figure(alert)
    daniel.page.locator("input[name=password]").fill(company["daniel.osei@demo.kam.example"])
    daniel.press("Sign v1")
    plan = Plan.objects.get(account=alert.account, year=2027)
    expect(daniel.page.get_by_text(plan.signature.content_hash[:8]).first).to_be_visible()
    assert plan.state == "signed"
    daniel.home()
    expect(daniel.page.locator("#waiting")).not_to_contain_text(alert.account.name)
    later()
    assert not is_open(alert)


def test_the_returned_plan_is_changed_and_submitted_again(walk):
    plan = Plan.objects.get(account__code=code_of(stories.PLAN_RETURNED), year=2027)
    mia = walk("mia.berger")
    expect(mia.page.locator("#waiting")).to_contain_text(mia.word("Returned"))
    mia.page.locator("#waiting").get_by_role("link").filter(has_text=plan.account.name).click()
    expect(mia.page.get_by_role("main")).to_contain_text("what remains if Hamburg and Kiel go?")
    mia.to_plan_of_this_year()
    mia.to_line_of("Sell-in")

    mia.home()
    mia.page.locator("#waiting").get_by_role("link").filter(has_text=plan.account.name).click()
    mia.link("Sell-in", mia.page.locator("#plan-middle"))
    target = mia.page.locator("#plan-middle input[name=target]")
    target.fill("1100000")
    mia.press("Save")
    expect(mia.page.locator("#plan-middle")).to_contain_text("1,100,000")
    mia.press("Submit for sign-off")
    expect(mia.page.get_by_role("main")).to_contain_text("Submitted")
    plan.refresh_from_db()
    assert plan.state == "submitted"
    mia.home()
    expect(mia.page.locator("#waiting")).to_have_count(0)


def test_the_plan_that_drifted_is_revised_and_signed_again(walk, company, later):
    alerts = {code: a for a in drifting() for code in [a.params["measure"]["measure"]]}
    assert set(alerts) == {"sell_in", "sell_through"}
    yiming = walk("chen.yiming")
    yiming.to_figure(alerts["sell_in"])
    yiming.to_line_of("Sell-in")

    yiming.to_figure(alerts["sell_in"])
    yiming.press("New revision")
    for measure, target in (("Sell-in", "9200000"), ("Sell-through", "17500000")):
        yiming.link(measure, yiming.page.locator("#plan-middle"))
        yiming.page.locator("#plan-middle input[name=target]").fill(target)
        yiming.press("Save")
        expect(yiming.page.locator("#plan-middle")).to_contain_text(f"{int(target):,}")
    yiming.press("Submit for sign-off")

    clara = walk("clara.voss")
    account = alerts["sell_in"].account
    clara.page.locator("#waiting").get_by_role("link").filter(has_text=account.name).click()
    clara.page.locator("input[name=password]").fill(company["clara.voss@demo.kam.example"])
    clara.press("Sign v2")
    expect(clara.page.get_by_text("Clara Voss").first).to_be_visible()
    later()
    assert drifting() == []


def drifting():
    found = Alert.objects.unresolved().filter(account__code=code_of(stories.DRIFTING), code="plan_behind")
    return list(found.select_related("account"))
