"""The file of a batch, taken back as it was handed in; and the feed that it is handed in for, chosen by its code."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from kam.models import Entry
from kam.roles import Role
from kpis.models import ImportBatch
from tests import make
from tests.kpis import facts

pytestmark = pytest.mark.django_db
CONTENT = b"account;product\r\nN\xf6rd;=1+1\r\n"
NAME = 'Abverkäufe "KW 46".csv'
NEW = "/kpis/imports/new/"


@pytest.fixture
def mia():
    return make.user()


@pytest.fixture
def site(client_of, mia):
    return client_of(mia)


def handed_in(site, **kw):
    data = {"kind": "invoices", "file": SimpleUploadedFile("f.csv", CONTENT)} | kw
    return site.post(NEW, data)


def file_of(batch):
    return reverse("kpis:import-file", args=[batch.pk])


def test_a_file_comes_back_byte_for_byte_under_its_name_and_never_as_a_page(site):
    handed_in(site)
    ImportBatch.objects.update(file_name=NAME)
    batch = ImportBatch.objects.get()
    answer = site.get(file_of(batch))
    assert b"".join(answer.streaming_content) == CONTENT
    assert answer["Content-Disposition"] == "attachment; filename*=utf-8''Abverk%C3%A4ufe%20%22KW%2046%22.csv"
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("application/octet-stream", "nosniff")
    assert (
        f'href="{file_of(batch)}" download' in site.get(reverse("kpis:import-detail", args=[batch.pk])).content.decode()
    )


def test_it_is_logged_who_took_a_file(site, mia):
    handed_in(site)
    batch = ImportBatch.objects.get()
    b"".join(site.get(file_of(batch)).streaming_content)
    entry = Entry.objects.get(model="kpis.importbatch", verb="handed_out")
    assert (entry.object_id, entry.actor, entry.after) == (
        str(batch.pk), mia, {"file_name": "f.csv", "sha256": batch.sha256},
    )  # fmt: skip


def test_who_does_not_see_the_batch_gets_no_file_and_leaves_no_trace(site, client_of):
    handed_in(site)
    batch = ImportBatch.objects.get()
    for role in (Role.ACCOUNT_MANAGER, Role.DIRECTOR, Role.ANALYST, Role.ADMIN):
        assert client_of(make.user(role)).get(file_of(batch)).status_code == 404
    assert not Entry.objects.filter(verb="handed_out").exists()


@pytest.mark.parametrize("stored_name", ["", "0" * 32])
def test_a_file_that_is_gone_is_not_found_and_not_offered_as_taken(site, mia, stored_name):
    batch = facts.batch(by=mia, stored_name=stored_name)
    assert site.get(file_of(batch)).status_code == 404
    assert not Entry.objects.filter(verb="handed_out").exists()


# The feed of an upload


@pytest.mark.parametrize("typed", ["nord-weekly", "Nord, every week", " nord, EVERY week "])
def test_a_feed_is_named_by_its_code_or_its_name(site, mia, typed):
    feed = facts.feed(make.account(mia), code="nord-weekly", name="Nord, every week", kind="invoices")
    handed_in(site, feed=typed)
    assert ImportBatch.objects.get().feed == feed


def test_a_name_that_several_feeds_have_and_one_that_none_has_are_refused(site, mia):
    for code in ("a", "b"):
        facts.feed(make.account(mia), code=code, name="Weekly", kind="invoices")
    facts.feed(make.account(), code="hidden", name="Of others", kind="invoices")
    said = [handed_in(site, feed=typed).context["form"].errors["feed"][0] for typed in ("Weekly", "hidden", "none")]
    none = "There is none of this number or name."
    assert said == ["Several are called so. Give the number.", none, none]
    assert ImportBatch.objects.count() == 0


def test_a_link_names_the_feed_and_the_form_shows_its_code(site, mia):
    feed = facts.feed(make.account(mia), code="nord-weekly")
    text = site.get(f"{NEW}?feed={feed.pk}").content.decode()
    assert 'value="nord-weekly"' in text
    assert f'hx-get="{reverse("kpis:feed-names")}"' in text


def test_suggestions_are_the_feeds_one_sees(site, mia, django_assert_num_queries):
    own = make.account(mia)
    facts.feed(own, code="nord", name="Weekly")
    facts.feed(own, code="s", name="From the north")
    facts.feed(make.account(), code="north-of-others", name="North")
    with django_assert_num_queries(5):
        text = site.get(reverse("kpis:feed-names"), {"feed": "nor"}).content.decode()
    assert text == '<option value="s">From the north</option><option value="nord">Weekly</option>'
