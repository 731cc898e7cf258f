"""Charts in a real browser: what stands at the ends of their lines can be read."""

import pytest

from kam.models import StepRun
from kpis.models import Target
from tests import make
from tests.kpis import facts
from tests.kpis.facts import DAY, weeks_back
from tests.test_browser import DESKTOP, PHONE_IN_THE_DARK, sign_in

pytestmark = pytest.mark.django_db(transaction=True)
ENDS = """() => [...document.querySelectorAll('[data-chart] svg text')]
  .map(e => ({said: e.textContent, ...e.getBoundingClientRect().toJSON()}))
  .filter(e => ['OTIF', 'Last year', 'Target'].includes(e.said))
  .sort((a, b) => a.top - b.top)"""


@pytest.mark.parametrize("look", [DESKTOP, PHONE_IN_THE_DARK])
def test_lines_that_end_at_the_same_figure_are_named_one_below_the_other(browser, live_site, client, look):
    mia = make.user()
    account = make.account(mia)
    StepRun.objects.create(date=DAY, step="measures", state="done")
    for back in range(80):
        facts.value(account, "otif", week=weeks_back(back), numerator=96, denominator=100)
    Target.objects.create(account=account, measure="otif", year=DAY.year, value="0.96")
    context = browser.new_context(**look)
    sign_in(context, client, mia)
    page = context.new_page()
    page.goto(f"{live_site.url}/kpis/accounts/{account.pk}/otif/")
    page.wait_for_selector("[data-chart] svg text")
    ends = page.evaluate(ENDS)
    context.close()
    assert sorted(end["said"] for end in ends) == ["Last year", "OTIF", "Target"]
    assert len({end["left"] for end in ends}) == 1
    assert all(upper["bottom"] <= lower["top"] + 2 for upper, lower in zip(ends, ends[1:], strict=False))
