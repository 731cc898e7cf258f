"""Is every call of the access rule needed, and would its absence be noticed?

Each call of `visible_to` in the code is switched off, one at a time, and the requests that pass through it are made
again. If nobody gets anything else than before, either the call is superfluous or the requests are too few: the
test fails and names the line. First a few roles make the plain requests; only for calls that none of these told apart
everybody makes all of them.
"""

import ast
import re
import sys
from datetime import date
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import Alert
from kam.mail import kind_named
from kam.models import Mail
from kam.roles import Role
from tests import policy, world
from tests.clients import Api
from tests.test_access import VIEWSETS, aliases, detail, noun_of, queries, reference_fields
from tests.test_access_pages import address

ROOT = Path(__file__).resolve().parent.parent
ROLES = [r for r in Role if r != Role.AUDITOR]
FEW = [Role.TEAM_LEAD, Role.ACCOUNT_MANAGER, Role.FIELD]
MOVING = re.compile(r'(name="csrf[^"]*" (?:value|content)|csrfmiddlewaretoken" value|X-CSRFToken)="[^"]*"')

# Calls that no request can tell apart from none, because the row they start from was found through the rule and the
# role was asked for its class of data before. They stay: the next caller may be less careful.
SECOND_BELTS = {
    ("accounts/panels.py", "people"),
    ("accounts/panels.py", "stores"),
    ("accounts/services.py", "_must_stay_visible"),
    ("accounts/views/audit.py", "named"),
    ("accounts/views/parts.py", "get_context_data"),
    ("kam/handover.py", "_must_see"),
    ("kam/views/night.py", "get"),
    ("kam/views/night.py", "post"),
    ("kpis/imports/load.py", "visible_accounts"),
    ("kpis/queries.py", "account_weeks"),
    ("kpis/queries.py", "figures"),
    ("kpis/queries.py", "targets"),
    ("kpis/views/imports.py", "get_context_data"),
    ("plans/access.py", "may_create"),
    ("tradeterms/showing.py", "findings_of"),
    ("tradeterms/views/agreement.py", "get_context_data"),
}


# Calls that have tests of their own, but that no request made here tells apart yet: each is to be given one.
UNTRIED = {
    ("accounts/outbox.py", "seen_by"),  # tests/kam/test_webhooks.py, tests/accounts/test_api_changes.py
    ("kam/removals.py", "_must_be_allowed"),  # tests/kam/test_removals.py
    ("kam/saved.py", "views_of"),  # tests/kam/test_lists.py
    ("kam/views/night.py", "get_context_data"),  # behind `get`
    ("kpis/forms.py", "__init__"),
    ("kpis/models/batch.py", "visible_to"),  # files of the whole house
    ("kpis/panels.py", "_usual_currency"),
    ("plans/access.py", "may_sign"),  # tests/plans/test_signing.py
    ("plans/access.py", "sees"),
    ("plans/models/plan.py", "to_sign"),
    ("plans/models/plan.py", "waiting_for"),
    ("tradeterms/panels.py", "compliance"),
}


def sites():
    """Every call `….visible_to(…)` as (file, innermost function, first line, last line)."""
    found = {}
    for path in sorted(p for floor in settings.FLOORS for p in (ROOT / floor).rglob("*.py")):
        for function in (n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.FunctionDef)):
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "visible_to":
                    place = str(path.relative_to(ROOT)), node.func.end_lineno, node.end_lineno
                    found[place] = (place[0], function.name, *place[1:])
    return sorted(found.values())


SITES = sites()


class Switch:
    """Patches every `visible_to` of a QuerySet class: records who calls it, and lets one call site see everything."""

    def __init__(self, patch):
        self.off, self.seen = None, set()
        classes = {type(m.objects.all()) for m in apps.get_models() if m._meta.app_label in settings.FLOORS}
        for found in {c for k in classes for c in k.__mro__ if "visible_to" in vars(c)}:
            patch.setattr(found, "visible_to", self._wrapped(found.visible_to))

    def _wrapped(self, original):
        def visible_to(rows, user):
            site = self._caller()
            self.seen.add(site)
            return rows.all() if site and site == self.off else original(rows, user)

        return visible_to

    def _caller(self):
        frame = sys._getframe(2)
        while frame.f_code.co_filename.endswith("manager.py"):
            frame = frame.f_back
        try:
            name = str(Path(frame.f_code.co_filename).relative_to(ROOT))
        except ValueError:
            return None
        line = frame.f_lineno
        return next((s for s in SITES if s[0] == name and s[2] <= line <= s[3]), None)


def requests(here, roles, *, plain):
    """(label, role, function that makes the request) for reading and for writing with foreign references.

    The plain ones leave out filters of lists.
    """
    for role in roles:
        browser, api = Client(), Api()
        browser.force_login(here.people[role])
        api.credentials(HTTP_AUTHORIZATION=f"Bearer {here.tokens[role]}")
        yield from pages(here, role, browser)
        yield from calls(here, role, api, plain)
        yield "inbox", role, lambda b=browser: b.get(reverse("inbox:list"))
        yield "digest", role, lambda r=role: HttpResponse(daily_mail(here, here.people[r]))


