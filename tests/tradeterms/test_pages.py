"""The pages of the terms floor: what they show, what they do, and at what cost."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from kam.night import Night
from kam.roles import Role
from tests import make
from tradeterms.models import Agreement, Finding, Term
from tradeterms.night import compliance

pytestmark = pytest.mark.django_db
DRAFT = Agreement.State.DRAFT
REBATE = {"clause": "2.1", "side": "we_owe", "mode": "incremental"}


def text_of(response):
    return " ".join(response.content.decode().replace("\N{NO-BREAK SPACE}", " ").split())


def url(name, *args):
    return reverse(f"tradeterms:{name}", args=args)


def judged(account):
    """An agreement with a term of every kind and facts that break, endanger or meet them, judged for 20 November."""
    agreement = make.agreement(account, number="TA-2026-017", title="Annual agreement")
    terms = {kind: make.term(agreement, kind) for kind in Term.Kind.values}
    make.invoice_line(account, "240000.00", date(2026, 3, 1))
    make.open_item(account, "1000.00", date(2026, 10, 1), document="9004417")
    make.order_line(account, date(2026, 10, 5), received=5, order_number="O-77")
    make.account_week(account, date(2026, 10, 5))
    compliance(Night(date(2026, 11, 20)))
    return agreement, terms


def worst(term):
    return Finding.objects.filter(term=term).unsettled().order_by("period_start").first()


# Reading


def test_the_list_shows_the_revision_that_counts(client_of, mia):
    make.agreement(mia.account, number="TA-1", state=Agreement.State.SUPERSEDED)
    in_force = make.agreement(mia.account, number="TA-1", revision=2)
    make.agreement(mia.account, number="TA-1", revision=3, state=DRAFT)
    make.agreement(mia.account, number="TA-2", state=Agreement.State.ENDED)
    newest = make.agreement(mia.account, number="TA-2", revision=2, state=DRAFT)
    make.agreement(make.account(), number="TA-3")
    response = client_of(mia).get(url("list"), {"sort": "number"})
    assert response.context["rows"] == [in_force, newest]


def test_the_list_is_filtered_and_counts_what_is_open(client_of, mia):
    agreement, _terms = judged(mia.account)
    make.agreement(mia.account, number="X-1", state=DRAFT)
    response = client_of(mia).get(url("list"), {"q": "ta-2026"})
    (row,) = response.context["rows"]
    assert row == agreement
    assert row.open_findings == Finding.objects.unsettled().count()
    assert row.at_stake == sum(f.at_stake for f in Finding.objects.unsettled())


def test_an_empty_list_says_what_will_appear(client_of, mia):
    assert "Agreements will appear here" in text_of(client_of(mia).get(url("list")))


def test_an_agreement_shows_its_terms_by_side_with_where_they_stand(client_of, mia):
    agreement, terms = judged(mia.account)
    response = client_of(mia).get(agreement.get_absolute_url())
    sides = {s["label"]: [(t.clause, t.sign.word) for t in s["terms"]] for s in response.context["sides"]}
    assert sides == {
        "They owe us": [
            (terms["minimum_purchase"].clause, "Met"),
            (terms["payment_term"].clause, "Breached"),
            (terms["data_reporting"].clause, "Breached"),
        ],
        "We owe them": [
            (terms["volume_rebate"].clause, "Tier ahead"),
            (terms["delivery_otif"].clause, "Breached"),
        ],
    }
    text = text_of(response)
    assert "Pay invoices within 30 days of invoice date." in text
    assert "Purchases are € 10 k short of the next rebate tier" in text


def test_a_month_without_anything_due_does_not_hide_the_one_before(client_of, mia):
    term = make.term(make.agreement(mia.account))
    make.open_item(mia.account, "10.00", date(2026, 10, 1), paid_on=date(2026, 10, 20))
    compliance(Night(date(2026, 11, 20)))
    response = client_of(mia).get(term.agreement.get_absolute_url())
    (shown,) = response.context["sides"][0]["terms"]
    assert (shown.sign.word, shown.telling.period_start) == ("Met", date(2026, 10, 1))


def test_the_tier_position_has_a_chart_and_its_table(client_of, mia):
    agreement, _terms = judged(mia.account)
    position = client_of(mia).get(agreement.get_absolute_url()).context["position"]
    assert [t["reached"] for t in position["tiers"]] == [True, False]
    rebate, today = position["options"]["series"]
    assert rebate["data"] == [[0, 0], [100, 0], [100, 1], [250, 2.5], [250, 5], [287.5, 5.75]]
    assert today["data"] == [[240, 0], [240, 2.4]]


def test_a_finding_opens_beside_its_agreement(client_of, mia):
    _agreement, terms = judged(mia.account)
    finding = worst(terms["payment_term"])
    response = client_of(mia).get(finding.get_absolute_url())
    text = text_of(response)
    for expected in ("30 days", "50 days", "9004417", "€ 1,000.00", "Days from invoice to payment", "Breached (New)"):
        assert expected in text
    assert response.context["genuine"] is True
    assert [n for n, _step in response.context["finding_moves"]] == ["send", "accept", "dispute"]


@pytest.mark.parametrize("kind", Term.Kind.values)
def test_every_kind_of_finding_has_a_page(client_of, mia, kind):
    _agreement, terms = judged(mia.account)
    for finding in Finding.objects.filter(term=terms[kind]):
        response = client_of(mia).get(finding.get_absolute_url())
        assert (response.status_code, str(finding) in text_of(response)) == (200, True)


def test_figures_changed_outside_the_night_are_noticed(client_of, mia):
    _agreement, terms = judged(mia.account)
    finding = worst(terms["payment_term"])
    Finding.objects.filter(pk=finding.pk).update(at_stake="1.00")
    assert "The seal does not fit" in text_of(client_of(mia).get(finding.get_absolute_url()))


def test_the_finding_list_shows_what_to_act_on(client_of, mia):
    _agreement, terms = judged(mia.account)
    make.finding(make.term(make.agreement(make.account())))
    found = client_of(mia).get(url("finding-list")).context["rows"]
    assert {f.term.kind for f in found} == {"payment_term", "data_reporting", "delivery_otif", "volume_rebate"}
    settled = client_of(mia).get(url("finding-list"), {"open": "false", "kind": "minimum_purchase"}).context["rows"]
    assert [f.term for f in settled] == [terms["minimum_purchase"]]


@pytest.mark.parametrize("role", [Role.ANALYST, Role.FIELD, Role.FUNCTION, Role.ADMIN])
def test_who_reads_no_terms_finds_none(client_of, mia, role):
    agreement, terms = judged(mia.account)
    user = make.user(role)
    make.team(user, scope="everything")
    paths = [agreement.get_absolute_url(), worst(terms["payment_term"]).get_absolute_url()]
    assert [client_of(user).get(path).status_code for path in paths] == [404, 404]


def test_the_account_page_shows_terms_compliance(client_of, mia):
    judged(mia.account)
    text = text_of(client_of(mia).get(reverse("accounts:whole", args=[mia.account.pk])))
    assert "Terms compliance" in text
    assert "judged on the facts to 20 Nov" in text
    assert "Open at stake" in text


# Writing


def test_an_agreement_is_written_down_term_by_term_and_put_in_force(client_of, mia, lead):
    client = client_of(mia)
    data = {"account": mia.account.pk, "number": "TA-9", "title": "Annual", "currency": "EUR"}
    client.post(url("create"), data | {"starts": "2026-01-01", "ends": "2026-12-31"})
    agreement = Agreement.objects.get()
    rebate = REBATE | {"from_1": "100000", "rate_1": "1.5", "from_2": "250000.50", "rate_2": "2"}
    client.post(url("term-create", agreement.pk, "volume_rebate"), rebate)
    assert Term.objects.get().params == {
        "mode": "incremental",
        "tiers": [{"from": "100000.00", "rate": "0.0150"}, {"from": "250000.50", "rate": "0.0200"}],
    }
    client_of(lead).post(url("move", agreement.pk, "publish"), {"version": agreement.version})
    assert Agreement.objects.get().state == "in_force"


@pytest.mark.parametrize(
    ("kind", "data", "params"),
    [
        (
            "minimum_purchase",
            {"amount": "1000", "penalty_rate": "2.25"},
            {"amount": "1000.00", "penalty_rate": "0.0225"},
        ),
        (
            "payment_term",
            {"days": "30", "grace_days": "3", "interest_rate": "9.12"},
            {"days": 30, "grace_days": 3, "interest_rate": "0.0912"},
        ),
        ("data_reporting", {"weekday": "1", "fee_per_week": "0"}, {"weekday": 1, "fee_per_week": "0.00"}),
        (
            "delivery_otif",
            {"minimum": "95", "penalty_rate": "1", "early_days": "0", "late_days": "1", "count": "lines"},
            {"minimum": "0.9500", "penalty_rate": "0.0100", "early_days": 0, "late_days": 1, "count": "lines"},
        ),
    ],
)
def test_each_kind_is_typed_in_percent_and_kept_as_fractions(client_of, mia, kind, data, params):
    draft = make.agreement(mia.account, state=DRAFT)
    response = client_of(mia).post(url("term-create", draft.pk, kind), {"clause": "1", "side": "they_owe"} | data)
    assert response.status_code == 302
    assert Term.objects.get().params == params


@pytest.mark.parametrize("kind", Term.Kind.values)
def test_saving_a_term_unchanged_changes_nothing(client_of, mia, kind):
    term = make.term(make.agreement(mia.account, state=DRAFT), kind)
    form = client_of(mia).get(url("term-update", term.pk)).context["form"]
    data = {name: form[name].value() for name in form.fields}
    client_of(mia).post(url("term-update", term.pk), {k: v for k, v in data.items() if v is not None})
    stored = Term.objects.get()
    assert (stored.params, stored.version) == (term.params, 1)


def test_a_wrong_parameter_is_said_at_its_field(client_of, mia):
    draft = make.agreement(mia.account, state=DRAFT)
    data = {
        "clause": "1",
        "side": "we_owe",
        "mode": "incremental",
        "from_1": "100",
        "rate_1": "",
        "from_2": "50",
        "rate_2": "200",
    }
    response = client_of(mia).post(url("term-create", draft.pk, "volume_rebate"), data)
    assert response.status_code == 422
    assert set(response.context["form"].errors) == {"rate_1", "rate_2"}


def test_tiers_out_of_order_are_refused_on_top(client_of, mia):
    draft = make.agreement(mia.account, state=DRAFT)
    data = {
        "clause": "1",
        "side": "we_owe",
        "mode": "incremental",
        "from_1": "100",
        "rate_1": "1",
        "from_2": "50",
        "rate_2": "2",
    }
    response = client_of(mia).post(url("term-create", draft.pk, "volume_rebate"), data)
    assert "Each tier must start above the one before it." in text_of(response)


def test_a_term_changed_by_somebody_else_shows_mine_and_theirs(client_of, mia):
    term = make.term(make.agreement(mia.account, state=DRAFT))
    Term.objects.update(clause="9.9", version=2)
    data = {"clause": "1.1", "side": "they_owe", "days": "30", "grace_days": "0", "interest_rate": "9.12", "version": 1}
    response = client_of(mia).post(url("term-update", term.pk), data)
    assert response.status_code == 409
    assert "9.9" in text_of(response)


def test_terms_of_an_agreement_in_force_cannot_be_changed(client_of, mia):
    term = make.term(make.agreement(mia.account))
    data = {"clause": "1.1", "side": "they_owe", "days": "60", "grace_days": "0", "interest_rate": "0", "version": 1}
    client_of(mia).post(url("term-update", term.pk), data)
    assert Term.objects.get().params["days"] == 30


def test_a_new_revision_opens_as_a_draft(client_of, mia):
    agreement = make.agreement(mia.account)
    make.term(agreement)
    response = client_of(mia).post(url("revise", agreement.pk))
    draft = Agreement.objects.get(state=DRAFT)
    assert response.url == draft.get_absolute_url()
    assert (draft.revision, draft.terms.count()) == (2, 1)


def test_a_draft_and_its_terms_can_be_thrown_away(client_of, mia):
    draft = make.agreement(mia.account, state=DRAFT)
    term = make.term(draft)
    assert client_of(mia).post(url("term-remove", term.pk)).url == f"{draft.get_absolute_url()}#terms"
    assert client_of(mia).post(url("remove", draft.pk)).url == url("list")
    assert not Agreement.objects.exists()


def test_an_agreement_in_force_cannot_be_thrown_away(client_of, mia):
    agreement = make.agreement(mia.account)
    assert client_of(mia).post(url("remove", agreement.pk)).url == agreement.get_absolute_url()
    assert Agreement.objects.exists()


def test_the_account_of_a_new_agreement_must_be_visible(client_of, mia):
    data = {"number": "TA-9", "title": "Annual", "currency": "EUR", "starts": "2026-01-01", "ends": "2026-12-31"}
    response = client_of(mia).post(url("create"), data | {"account": make.account().pk})
    assert (response.status_code, set(response.context["form"].errors)) == (422, {"account"})


def test_a_finding_is_moved_from_its_page(client_of, mia):
    _agreement, terms = judged(mia.account)
    finding = worst(terms["payment_term"])
    data = {"version": finding.version, "note": "They say it was paid."}
    response = client_of(mia).post(url("finding-move", finding.pk, "dispute"), data)
    assert response.url == finding.get_absolute_url()
    assert Finding.objects.get(pk=finding.pk).state == "disputed"
    assert "They say it was paid." in text_of(client_of(mia).get(response.url))


def test_giving_up_money_needs_a_leader(client_of, mia, lead):
    _agreement, terms = judged(mia.account)
    finding = worst(terms["payment_term"])
    answers = [
        client_of(user).post(url("finding-move", finding.pk, "waive"), {"note": "goodwill"}).status_code
        for user in (mia, lead)
    ]
    assert answers == [403, 302]
    assert Finding.objects.get(pk=finding.pk).state == "waived"


# Cost


def cost(client, path):
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


def test_pages_cost_the_same_with_one_row_and_with_three(client_of, mia):
    client, costs, whole = client_of(mia), [], reverse("accounts:whole", args=[mia.account.pk])
    for _ in range(2):
        make.agreement(mia.account, state=DRAFT)
        agreement = make.agreement(mia.account)
        for _ in range(1 if not costs else 3):
            make.finding(make.term(agreement), owner=mia)
        finding = Finding.objects.filter(term__agreement=agreement).first()
        paths = [url("list"), url("finding-list"), agreement.get_absolute_url(), finding.get_absolute_url()]
        cost(client, paths[0])
        costs.append([cost(client, path) for path in [*paths, whole]])
    assert costs[0] == costs[1]
    assert max(costs[1][:4]) <= 20
