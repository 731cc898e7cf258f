"""Pages and API of stock-outs and letters: what they show, where they lead, what people do there."""

import json
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
from kpis.stockouts import letters, papers, services
from kpis.stockouts.word import MIME
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


def words_in(docx):
    document = ZipFile(BytesIO(docx)).read("word/document.xml")
    return [element.text for element in ElementTree.fromstring(document).iter() if element.tag.endswith("}t")]


def test_a_letter_leaves_as_word_and_as_html(episode, client, user):
    letter = write(episode, user, language="de")
    StockOutLetter.objects.update(opening="Müller & Söhne <b>\n\nzwei", closing="")
    client.force_login(user)
    answer = client.get(reverse("kpis:letter-docx", args=[letter.pk]))
    archive, texts = ZipFile(BytesIO(answer.content)), words_in(answer.content)
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


def choose(client, user, rows, action, route="kpis:stockout-list"):
    client.force_login(user)
    return client.post(reverse(route), {"pk": [row.pk for row in rows], "action": action})


def test_letters_to_several_accounts_are_begun_at_once_each_in_its_language(episode, client, user):
    rows = more(user, 2)
    assert len(rows) == 3
    chinese = rows[1].account
    chinese.country = "CN"
    chinese.save()
    answer = choose(client, user, rows, "account")
    assert (answer.status_code, answer.url) == (302, reverse("kpis:letter-list"))
    found = {letter.account_id: letter for letter in StockOutLetter.objects.all()}
    assert {pk: letter.language for pk, letter in found.items()} == {
        row.account_id: "zh-hans" if row.account == chinese else "de" for row in rows
    }
    assert {letter.audience for letter in found.values()} == {"account"}
    for row in rows:
        letter = found[row.account_id]
        assert list(letter.episodes.all()) == [row]
        assert [figures["code"] for figures in letter.figures] == [row.product.code]
        assert row.product.name in letter.opening


def test_one_letter_lists_all_chosen_stock_outs_of_its_account(episode, client, user):
    of = facts.product(code="RUN-2", name="Sprinter")
    steady(episode.account, of=of)
    empty(episode.account, of, (0,))
    ordered(episode.account, of, 0, 20, order_number="PO-8")
    rows = judge()
    answer = choose(client, user, rows, "internal")
    letter = StockOutLetter.objects.get()
    assert (answer.url, letter.audience, letter.language) == (letter.get_absolute_url(), "internal", "en")
    said = [(one["code"], [line["order_number"] for line in one["lines"]]) for one in letter.figures]
    assert said == [("RUN-1", ["PO-7"]), ("RUN-2", ["PO-8"])]


def test_a_letter_about_very_many_says_how_many_more_stand_in_the_table(episode, user, monkeypatch):
    monkeypatch.setattr(letters, "MOST_TOLD", 200)
    said = letters.proposal([episode, episode, episode], "account", "en")
    assert said["opening"].endswith("\n\n2 more stand in the table.")
    assert len(said["figures"]) == 3


@pytest.mark.parametrize(
    ("body", "status"),
    [({"action": "account", "pk": "x"}, 404), ({"action": "account", "pk": "9" * 30}, 404),
     ({"action": "moon", "pk": "1"}, 404), ({}, 404), ({"action": "account"}, 302)],
)  # fmt: skip
def test_what_cannot_be_chosen_begins_nothing(episode, client, user, body, status):
    client.force_login(user)
    assert client.post(reverse("kpis:stockout-list"), body).status_code == status
    assert not StockOutLetter.objects.exists()


def test_a_foreign_row_among_the_chosen_is_unknown_and_nothing_is_begun(episode, client, user):
    stranger = make.user(Role.ACCOUNT_MANAGER)
    assert choose(client, user, more(stranger, 1), "account").status_code == 404
    assert not StockOutLetter.objects.exists()


def test_who_may_not_write_letters_is_not_offered_them_and_refused(episode, client):
    analyst = make.user(Role.ANALYST)
    episode.account.team = make.team(analyst)
    episode.account.save()
    assert choose(client, analyst, [episode], "account").status_code == 403
    assert not StockOutLetter.objects.exists()
    assert "Write to accounts" not in client.get(reverse("kpis:stockout-list")).content.decode()


