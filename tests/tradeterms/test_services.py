"""Writing agreements and terms: only drafts change, revisions copy, wrong parameters are named."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from kam.audit import entries_of
from kam.errors import Conflict, Stale
from kam.models import Entry
from tests import make
from tradeterms import services
from tradeterms.models import Agreement, Term

pytestmark = pytest.mark.django_db
DRAFT = Agreement.State.DRAFT
NEW = {"number": "TA-7", "title": "Annual", "starts": date(2026, 1, 1), "ends": date(2026, 12, 31), "currency": "EUR"}


def a_draft(user, **kw):
    return make.agreement(user.account, **{"state": DRAFT} | kw)


def test_an_agreement_begins_as_a_draft(mia):
    row = services.create_agreement(by=mia, account=mia.account, **NEW)
    assert (row.state, row.revision, str(row)) == (DRAFT, 1, "TA-7 v1")
    assert [(e.verb, e.actor) for e in entries_of(row)] == [("created", mia)]


def test_a_number_is_given_once(mia):
    services.create_agreement(by=mia, account=mia.account, **NEW)
    with pytest.raises(ValidationError) as caught:
        services.create_agreement(by=mia, account=make.account(), **NEW)
    assert set(caught.value.message_dict) == {"number"}


def test_dates_must_be_in_order(mia):
    with pytest.raises(ValidationError, match="must end after it starts"):
        services.create_agreement(by=mia, account=mia.account, **NEW | {"ends": date(2026, 1, 1)})


def test_a_draft_is_changed_at_its_version(mia):
    row = a_draft(mia)
    assert services.change_agreement(row, by=mia, version=1, title="Other").title == "Other"
    with pytest.raises(Stale):
        services.change_agreement(row, by=mia, version=1, title="Third")


@pytest.mark.parametrize("state", [s for s in Agreement.State if s != DRAFT])
def test_only_drafts_change(mia, state):
    row = make.agreement(mia.account, state=state)
    term = make.term(row)
    new = {"kind": term.kind, "side": term.side, "params": term.params}
    tries = (
        lambda: services.change_agreement(row, by=mia, version=1, title="Other"),
        lambda: services.remove_agreement(row, by=mia),
        lambda: services.add_term(agreement=row, by=mia, clause="9", **new),
        lambda: services.change_term(term, by=mia, version=1, clause="9", side=term.side, params=term.params),
        lambda: services.remove_term(term, by=mia),
    )
    for attempt in tries:
        with pytest.raises(Conflict, match="Only a draft"):
            attempt()
    assert (Entry.objects.count(), Term.objects.get().clause) == (0, term.clause)


def test_parameters_are_stored_in_canonical_form(mia):
    params = {"days": 30, "grace_days": 0, "interest_rate": "0.09"}
    term = services.add_term(
        agreement=a_draft(mia), by=mia, clause="1.1", kind="payment_term", side="they_owe", params=params
    )
    assert term.params == {"days": 30, "grace_days": 0, "interest_rate": "0.0900"}


def test_a_wrong_parameter_is_named_and_nothing_stored(mia):
    params = {"days": -1, "grace_days": 0, "interest_rate": "0.09"}
    with pytest.raises(ValidationError) as caught:
        services.add_term(
            agreement=a_draft(mia), by=mia, clause="1.1", kind="payment_term", side="they_owe", params=params
        )
    assert set(caught.value.message_dict) == {"days"}
    assert not Term.objects.exists()


def test_a_clause_stands_once_in_an_agreement(mia):
    row = a_draft(mia)
    term = make.term(row)
    with pytest.raises(ValidationError, match="clause with this number"):
        services.add_term(agreement=row, by=mia, clause=term.clause, kind=term.kind, side=term.side, params=term.params)


def test_a_term_is_changed_and_removed(mia):
    term = make.term(a_draft(mia))
    services.change_term(term, by=mia, version=1, clause="2.2", side="we_owe", params=term.params | {"days": 60})
    stored = Term.objects.get()
    assert (stored.clause, stored.side, stored.params["days"]) == ("2.2", "we_owe", 60)
    services.remove_term(stored, by=mia)
    assert not Term.objects.exists()
    assert [e.verb for e in Entry.objects.order_by("pk")] == ["changed", "removed"]


def test_a_new_revision_copies_the_terms(mia):
    row = make.agreement(mia.account, signed_by_us=date(2026, 1, 1))
    terms = [make.term(row, kind) for kind in Term.Kind.values]
    new = services.new_revision(row, by=mia)
    assert (new.number, new.revision, new.state, new.signed_by_us) == (row.number, 2, DRAFT, None)
    copied = list(new.terms.order_by("pk").values_list("clause", "kind", "side", "params"))
    assert copied == [(t.clause, t.kind, t.side, t.params) for t in terms]


def test_there_is_one_draft_at_a_time(mia):
    row = make.agreement(mia.account)
    services.new_revision(row, by=mia)
    with pytest.raises(Conflict, match="draft of this agreement already"):
        services.new_revision(row, by=mia)


def test_a_draft_is_thrown_away_with_its_terms(mia):
    row = a_draft(mia)
    make.term(row)
    services.remove_agreement(row, by=mia)
    assert (Agreement.objects.count(), Term.objects.count()) == (0, 0)
    assert [e.verb for e in Entry.objects.all()] == ["removed"]
