"""What lists, search and the frame do in a real browser, by keyboard and mouse."""

import pytest

from accounts.models import Contact
from kam.models import SavedView
from kam.roles import Role
from tests import make
from tests.test_browser import sign_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def lead():
    user = make.user(Role.TEAM_LEAD, name="Lea Lead")
    user.team = make.team(user)
    return user


@pytest.fixture
def site(browser, live_site, client, lead):
    """A page of the signed-in leader, and the way to open an address."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    sign_in(context, client, lead)
    page = context.new_page()
    page.open = lambda path: page.goto(live_site.url + path, wait_until="load")
    yield page
    context.close()


@pytest.fixture
def three(lead):
    return [make.account(name=name, team=lead.team, tier="A") for name in ("Anna", "Berta", "Cora")]


def test_search_finds_while_one_types_and_arrows_lead_there(site, three):
    site.open("/")
    site.keyboard.press("Control+k")
    site.keyboard.type("ber")
    site.wait_for_selector("#search-found [data-hit]")
    assert site.locator("#search-found [data-hit]").all_inner_texts() == [f"Berta\n{three[1].code}"]
    site.keyboard.press("ArrowDown")
    site.keyboard.press("Enter")
    site.wait_for_url(f"**{three[1].get_absolute_url()}")


def test_from_row_to_row_with_the_keys_of_the_list(site, three):
    site.open("/accounts/?sort=-name")
    site.keyboard.press("j")
    site.keyboard.press("o")
    site.wait_for_url("**/accounts/*/?in=*")
    names = [site.locator("h1").inner_text()]
    for _step in range(2):
        with site.expect_navigation():
            site.keyboard.press("J")
        names.append(site.locator("h1").inner_text())
    with site.expect_navigation():
        site.keyboard.press("K")
    assert [*names, site.locator("h1").inner_text()] == ["Cora", "Berta", "Anna", "Berta"]
    with site.expect_navigation():
        site.get_by_role("link", name="Back to the list").click()
    assert site.url.endswith("/accounts/?sort=-name")


def test_columns_are_chosen_and_the_view_is_kept(site, three):
    site.open("/accounts/?tier=A")
    site.locator("summary", has_text="Columns").click()
    site.get_by_role("checkbox", name="Kind").uncheck()
    with site.expect_navigation():
        site.get_by_role("button", name="Show").last.click()
    assert "Kind" not in site.locator("thead").inner_text()
    site.locator("summary", has_text="Views").click()
    site.get_by_label("Save this view as").fill("Big ones")
    with site.expect_navigation():
        site.get_by_role("button", name="Save view").click()
    view = SavedView.objects.get()
    assert (view.name, "tier=A" in view.query, "column=kind" in view.query) == ("Big ones", True, False)


def test_the_form_of_the_filters_comes_when_it_is_opened(site, three):
    site.open("/accounts/?sort=-name")
    assert site.locator("select[name=tier]").count() == 0
    site.locator("summary", has_text="Filter").click()
    site.get_by_role("textbox", name="Country").fill("de")
    with site.expect_navigation():
        site.get_by_role("button", name="Show").first.click()
    assert ("sort=-name" in site.url, "country=de" in site.url) == (True, True)
    site.locator("summary", has_text="Filter").click()
    assert site.get_by_role("textbox", name="Country").input_value() == "de"


@pytest.mark.parametrize("kind", ["Workbook (XLSX)", "Text (CSV)"])
def test_a_view_is_downloaded(site, three, kind):
    site.open("/accounts/")
    site.locator("summary", has_text="Export this view").click()
    with site.expect_download() as download:
        site.get_by_role("link", name=kind).click()
    assert download.value.suggested_filename.startswith("accounts-")


def test_without_a_connection_nothing_typed_is_lost(site, three):
    site.open(f"/accounts/{three[0].pk}/people/new/")
    site.get_by_label("Name").fill("Paul")
    site.context.set_offline(True)
    site.wait_for_selector("[data-offline]:not([hidden])")
    site.get_by_role("button", name="Save").click()
    site.wait_for_timeout(300)
    assert (site.get_by_label("Name").input_value(), Contact.objects.count()) == ("Paul", 0)
    site.context.set_offline(False)
    site.wait_for_selector("[data-offline]", state="hidden")
