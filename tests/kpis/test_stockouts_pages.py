"""Pages and API of stock-outs and letters: what they show, where they lead, what people do there."""

from io import BytesIO
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from kam.errors import Conflict, Denied, Stale
from kam.models import Entry, Removal
from kam.roles import Role
from kam.services import issue_token
from kpis.models import StockOut, StockOutLetter
from kpis.stockouts import services
from tests import make
from tests.clients import Api
from tests.kpis import facts
from tests.kpis.stockouts import empty, judge, ordered, steady

pytestmark = pytest.mark.django_db


@pytest.fixture
def user():
    return make.user(Role.ACCOUNT_MANAGER)


@pytest.fixture
def episode(user):
    """A best-seller that we did not deliver: two stores, one order line."""
    account = make.account(user, name="Gratweg", country="DE")
    of = facts.product(code="RUN-1", name="Runner")
    store = make.store(account, name="Leipzig")
    steady(account, of=of, store=store)
    empty(account, of, (1, 0), store=store)
    ordered(account, of, 1, 60, order_number="PO-7")
    return judge()[0]


@pytest.fixture
def page(client, user):
    client.force_login(user)

    def get(url, **query):
        answer = client.get(url, query)
        assert answer.status_code == 200, url
        return answer.content.decode()

    return get


def more(user, n):
    for number in range(n):
        account = make.account(user, country="DE")
        of = facts.product(name=f"Ball {number}")
        steady(account, of=of)
        empty(account, of, (0,))
    return judge()


def test_the_list_names_them_with_cost_cause_and_whose_it_was(episode, page):
    text = page(reverse("kpis:stockout-list"))
    for word in ("Runner", "Gratweg", "W46 – W47", "Delivered short", "Us", "Out of stock"):
        assert word in text


@pytest.mark.parametrize(
    ("query", "found"),
    [({"side": "us"}, 1), ({"side": "them"}, 0), ({"cause": "short"}, 1), ({"standing": "ended"}, 0),
     ({"product_named": "run-"}, 1), ({"account_named": "Grat"}, 1), ({"since": "2026-11-24"}, 0)],
)  # fmt: skip
def test_the_list_is_narrowed(episode, page, query, found):
    assert page(reverse("kpis:stockout-list"), **query).count("<tr data-row>") == found


def test_the_list_is_exported_as_it_is_seen(episode, client, user):
    client.force_login(user)
    answer = client.get(reverse("kpis:stockout-list"), {"format": "csv"})
    lines = b"".join(answer.streaming_content).decode().splitlines()
    head = "Product,Number,Account,Standing,Weeks,First week,Last week,Units lost,Value lost,Currency,Cause,Responsible"
    assert lines[0].lstrip("\ufeff") == head
    said = ",2026-11-16,40.000,200.00,EUR,Delivered short,Us"
    assert lines[1] == f"Runner,RUN-1,Gratweg,Out of stock,W46 – W47,2026-11-09{said}"


def test_its_page_tells_weeks_the_path_and_the_lines_with_where_they_lead(episode, page):
    text = page(episode.get_absolute_url())
    line = episode.account.order_lines.get()
    for word in (
        "Did we deliver in full?",
        "60 units that were due did not come; 40 units were lost.",
        f"{reverse('kpis:order-line', args=[line.pk])}#source",
        "PO-7/1",
        "not delivered",
        "Leipzig",
        "Correct the cause",
        "Write a letter",
    ):
        assert word in text, word


def test_each_line_leads_to_its_facts(episode, page):
    text = page(episode.get_absolute_url())
    links = [part.split('"')[0].replace("&amp;", "&") for part in text.split('href="')[1:]]
    to_facts = [link for link in links if "/facts/" in link or "/order-lines/" in link]
    assert len(to_facts) == 12
    for link in to_facts:
        assert "Sell-through by store" in page(link) or "Order line PO-7/1" in page(link)


