"""Is every call of the access rule needed, and would its absence be noticed?

Each call of `visible_to` in the code is switched off, one at a time, and requests that pass through it are made again.
If nobody gets anything else than before, either the call is superfluous or the requests are too few: the test fails
and names the call.

The requests in `TELLING` tell all of them apart today. When they no longer do, all other requests are tried, by a few
roles and then by everybody, before the test gives up: put what it took into `TELLING`.
"""

import re
from itertools import chain

import pytest
from django.db import transaction

from kam.roles import Role
from tests import world
from tests.asking import requests
from tests.switch import SITES, Switch

AM, TL, DIR, AN, FIN, FN, FLD, AUD, ADM, API = Role
FEW, ROLES = [TL, AM, FLD], [r for r in Role if r != AUD]
MOVING = re.compile(r'(name="csrf[^"]*" (?:value|content)|csrfmiddlewaretoken" value|X-CSRFToken)="[^"]*"')

TELLING = [
    ("administration:person own", TL),
    ("POST administration:team-assign own", TL),
    ("accounts:whole own", AM),
    ("kpis:facts row", AM),
    ("kpis:import-new ?feed", AM),
    ("accounts:whole own", FLD),
    ("inbox", AM),
    ("digest", AM),
    ("kpis:product foreign", AM),
    ("home", AM),
    ("tradeterms:detail foreign", FLD),
    ("tradeterms:finding foreign", FLD),
    ("accounts:list", AM),
    ("kpis:explorer", AM),
    ("kpis:deliveries", AM),
    ("kpis:order-line-list", AM),
    ("accounts:alert-list", FLD),
    ("tradeterms:list", FLD),
    ("api-team-memberships list", AM),
    ("kpis:facts foreign", AM),
    ("tradeterms:term-create foreign", TL),
    ("search number", FLD),
    ("search store", FLD),
    ("search name", FLD),
    ("search contact", FLD),
    ("POST plans:initiative-remove foreign", AM),
    ("night", FLD),
    ("bulk api-goals plan", AM),
    ("accounts:timeline foreign", AM),
    ("accounts:contact-create foreign", AM),
    ("POST plans:initiative-create foreign", TL),
    ("plans:create", AM),
    ("api-measure-values foreign", AM),
    ("api-changes foreign", FLD),
    ("api-batches foreign", AM),
    ("api-column-mappings foreign", AM),
    ("accounts:whole own", TL),
    ("home", ADM),
    ("administration:team own", ADM),
    ("search product", FN),
    ("tradeterms:finding own", TL),
    ("kpis:facts next week", TL),
    ("the night again by somebody gone", AN),
    ("list with a colleague's view", TL),
    ("undo of what is foreign now", TL),
    ("home, a plan submitted", DIR),
    ("sign-off, a plan submitted", DIR),
    ("a corrected file", TL),
    ("a form about foreign files", TL),
    ("kpis:import-weeks foreign", TL),
    ("weeks of a file, page own", TL),
    ("weeks of a file, API own", TL),
    ("kpis:letter-create foreign", TL),
    ("home, accounts abroad", TL),
    ("an account given away", TL),
    ("accounts of a file", TL),
    ("plans handed over", AM),
    ("kpis:feed own", FLD),
    ("kpis:quality-list", FLD),
    ("POST kpis:feed-week-watched foreign", TL),
    ("a webhook of somebody gone", AM),
    ("kpis:forecast foreign", TL),
    ("kpis:forecast-accuracy", AM),
    ("kpis:forecast-notice foreign", TL),
    ("kpis:cap own", TL),
    ("kpis:cap-list", TL),
    ("kpis:commitment-create own", FIN),
]

DETAIL, WHOLE = ("accounts:detail foreign", TL), ("accounts:whole foreign", TL)
ACCOUNT = ("accounts/views/head.py", "_visible")
SCOPED, NIGHT = ("kam/views/base.py", "Scoped.get_queryset"), ("kam/views/night.py", "NightAccess.dispatch")
AGREEMENT = ("tradeterms/views/agreement.py", "AgreementDetail.agreement")

