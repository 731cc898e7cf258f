"""A person at their browser: they see words, and click on what they see."""

import re

from django.utils.translation import gettext, override
from playwright.sync_api import expect

from accounts import wording
from accounts.models import Alert
from kam import night
from plans.demo.accounts import code_of

NBSP = "\u00a0"


def run_night(day):
    """The night of that day, driven by the real engine; run again, it computes everything anew."""
    night.plan_night(day)
    while night.outcome(day) == "running":
        for pk in night.ready(day):
            night.run(pk)
    assert night.outcome(day) == "done"


class Walk:
    """What one person does, in their language, never by an address but that of the front door."""

    def __init__(self, page, language):
        self.page, self.language = page, language

    def word(self, text):
        """A word of the pages in the person's language."""
        with override(self.language):
            return gettext(text)

    def sign_in(self, email, password):
        self.page.context.clear_cookies()
        self.page.goto("/account/login/")
        self.page.locator("input[name=login]").fill(email)
        self.page.locator("input[name=password]").fill(password)
        self.page.locator("input[name=password]").press("Enter")
        expect(self.page.get_by_role("link", name=self.word("Home"), exact=True).first).to_be_visible()
        return self

    def link(self, text, within=None):
        """Click a link of that text."""
        (within or self.page).get_by_role("link", name=self.word(text), exact=True).first.click()

    def press(self, text, within=None):
        """Click a button of that text."""
        (within or self.page).get_by_role("button", name=self.word(text), exact=True).first.click()

    def home(self):
        self.link("Home")

    def heading(self, text):
        expect(self.page.get_by_role("heading", level=1)).to_have_text(re.compile(re.escape(self.word(text))))

    def row(self, *texts):
        """The first row of a table that has all these texts."""
        found = self.page.get_by_role("row")
        for text in texts:
            found = found.filter(has_text=text)
        return found.first

    def to_figure(self, alert):
        """From the home page, or the account's page when more is open than fits, to what the alert is about."""
        sentence, step = self.said(alert), self.step(alert)
        self.home()
        if not self.row(sentence).is_visible():
            self.link(alert.account.name)
        expect(self.row(sentence)).to_be_visible()
        self.row(sentence).get_by_role("link", name=step, exact=True).click()

    def said(self, alert):
        """The sentence of an alert as it stands on a page."""
        with override(self.language):
            return re.sub(r"\s+", " ", wording.sentence(alert).replace(NBSP, " "))

    def step(self, alert):
        with override(self.language):
            return wording.next_step(alert)

    def to_facts(self, back=0):
        """From a measure to the rows of one of its weeks: the latest that has some, or so many before it."""
        weeks = self.page.get_by_role("region", name=self.word("Data table")).or_(self.page.locator("#weeks"))
        weeks.get_by_role("link", name=self.word("Show"), exact=True).nth(back).click()

    def to_line(self, text=""):
        """From a row of facts to the line of the file that brought it; returns what stands there, by column."""
        rows = self.page.locator("tr[data-row]").filter(has_text=text) if text else self.page.locator("tr[data-row]")
        rows.first.get_by_role("link").last.click()
        source = self.page.locator("#source")
        expect(source).to_be_visible()
        heads = source.get_by_role("columnheader").all_inner_texts()
        return dict(zip(heads, source.get_by_role("cell").all_inner_texts(), strict=True))

    def to_plan_of_this_year(self):
        """From a plan to its account, and from there to the plan in force."""
        self.page.locator(".k-facts").get_by_role("link").first.click()
        self.link("Open plan", self.page.locator("#plan"))

    def to_line_of(self, measure):
        """From a plan to what a measure of it has reached, and on to the facts and the file of its latest week."""
        name = self.word(measure)
        row = self.page.locator("#plan-middle tr").filter(has=self.page.get_by_role("rowheader", name=name, exact=True))
        row.locator("td.k-num a").click()
        self.heading(measure)
        self.to_facts()
        return self.to_line()

    def hand_in(self, name, data, kind="", feed=""):
        """Import a file, from the page of imports or from where its feed is given: check it, then have it stored."""
        if kind:
            self.link("Imports")
            self.link("Import a file")
            self.page.locator("select[name=kind]").select_option(kind)
            if feed:
                self.page.locator("input[name=feed]").fill(feed)
        file = {"name": name, "mimeType": "text/csv", "buffer": data.encode()}
        self.page.locator("input[type=file][name=file]").set_input_files(file)
        self.press("Hand in")
        checked = self.page.locator("#import").get_by_role("button", name=self.word("Import it now"), exact=True)
        checked.click(timeout=30_000)
        expect(self.page.locator("#import")).to_contain_text(self.word("Applied"), timeout=30_000)


def open_alert(story, code):
    """The alert that tells a story; there must be one."""
    found = Alert.objects.unresolved().filter(account__code=code_of(story), code=code)
    return found.select_related("account").worst_first().first()


def is_open(alert):
    return Alert.objects.unresolved().filter(pk=alert.pk).exists()
