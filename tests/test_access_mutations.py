"""Is every call of the access rule needed, and would its absence be noticed?

Each call of `visible_to` in the code is switched off, one at a time, and the requests that pass through it are made
again. If nobody gets anything else than before, either the call is superfluous or the requests are too few: the
test fails and names the line.
"""

import ast
import re
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import reverse

from kam.roles import Role
from tests import policy, world
from tests.clients import Api
from tests.test_access import VIEWSETS, aliases, detail, noun_of, queries, reference_fields
from tests.test_access_pages import address

ROOT = Path(__file__).resolve().parent.parent
ROLES = [r for r in Role if r != Role.AUDITOR]
MOVING = re.compile(r'(name="csrf[^"]*" (?:value|content)|csrfmiddlewaretoken" value|X-CSRFToken)="[^"]*"')

# Calls that no request can tell apart from none, because the row they start from was found through the rule and the
# role was asked for its class of data before. They stay: the next caller may be less careful.
SECOND_BELTS = {
    ("accounts/panels.py", "people"),
    ("accounts/panels.py", "stores"),
    ("accounts/services.py", "_must_stay_visible"),
    ("accounts/views/parts.py", "get_context_data"),
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


def requests(here):
    """(label, role, function that makes the request) for reading and for writing with foreign references."""
    for role in ROLES:
        browser, api = Client(), Api()
        browser.force_login(here.people[role])
        api.credentials(HTTP_AUTHORIZATION=f"Bearer {here.tokens[role]}")
        yield from pages(here, role, browser)
        yield from calls(here, role, api)


def pages(here, role, browser):
    for route in policy.LISTS:
        for query in ("", f"?account={here.foreign.account.pk}", f"?team={here.foreign.account.team_id}"):
            yield f"{route}{query}", role, lambda r=route, q=query: browser.get(reverse(r) + q)
    for route, page in policy.PAGES.items():
        for whose in ("own", "foreign"):
            url = address(route, page, aliases(getattr(here, whose), page["noun"]))
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
    feed = f"{reverse('kpis:import-new')}?feed={here.foreign.feed.pk}"
    yield "kpis:import-new?feed", role, lambda: browser.get(feed)
    for what in ("night-day", "night-rerun"):
        yield what, role, lambda w=what: browser.get(reverse(w, kwargs={"day": world.DAY}))
        yield f"POST {what}", role, lambda w=what: browser.post(reverse(w, kwargs={"day": world.DAY}))


def foreign_references(here):
    """A body that names a foreign row in every reference a form may have."""
    found = here.foreign
    return {
        "account": found.account.pk,
        "team": found.account.team_id,
        "parent": found.account.pk,
        "feed": found.feed.pk,
    }


def calls(here, role, api):
    for name, viewset in VIEWSETS.items():
        noun = noun_of(viewset)
        if noun in policy.SHARED:
            yield f"{name} list", role, lambda n=name: api.get(reverse(f"{n}-list"))
            continue
        for query in queries(viewset, here, aliases(here.foreign, noun)):
            yield f"{name} {query}", role, lambda n=name, q=query: api.get(reverse(f"{n}-list"), q)
        for whose in ("own", "foreign"):
            pk = aliases(getattr(here, whose), noun).pk
            yield f"{name} {whose}", role, lambda n=name, k=pk: api.get(detail(n, k))
        for field, model in reference_fields(viewset).items():
            if model._meta.model_name not in policy.SHARED:
                body = {field: aliases(here.foreign, model._meta.model_name).pk}
                yield f"POST {name} {field}", role, lambda n=name, b=body: api.post(reverse(f"{n}-list"), b)


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
    before, through = {}, {site: [] for site in SITES}
    made = {(label, role): make for label, role, make in requests(here)}
    for key, make in made.items():
        switch.seen = set()
        before[key] = outcome(make)
        for site in switch.seen & set(SITES):
            through[site].append(key)
    unnoticed = [site for site, keys in through.items() if not noticed(switch, site, keys, made, before)]
    assert {(name, function) for name, function, *_lines in unnoticed} == SECOND_BELTS


def noticed(switch, site, keys, made, before):
    switch.off = site
    try:
        return any(outcome(made[key]) != before[key] for key in keys)
    finally:
        switch.off = None