def test_a_cause_is_corrected_with_a_reason_and_taken_back(episode, client, user):
    client.force_login(user)
    url = reverse("kpis:stockout-correct", args=[episode.pk])
    body = {"cause": "forecast", "reason": "", "version": episode.version}
    assert client.post(url, body).status_code == 422
    assert client.post(url, body | {"reason": "The marathon."}).status_code == 302
    episode.refresh_from_db()
    assert (episode.cause, episode.found, episode.state, episode.reason) == (
        *("forecast", "short", "corrected", "The marathon."),
    )
    assert (episode.side, Entry.objects.get(verb="correct").reason) == ("both", "The marathon.")
    back = reverse("kpis:stockout-move", args=[episode.pk, "restore"])
    assert client.post(back, {"version": episode.version}).status_code == 302
    episode.refresh_from_db()
    assert (episode.cause, episode.state, episode.reason) == ("short", "found", "")


def test_a_cause_is_corrected_by_whoever_may_from_what_they_saw(episode, user):
    by = {"version": episode.version, "cause": "late", "reason": "x"}
    with pytest.raises(Denied):
        services.correct_cause(episode, by=make.user(Role.FIELD), **by)
    with pytest.raises(Stale):
        services.correct_cause(episode, by=user, **by | {"version": 9})
    with pytest.raises(Conflict, match="which cause"):
        services.correct_cause(episode, by=user, **by | {"cause": "moon"})
    StockOut.objects.update(standing="withdrawn")
    with pytest.raises(Conflict, match="not show"):
        services.correct_cause(episode, by=user, **by)


def api(user):
    found = Api()
    token = issue_token(user=user, name="t", scopes=["kpis:read", "kpis:write"], days=1, by=None)[1]
    found.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return found


def test_the_api_reads_and_corrects(episode, user):
    found = api(user)
    row = found.get("/api/v1/stock-outs/", {"side": "us"}).json()["results"][0]
    assert (row["lost_units"], row["lost_value"], row["cause"], row["side"]) == ("40.000", "200.00", "short", "us")
    assert row["why"] == "60 units that were due did not come; 40 units were lost."
    url, body = f"/api/v1/stock-outs/{row['id']}/move/correct/", {"note": "The marathon.", "cause": "forecast"}
    assert found.post(url, body).status_code == 428
    assert found.post(url, {"note": "x"}, headers={"If-Match": f'"{row["version"]}"'}).status_code == 409
    answer = found.post(url, body, headers={"If-Match": f'"{row["version"]}"'})
    assert (answer.status_code, answer.json()["cause"], answer.json()["why"]) == (200, "forecast", "The marathon.")


LANGUAGES = {"DE": "de", "AT": "de", "CN": "zh-hans", "GB": "en"}


@pytest.mark.parametrize("country", LANGUAGES)
def test_a_letter_is_proposed_in_the_language_of_the_account(episode, user, page, country):
    episode.account.country = country
    episode.account.save()
    text = page(reverse("kpis:letter-create", args=[episode.pk]))
    assert f'<option value="{LANGUAGES[country]}" selected>' in text


def write(episode, user, audience="account", language="en"):
    return services.create_letter(by=user, episodes=[episode], audience=audience, language=language)


def test_a_letter_says_which_weeks_why_and_what_now(episode, user):
    letter = write(episode, user)
    assert letter.subject == "Out of stock: Runner"
    assert letter.opening.split("\n\n") == [
        "Dear Sir or Madam,",
        "we have looked into why the following product was not available in your stores.",
        "Runner: out of stock for 2 weeks, W46/2026 to W47/2026; 40 of 40 expected units were not sold. "
        "60 units that were due did not come; 40 units were lost.",
    ]
    assert letter.closing.startswith("We are sorry. We will deliver what is missing, and tell you the day.")
    (figures,) = letter.figures
    assert (figures["lost_units"], figures["value"], figures["lines"][0]["order_number"]) == (
        "40.000",
        "200.00",
        "PO-7",
    )


def test_the_account_is_not_told_what_it_cost_us_but_we_are(episode, user, page):
    assert "200" not in page(write(episode, user).get_absolute_url()).split("As it reads")[1].split("k-section")[0]
    assert "€\u00a0200.00" in page(write(episode, user, "internal").get_absolute_url())


def test_its_figures_are_those_of_the_day_it_was_begun(episode, user, page):
    letter = write(episode, user)
    StockOut.objects.update(lost_units=7)
    letter.refresh_from_db()
    assert letter.figures[0]["lost_units"] == "40.000"


def test_a_letter_is_about_one_account(user, episode):
    with pytest.raises(ValidationError):
        services.create_letter(by=user, episodes=more(user, 2), audience="account", language="en")