def test_nobody_writes_about_what_the_facts_do_not_show_any_more(episode, client, user):
    other = more(user, 1)[-1]
    StockOut.objects.filter(pk=episode.pk).update(standing="withdrawn")
    client.force_login(user)
    url, body = f"{reverse('kpis:stockout-list')}?standing=withdrawn", {"pk": [episode.pk], "action": "account"}
    answer = client.post(url, body, follow=True)
    assert "do not show this stock-out any more" in answer.content.decode()
    assert choose(client, user, [episode, other], "account").status_code == 404
    answer = client.post(reverse("kpis:letter-create", args=[episode.pk]), {"audience": "account", "language": "de"})
    assert answer.url == episode.get_absolute_url()
    assert not StockOutLetter.objects.exists()


def test_letters_are_begun_with_as_many_questions_for_ten_stock_outs_as_for_two(user, django_assert_max_num_queries):
    account, counts = make.account(user), []
    for _ in range(10):
        of = facts.product()
        steady(account, of=of)
        empty(account, of, (0,))
    found = list(StockOut.objects.select_related("account", "product").filter(pk__in=[row.pk for row in judge()]))
    assert len(found) == 10
    for rows in (found[:2], found):
        with django_assert_max_num_queries(20) as asked:
            services.create_letters(by=user, episodes=rows, audience="account")
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_chosen_letters_are_downloaded_together(episode, client, user):
    episode.account.code = "../K 1"
    episode.account.save()
    first, second = write(episode, user), write(more(user, 1)[-1], user)
    answer = choose(client, user, [first], "docx", "kpis:letter-list")
    assert answer["Content-Disposition"] == f'attachment; filename="letter-{first.pk}.docx"'
    answer = choose(client, user, [first, second], "docx", "kpis:letter-list")
    archive = ZipFile(BytesIO(answer.content))
    assert archive.namelist() == [f"_K_1-{first.pk}.docx", f"{second.account.code}-{second.pk}.docx"]
    assert "Out of stock: Runner" in words_in(archive.read(archive.namelist()[0]))


def letter_of(episode, found, accept="application/json", **query):
    return found.get(f"/api/v1/stock-outs/{episode.pk}/letter/", query, headers={"Accept": accept})


def test_the_api_proposes_the_text_of_a_letter_in_the_language_asked(episode, user):
    found = api(user)
    said = letter_of(episode, found).json()
    assert (said["audience"], said["language"], said["account"]) == ("internal", "de", episode.account_id)
    assert [line["order_number"] for line in said["figures"][0]["lines"]] == ["PO-7"]
    said = letter_of(episode, found, language="en", audience="account").json()
    assert said == {"account": episode.account_id, "audience": "account", "language": "en"} | letters.proposal(
        [episode], "account", "en"
    )
    assert letter_of(episode, found, language="zh-hans").json()["subject"] == "断货：Runner"
    assert letter_of(episode, found, language="tlh").status_code == 400
    assert letter_of(episode, found, moon="full").status_code == 400
    assert not StockOutLetter.objects.exists()


@pytest.mark.parametrize("stored", [False, True])
def test_the_api_hands_out_the_document_of_a_letter(episode, user, stored):
    found, letter = api(user), write(episode, user)
    noun = f"stock-out-letters/{letter.pk}/document" if stored else f"stock-outs/{episode.pk}/letter"
    query = {} if stored else {"language": "en", "audience": "account"}

    def get(accept):
        return found.get(f"/api/v1/{noun}/", query, headers={"Accept": accept})

    paper = get(MIME)
    assert (paper.status_code, paper["Content-Type"]) == (200, MIME)
    assert words_in(paper.content) == words_in(papers.as_docx(letter))
    page = get("text/html")
    assert (page.status_code, page["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert page.content == papers.as_html(letter)
    assert get("image/png").status_code == 406


@pytest.mark.parametrize("accept", ["application/json", MIME])
def test_the_letter_of_a_foreign_stock_out_is_unknown(episode, user, accept):
    stranger = make.user(Role.ACCOUNT_MANAGER)
    answer = letter_of(episode, api(stranger), accept)
    assert (answer.status_code, json.loads(answer.content)["status"]) == (404, 404)
    letter = write(episode, user)
    assert api(stranger).get(f"/api/v1/stock-out-letters/{letter.pk}/document/").status_code == 404


def test_the_api_asks_as_much_for_a_letter_with_many_lines(episode, user, django_assert_max_num_queries):
    found, counts = api(user), []
    for n in (0, 3):
        for _ in range(n):
            ordered(episode.account, episode.product, 1, 10)
        letter_of(episode, found)
        with django_assert_max_num_queries(8) as asked:
            letter_of(episode, found)
        counts.append(len(asked))
    assert counts[0] == counts[1]


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