def daily_mail(here, user):
    """The text of somebody's mail on the day after the world's; with a feed that is late for long, too."""
    for whose in (here.own, here.foreign):
        late = Alert(account=whose.account, fingerprint=f"late{whose.account.pk}", code="feed_late", severity="warning")
        late.raised_on = late.seen_on = date(2026, 11, 1)
        late.save()
    row = Mail(user=user, kind="digest", params={"day": "2026-11-24"})
    message = kind_named("digest").build(row, row.params)
    return message.text if message else ""


def pages(here, role, browser):
    for route in policy.LISTS:
        for query in ("", f"?account={here.foreign.account.pk}", f"?team={here.foreign.account.team_id}"):
            yield f"{route}{query}", role, lambda r=route, q=query: browser.get(reverse(r) + q)
    for route, page in policy.PAGES.items():
        for whose in ("own", "foreign"):
            url = address(route, page, row_of(here, whose, page["noun"]))
            yield f"{route} {whose}", role, lambda u=url: browser.get(u)
            data = foreign_references(here)
            yield f"POST {route} {whose}", role, lambda u=url, d=data: browser.post(u, d)
    for route in policy.OTHERS:
        if route not in ("night-day", "schema"):
            yield route, role, lambda r=route: browser.get(reverse(r))
            yield f"POST {route}", role, lambda r=route: browser.post(reverse(r), foreign_references(here))
    for week in (world.WEEK, world.DAY):
        facts = reverse("kpis:facts", args=[here.own.account.pk, "sell_in"]) + f"?week={week}"
        yield f"kpis:facts {week}", role, lambda u=facts: browser.get(u)
    line = reverse("kpis:facts", args=[here.own.account.pk, "sell_in"]) + f"?row={here.own.invoiceline.pk}"
    yield "kpis:facts row", role, lambda: browser.get(line)
    for word in ("Foreign", "Ball", here.foreign.agreement.number, here.foreign.contact.name, here.foreign.store.name):
        yield f"search {word}", role, lambda w=word: browser.get(reverse("search"), {"q": w})
    feed = f"{reverse('kpis:import-new')}?feed={here.foreign.feed.pk}"
    yield "kpis:import-new?feed", role, lambda: browser.get(feed)
    for what in ("night-day", "night-rerun"):
        yield what, role, lambda w=what: browser.get(reverse(w, kwargs={"day": world.DAY}))
        yield f"POST {what}", role, lambda w=what: browser.post(reverse(w, kwargs={"day": world.DAY}))


def row_of(here, whose, noun):
    """The own or the foreign row; of what the house shares there is one."""
    return getattr(here, noun) if noun in policy.SHARED else aliases(getattr(here, whose), noun)


def foreign_references(here):
    """A body that names a foreign row in every reference a form may have."""
    found = here.foreign
    return {
        "account": found.account.pk,
        "team": found.account.team_id,
        "parent": found.account.pk,
        "feed": found.feed.code,
        "numbers": found.account.code,
    }


def calls(here, role, api, plain):
    for name, viewset in VIEWSETS.items():
        noun = noun_of(viewset)
        if noun in policy.SHARED:
            yield f"{name} list", role, lambda n=name: api.get(reverse(f"{n}-list"))
            continue
        asked = [{}] if plain else queries(viewset, here, aliases(here.foreign, noun))
        for query in asked:
            yield f"{name} {query}", role, lambda n=name, q=query: api.get(reverse(f"{n}-list"), q)
        for whose in ("own", "foreign"):
            pk = aliases(getattr(here, whose), noun).pk
            yield f"{name} {whose}", role, lambda n=name, k=pk: api.get(detail(n, k))
        for field, model in reference_fields(viewset).items():
            if model._meta.model_name not in policy.SHARED:
                body = {field: aliases(here.foreign, model._meta.model_name).pk}
                yield f"POST {name} {field}", role, lambda n=name, b=body: api.post(reverse(f"{n}-list"), b)
                if getattr(viewset, "bulk", None):
                    yield f"bulk {name} {field}", role, lambda n=name, b=body: api.post(reverse(f"{n}-bulk"), [b])


def outcome(make):
    """What the caller gets, without what differs from one request to the next; nothing it wrote stays."""
    with transaction.atomic():
        try:
            answer = make()
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content
            found = answer.status_code, MOVING.sub("", body.decode(errors="replace"))
        except Exception as error:  # a crash is something else than before, too
            found = type(error).__name__, ""
        transaction.set_rollback(True)
    return found


@pytest.fixture(scope="module")
def here(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        yield world.build()
        transaction.set_rollback(True)


def test_switching_off_any_one_access_check_is_noticed(here, monkeypatch):
    switch = Switch(monkeypatch)
    unnoticed = set(SITES)
    for roles, plain in ((FEW, True), (ROLES, False)):
        if {site[:2] for site in unnoticed} - UNTRIED != SECOND_BELTS:
            unnoticed -= noticed(switch, unnoticed, requests(here, roles, plain=plain))
    assert {site[:2] for site in unnoticed} - UNTRIED == SECOND_BELTS


def noticed(switch, sites, made):
    """Those of `sites` without which at least one request is answered differently."""
    found = set()
    for _label, _role, make in made:
        switch.seen = set()
        before = outcome(make)
        for site in switch.seen & sites - found:
            switch.off = site
            if outcome(make) != before:
                found.add(site)
            switch.off = None
    return found