def test_a_letter_is_written_edited_sent_and_kept(episode, client, user):
    client.force_login(user)
    answer = client.post(reverse("kpis:letter-create", args=[episode.pk]), {"audience": "account", "language": "en"})
    letter = StockOutLetter.objects.get()
    assert answer.url == letter.get_absolute_url()
    words = {"subject": "About the Runner", "opening": "Hello", "closing": "Bye", "version": letter.version}
    assert client.post(reverse("kpis:letter-edit", args=[letter.pk]), words).status_code == 302
    letter.refresh_from_db()
    client.post(reverse("kpis:letter-move", args=[letter.pk, "send"]), {"version": letter.version})
    letter.refresh_from_db()
    assert (letter.subject, letter.state, letter.sent_by) == ("About the Runner", "sent", user)
    assert letter.sent_at
    with pytest.raises(Conflict, match="was sent"):
        services.change_letter(letter, by=user, version=letter.version, subject="x")
    with pytest.raises(Conflict, match="was sent"):
        services.remove_letter(letter, by=user)


def test_a_draft_is_thrown_away_and_brought_back(episode, client, user):
    letter = write(episode, user)
    client.force_login(user)
    client.post(reverse("kpis:letter-remove", args=[letter.pk]))
    assert not StockOutLetter.objects.exists()
    undo = reverse("undo", args=[Removal.objects.get().pk])
    client.post(undo)
    assert StockOutLetter.objects.get().episodes.get() == episode


def test_a_letter_leaves_as_word_and_as_html(episode, client, user):
    letter = write(episode, user, language="de")
    StockOutLetter.objects.update(opening="Müller & Söhne <b>\n\nzwei", closing="")
    client.force_login(user)
    answer = client.get(reverse("kpis:letter-docx", args=[letter.pk]))
    archive = ZipFile(BytesIO(answer.content))
    texts = [e.text for e in ElementTree.fromstring(archive.read("word/document.xml")).iter() if e.tag.endswith("}t")]
    assert texts[1:3] == ["Müller & Söhne <b>", "zwei"]
    assert "PO-7/1" in texts
    assert all(ElementTree.fromstring(archive.read(name)) is not None for name in archive.namelist())
    answer = client.get(reverse("kpis:letter-html", args=[letter.pk]))
    assert answer["Content-Disposition"] == f'attachment; filename="letter-{letter.pk}.html"'
    text = answer.content.decode()
    assert '<html lang="de">' in text
    assert "Müller &amp; Söhne &lt;b&gt;" in text


def test_figures_of_a_letter_are_written_in_its_language(episode, user, page):
    letter = write(episode, user, "internal", "de")
    assert "200,00\u00a0€" in page(letter.get_absolute_url())


def test_weeks_of_which_news_is_missing_are_marked(episode, page):
    late = {"measure": "sell_through_units", "week": episode.last_week}
    facts.value(episode.account, **late, late=True)
    facts.value(make.account(), **late | {"week": episode.first_week}, late=True)
    assert page(episode.get_absolute_url()).count('aria-label="late"') == 1


@pytest.mark.parametrize("route", ["kpis:stockout-list", "kpis:letter-list"])
def test_lists_ask_as_much_for_three_rows_as_for_one(route, client, user, django_assert_max_num_queries):
    counts = []
    for n in (1, 2):
        for row in more(user, n):
            write(row, user)
        client.force_login(user)
        client.get(reverse(route))
        with django_assert_max_num_queries(12) as asked:
            client.get(reverse(route))
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_a_page_asks_as_much_with_much_to_tell(client, user, django_assert_max_num_queries):
    counts = []
    for n in (1, 3):
        account, of = make.account(user), facts.product()
        for _ in range(n):
            store = make.store(account)
            steady(account, of=of, store=store)
            empty(account, of, (0,), store=store)
            ordered(account, of, 1, 10)
        row = next(row for row in judge() if row.account == account)
        for _ in range(n):
            write(row, user)
        client.force_login(user)
        client.get(row.get_absolute_url())
        with django_assert_max_num_queries(12) as asked:
            client.get(row.get_absolute_url())
        counts.append(len(asked))
    assert counts[0] == counts[1]