# Calls that no request can tell apart from none, because the row they start from was found through the rule and the
# role was asked for its class of data before: with the call before them, and a request that needs them once that one
# is gone.
SECOND_BELTS = {
    ("accounts/panels.py", "people"): (ACCOUNT, WHOLE),
    ("accounts/panels.py", "stores"): (ACCOUNT, WHOLE),
    ("accounts/views/audit.py", "named"): (SCOPED, ("administration:audit", ADM)),
    ("accounts/views/parts.py", "ContactList.get_context_data"): (ACCOUNT, ("accounts:contacts foreign", TL)),
    ("kam/views/night.py", "Nights.get"): (NIGHT, ("night", FLD)),
    ("kam/views/night.py", "NightPage.get_context_data"): (NIGHT, ("night-day", FLD)),
    ("kpis/models/batch.py", "OfBatchQuerySet.visible_to"): (SCOPED, ("kpis:import-detail foreign", TL)),
    ("kpis/models/batch.py", "BatchWeekQuerySet.visible_to"): (SCOPED, ("weeks of a file, page foreign", TL)),
    ("kpis/queries.py", "_account_weeks"): (ACCOUNT, DETAIL),
    ("kpis/queries.py", "figures"): (("kpis/queries.py", "largest"), ("home", TL)),
    ("kpis/queries.py", "_targets"): (("kpis/views/measure.py", "OnMeasure.account"), ("kpis:measure foreign", TL)),
    ("kpis/views/imports.py", "ImportDetail.get_context_data"): (SCOPED, ("kpis:import-detail foreign", TL)),
    ("kpis/views/quality.py", "AccountQuality.get_context_data"): (SCOPED, ("kpis:account-quality foreign", TL)),
    ("plans/access.py", "may_create"): (SCOPED, ("POST plans:revise foreign", TL)),
    ("plans/access.py", "may_sign"): (SCOPED, ("POST plans:signoff foreign", DIR)),
    ("plans/access.py", "sees"): (SCOPED, ("plans:edit foreign", TL)),
    ("tradeterms/panels.py", "compliance"): (ACCOUNT, WHOLE),
    ("tradeterms/showing.py", "findings_of"): (AGREEMENT, ("tradeterms:detail foreign", TL)),
    ("tradeterms/views/agreement.py", "OnAgreement.get_context_data"): (
        AGREEMENT,
        ("tradeterms:detail foreign", TL),
    ),
}


@pytest.fixture(scope="module")
def here(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        yield world.build()
        transaction.set_rollback(True)


@pytest.fixture
def switch(monkeypatch):
    return Switch(monkeypatch)


def test_switching_off_any_one_access_check_is_noticed(here, switch):
    plain = requests(here, ROLES, plain=True)
    unnoticed = set(SITES) - noticed(switch, set(SITES), [plain[asked] for asked in TELLING])
    lost = {site for site in unnoticed if site.name not in SECOND_BELTS}
    rest = (requests(here, roles, plain=few).values() for roles, few in ((FEW, True), (ROLES, False)))
    unnoticed -= noticed(switch, lost, chain.from_iterable(rest))
    assert {site.name for site in unnoticed} == set(SECOND_BELTS)


@pytest.mark.parametrize("belt", SECOND_BELTS, ids=".".join)
def test_a_second_belt_holds_when_the_first_one_is_gone(here, switch, belt):
    first, (label, role) = SECOND_BELTS[belt]
    make = requests(here, [role], plain=True)[label, role]
    switch.off = {site for site in SITES if site.name == first}
    assert switch.off
    held = outcome(make)
    assert outcome(make) == held
    switch.off |= {site for site in SITES if site.name == belt}
    assert outcome(make) != held


def noticed(switch, sites, made):
    """Those of `sites` without which at least one request is answered differently; asks until all of them are."""
    found = set()
    for make in made if sites else ():
        switch.seen = set()
        before = outcome(make)
        for site in switch.seen & sites - found:
            switch.off = {site}
            without = outcome(make)
            switch.off = set()
            if without != before == outcome(make):  # the request itself says the same each time
                found.add(site)
        if found == sites:
            break
    return found


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
