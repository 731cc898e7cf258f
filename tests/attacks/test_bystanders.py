"""What a person sees depends on nobody else's rows: pages, lists, counts, choices and exports, whole and by the letter.

Everything a role can open is read twice, before and after other people's accounts come into the house; and no word of
a class of data that the role does not read stands anywhere in it.
"""

import functools
import io
import re
import zipfile

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts.models import Contact
from kam.roles import READS, DataClass, Role
from kpis.models import OpenItem, OrderLine
from plans.models import Goal
from tests import make, policy, world
from tests.asking import row_of
from tests.test_access import VIEWSETS, detail, noun_of, own_key, token_client
from tests.test_access_pages import address
from tradeterms.models import Agreement

# Who sees accounts by a team and reads everything, who reads one part or another, who only looks after one account,
# and who sees none.
ROLES = [Role.TEAM_LEAD, Role.ANALYST, Role.FINANCE, Role.FIELD, Role.ADMIN]
# What differs from one answer to the next, whoever asks: the protection of forms, what time it is, and who else works
# here, which is no secret.
MOVING = re.compile(
    r'(csrf[^"]*" (?:value|content)|X-CSRFToken&quot;: &quot|csrfmiddlewaretoken" value)="[^"]*"'
    r'|\d\d:\d\d|<option value="\d+">Person \d+</option>'
)
MARKS = {
    DataClass.RELATIONSHIP: "Zq-relationship",
    DataClass.TERMS: "Zq-terms",
    DataClass.KPI: "Zq-kpi",
    DataClass.FINANCE: "Zq-finance",
}


@pytest.fixture(scope="module")
def here(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        here = world.build()
        mark(here)
        yield here
        transaction.set_rollback(True)


def mark(here):
    """A word of its own in a row of each class of data that a person may or may not read."""
    own = here.own.account
    Contact.objects.filter(account=own).update(name=MARKS[DataClass.RELATIONSHIP])
    Goal.objects.filter(pk=here.own.goal.pk).update(title=MARKS[DataClass.RELATIONSHIP])
    Agreement.objects.filter(account=own).update(title=MARKS[DataClass.TERMS])
    OrderLine.objects.filter(account=own).update(order_number=MARKS[DataClass.KPI])
    OpenItem.objects.filter(account=own).update(document=MARKS[DataClass.FINANCE])


def addresses(here):
    """Every page and every list and row of the API that is about the own account or about no account."""
    for route in [*policy.LISTS, "accounts:create", "plans:create", "tradeterms:create", "kpis:import-new"]:
        yield reverse(route)
    for route, page in policy.PAGES.items():
        if not page.get("post_only"):
            yield address(route, page, row_of(here, "own", page["noun"]))
    for name, viewset in VIEWSETS.items():
        if noun_of(viewset) in policy.SHARED:
            continue
        yield f"{reverse(f'{name}-list')}?page_size=200"
        yield detail(name, own_key(here, noun_of(viewset)))


@pytest.fixture(scope="module")
def before(here):
    """A function: what a role reads while the house is as it is; asked once for each role.

    Everybody has signed in before, so that who reads next changes no column that says when they did.
    """
    for person in here.people.values():
        Client().force_login(person)
    return functools.cache(lambda role: reading(here, role))


def reading(here, role):
    """{address: (status, text)} of everything, as this role."""
    browser, api, found = Client(), token_client(here, role), {}
    browser.force_login(here.people[role])
    for url in addresses(here):
        answer = (api if url.startswith("/api/") else browser).get(url)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        text = MOVING.sub("", text_of(body))
        found[url] = answer.status_code, "\n".join(line for line in text.splitlines() if line.strip())
    return found


def text_of(body):
    """What is written in an answer; of a workbook its cells, without the moment it was made."""
    if not body.startswith(b"PK"):
        return body.decode(errors="replace")
    with zipfile.ZipFile(io.BytesIO(body)) as book:
        return "".join(book.read(name).decode() for name in sorted(book.namelist()) if name.startswith("xl/"))


@pytest.mark.parametrize("role", ROLES)
def test_no_page_has_a_word_of_a_class_of_data_that_the_role_does_not_read(before, role):
    found = before(role)
    hidden = [word for kind, word in MARKS.items() if kind not in READS[role]]
    assert {(url, word) for url, (_status, text) in found.items() for word in hidden if word in text} == set()
    if READS[role] >= set(MARKS):
        shown = {word for word in MARKS.values() if any(word in text for _status, text in found.values())}
        assert shown == set(MARKS.values())


@pytest.mark.parametrize("role", [Role.TEAM_LEAD, Role.FIELD])
def test_other_peoples_accounts_change_nothing_that_is_shown(here, before, role):
    earlier = before(role)
    with transaction.atomic():
        for number in range(3):
            other = make.account(team=here.foreign.account.team, code=f"LATER-{number}", country="FR", currency="USD")
            world.below(other, here.user, here.product)
        after = reading(here, role)
        transaction.set_rollback(True)
    assert {url: changed(earlier[url], after[url]) for url in earlier if earlier[url] != after[url]} == {}


def changed(earlier, later):
    """The lines that are new, for whoever has to find out why."""
    return [line for line in later[1].splitlines() if line not in earlier[1]][:20]
