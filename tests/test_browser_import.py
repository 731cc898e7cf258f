"""A file is dropped, its columns are mapped, it is checked and imported, all by keyboard, in a real browser."""

import re

import pytest

from kam.roles import Role
from kpis.imports.services import process
from kpis.models import ColumnMapping, ImportBatch, SellThrough
from tests import make
from tests.kpis import facts
from tests.test_browser import sign_in

pytestmark = pytest.mark.django_db(transaction=True)
FILE_PAGE = re.compile(r"/imports/\d+/$")
FILE = "Abverkauf\n\nFiliale;EAN;Woche;Stk;Umsatz;Bemerkung\nS1;4006381333931;15.11.2026;12;718,80;ok\n"


@pytest.fixture
def site(browser, live_site, client):
    """A page of a signed-in account manager whose account sends a file."""
    mia = make.user(Role.ACCOUNT_MANAGER)
    account = make.account(mia, code="K-1")
    make.store(account, code="S1")
    facts.product(code="P1", gtin="4006381333931")
    facts.feed(account, code="north")
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    sign_in(context, client, mia)
    page = context.new_page()
    page.faults = []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.goto(f"{live_site.url}/kpis/imports/new/", wait_until="load")
    yield page
    assert page.faults == []
    context.close()


def read():
    """What a worker does with the file that was handed in last."""
    return process(batch_id=ImportBatch.objects.latest("pk").pk)


def test_a_file_is_mapped_checked_and_imported_by_keyboard(site):
    site.set_input_files("[name=file]", {"name": "week.csv", "mimeType": "text/csv", "buffer": FILE.encode()})
    site.focus("[name=feed]")
    site.keyboard.type("north")
    site.keyboard.press("Enter")
    site.wait_for_url(FILE_PAGE)
    assert read().state == "mapping"
    site.wait_for_url("**/columns/")  # whoever waits there is led on
    chosen = site.locator(".k-columns select").evaluate_all("all => all.map(one => one.value)")
    assert chosen == ["store", "product", "week", "", "value", ""]
    assert site.locator(".k-checks .k-bad").count() == 1
    site.focus("#id_c3")
    site.keyboard.type("Units")
    site.keyboard.press("Tab")
    site.wait_for_selector(".k-checks .k-good")
    assert site.locator(".k-checks .k-bad").count() == 0
    assert site.locator("td.k-num", has_text="718.8").count() == 1
    site.focus(".k-actionbar .k-button-primary")
    site.keyboard.press("Enter")
    site.wait_for_url(FILE_PAGE)
    assert (read().state, SellThrough.objects.count(), ColumnMapping.objects.count()) == ("checked", 0, 1)
    site.get_by_role("button", name="Import it now").focus(timeout=10_000)
    with site.expect_navigation():
        site.keyboard.press("Enter")
    assert read().state == "applied"
    site.wait_for_selector(".k-pill-good")
    assert [(str(fact.value), fact.units) for fact in SellThrough.objects.all()] == [("718.80", 12)]
    assert asks_while_it_is_left(site) == [True, False]


def asks_while_it_is_left(page):
    """Whether the page asks for something before it was told to go elsewhere, and after it."""
    return page.evaluate("""() => {
      const detail = { xhr: { getResponseHeader: (name) => (name === "HX-Redirect" ? "/elsewhere/" : null) } };
      const options = { bubbles: true, cancelable: true, detail };
      const tell = (name) => document.body.dispatchEvent(new CustomEvent(name, options));
      const before = tell("htmx:beforeRequest");
      tell("htmx:beforeOnLoad");
      return [before, tell("htmx:beforeRequest")];
    }""")
