"""The pages of the accounts floor: what they show, to whom, and at what cost."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.models import Account, Alert, Contact, Store
from kam.models import Entry
from kam.roles import DataClass, Role
from tests import make

pytestmark = pytest.mark.django_db


def text_of(response):
    return " ".join(response.content.decode().split())


def codes_of(response):
    return [a.code for a in response.context["rows"]]


def full_account(user, **kw):
    """An account with one of everything that its pages show."""
    account = make.account(user, owner=user, **kw)
    make.store(account)
    make.contact(account, our_owner=user)
    make.alert(account, at_stake=Decimal("1200"), currency="EUR", act_by=date(2026, 11, 26))
    make.account(parent=account)
    return account


# The list


def test_the_list_shows_the_visible_accounts_only(client_of):
    user = make.user()
    mine = make.account(user)
    make.account(name="Foreign")
    assert codes_of(client_of(user).get("/accounts/")) == [mine.code]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["A", "B", "C"]),
        ("q=b", ["B"]),
        ("q=stra", ["A"]),
        ("q=zeb", ["C"]),
        ("tier=A", ["A"]),
        ("tier=A&tier=B", ["A", "B"]),
        ("kind=webshop", ["C"]),
        ("direction=sell_with", ["B"]),
        ("country=cn", ["B"]),
        ("state=prospect", ["C"]),
        ("attention=true", ["A"]),
        ("attention=false", ["B", "C"]),
        ("tier=A&country=CN", []),
        ("sort=-name", ["C", "B", "A"]),
        ("sort=-stake", ["A", "B", "C"]),
        ("sort=tier", ["C", "A", "B"]),
        ("sort=-alerts", ["A", "B", "C"]),
        ("sort=nonsense", ["A", "B", "C"]),
    ],
)
def test_filters_and_sorting_stand_in_the_url(client_of, query, expected):
    user = make.user()
    a = make.account(user, code="A", name="Äpfel Straße", tier="A")
    make.account(user, code="B", name="Birne", tier="B", direction="sell_with", country="CN")
    make.account(user, code="C", name="Cherry Zebra", kind="webshop", state="prospect")
    make.alert(a, at_stake=1, currency="EUR")
    assert codes_of(client_of(user).get(f"/accounts/?{query}")) == expected


def test_filters_by_team_and_owner_offer_and_find_visible_ones_only(client_of, lead):
    foreign = make.team()
    mine = make.account(team=lead.team, owner=lead)
    client = client_of(lead)
    assert codes_of(client.get(f"/accounts/?team={lead.team.pk}&owner={lead.pk}")) == [mine.code]
    response = client.get(f"/accounts/?team={foreign.pk}")
    assert response.context["filterset"].form.errors.keys() == {"team"}
    assert foreign.name not in text_of(response)


def test_every_filter_is_a_chip_with_its_way_out(client_of):
    user = make.user()
    response = client_of(user).get("/accounts/?tier=A&tier=B&country=CN&attention=true")
    chips = [(str(c.label), str(c.value), c.remove, c.one) for c in response.context["chips"]]
    assert chips == [
        ("Tier", "A", "tier", "A"),
        ("Tier", "B", "tier", "B"),
        ("Country", "CN", "country", ""),
        ("Has open alerts", "Yes", "attention", ""),
    ]
    assert 'href="?tier=B&amp;country=CN&amp;attention=true"' in text_of(response)


def test_ready_made_views_count_what_they_would_show(client_of):
    user = make.user()
    full_account(user)
    make.account(user, state="prospect")
    tabs = client_of(user).get("/accounts/").context["tabs"]
    assert [t["count"] for t in tabs] == [3, 1, 1, 1]
    assert [t["current"] for t in tabs] == [True, False, False, False]


@pytest.mark.parametrize("view", [0, 1, 2, 3])
def test_ready_made_views_show_what_they_count(client_of, view):
    user = make.user()
    full_account(user)
    make.account(user, state="prospect")
    client = client_of(user)
    tab = client.get("/accounts/").context["tabs"][view]
    assert len(codes_of(client.get(f"/accounts/{tab['url']}"))) == tab["count"]


def test_signal_and_money_count_only_what_the_reader_may_know(client_of):
    user = make.user(Role.ANALYST)
    account = make.account(team=make.team(user))
    make.alert(account, shown_to=DataClass.FINANCE, severity="critical", at_stake=500, currency="EUR")
    make.alert(account, shown_to=DataClass.KPI, severity="notice", at_stake=20, currency="EUR")
    (row,) = client_of(user).get("/accounts/").context["rows"]
    assert (row.worst, row.alerts_open, row.at_stake) == ("notice", 1, 20)


def test_money_in_a_foreign_currency_is_not_added_up(client_of):
    user = make.user()
    account = make.account(user, currency="EUR")
    make.alert(account, at_stake=10, currency="EUR")
    make.alert(account, at_stake=99, currency="USD")
    (row,) = client_of(user).get("/accounts/").context["rows"]
    assert (row.alerts_open, row.at_stake) == (2, 10)


@pytest.mark.parametrize(
    ("query", "text"),
    [("", "You do not look after an account yet"), ("?tier=A", "Nothing fits all filters")],
)
def test_an_empty_list_says_why(client_of, query, text):
    assert text in text_of(client_of(make.user()).get(f"/accounts/{query}"))


def test_long_lists_have_pages_and_lose_no_row(client_of):
    user = make.user()
    made = [make.account(user, name=f"N{i % 7}").code for i in range(120)]
    client, url, seen = client_of(user), "/accounts/?sort=-name", []
    while url:
        response = client.get(url)
        seen += codes_of(response)
        url = response.context["page"].next_url
    assert sorted(seen) == sorted(made)


# Export


def exported(client, query=""):
    response = client.get(f"/accounts/?format=csv{query}")
    return b"".join(response.streaming_content).decode("utf-8-sig").splitlines()


def test_the_export_is_exactly_the_view(client_of):
    user = make.user()
    make.account(user, code="A", tier="A", name="Anna")
    make.account(user, code="B", tier="B", name="Berta")
    make.account(user, code="C", tier="A", name="Cäsar")
    lines = exported(client_of(user), "&tier=A&sort=-name&column=tier")
    assert lines == ["Account,Number,Tier", "Cäsar,C,A", "Anna,A,A"]


def test_the_export_holds_every_page_and_nothing_foreign(client_of):
    user = make.user()
    for _ in range(60):
        make.account(user)
    make.account(name="Foreign")
    assert len(exported(client_of(user))) == 61


def test_the_export_lets_no_formula_through(client_of):
    user = make.user()
    make.account(user, code="A", name='=HYPERLINK("http://x")')
    assert exported(client_of(user))[1].startswith('"\'=HYPERLINK(""http://x"")",A,')


# One account


def whole(account):
    return reverse("accounts:whole", args=[account.pk])


def panels_of(answer):
    return {column: [p.template for p in answer.context[f"{column}_panels"]] for column in ("main", "side")}


def test_the_account_page_shows_head_and_panels(client_of):
    user = make.user(name="Ann Manager")
    account = full_account(user, name="Halvorn", tier="A")
    page = text_of(client_of(user).get(whole(account)))
    for text in ("Halvorn", "Tier A", "Ann Manager", "€ 1.2 k", account.stores.get().kind.title()):
        assert text.replace(" ", " ") in page.replace("\N{NO-BREAK SPACE}", " ")


def test_what_stands_further_down_comes_by_itself(client_of):
    user = make.user()
    account = full_account(user)
    client, url = client_of(user), whole(account)
    first, rest = client.get(account.get_absolute_url()), client.get(url, headers={"HX-Request": "true"})
    asked = [first.text.count(text) for text in (f'hx-get="{url}"', f'href="{url}"', 'id="later-side"')]
    assert asked == [2, 1, 1]
    assert (rest.text.count("<h1"), rest.text.count('<div id="later-side" hx-swap-oob="true">')) == (0, 1)
    assert panels_of(first) == {"main": ["accounts/panels/alerts.html"], "side": []}
    people = [f"accounts/panels/{name}.html" for name in ("people", "timeline")]
    below = [f"accounts/panels/{name}.html" for name in ("below", "stores")]
    assert panels_of(rest) == {"main": ["tradeterms/panels/account.html", *people], "side": below}
    both = {column: panels_of(first)[column] + panels_of(rest)[column] for column in ("main", "side")}
    assert panels_of(client.get(url)) == both


def test_an_invisible_account_does_not_exist(client_of):
    account = make.account()
    client = client_of(make.user())
    pages = ["detail", "whole", "update", "timeline", "stores", "contacts", "store-create", "contact-create"]
    assert {client.get(reverse(f"accounts:{p}", args=[account.pk])).status_code for p in pages} == {404}


def test_ancestors_are_named_only_to_those_who_see_them(client_of):
    group = make.account(name="Secret Group")
    user = make.user()
    banner = make.account(user, parent=group)
    response = client_of(user).get(whole(banner))
    assert (response.context["above"], "Secret Group" in text_of(response)) == ([], False)


def test_roles_without_relationship_data_see_no_people(client_of):
    user = make.user(Role.ANALYST)
    account = make.account(team=make.team(user))
    make.contact(account, name="Hidden Buyer")
    client = client_of(user)
    assert "Hidden Buyer" not in text_of(client.get(whole(account)))
    assert client.get(reverse("accounts:contacts", args=[account.pk])).status_code == 404


def test_the_timeline_keeps_to_what_the_reader_may_know(client_of):
    user = make.user(Role.ANALYST)
    account = make.account(team=make.team(user))
    for data_class in ("general", "finance"):
        Entry.objects.create(
            verb="changed",
            model="accounts.account",
            object_id=account.pk,
            label="x",
            account_id=account.pk,
            data_class=data_class,
            reason=f"because of {data_class}",
            source="page",
        )
    page = text_of(client_of(user).get(reverse("accounts:timeline", args=[account.pk])))
    assert ("because of general" in page, "because of finance" in page) == (True, False)


def test_stores_and_people_have_pages(client_of):
    user = make.user()
    account = full_account(user)
    client = client_of(user)
    assert Store.objects.first().name in text_of(client.get(reverse("accounts:stores", args=[account.pk])))
    assert Contact.objects.first().name in text_of(client.get(reverse("accounts:contacts", args=[account.pk])))


# Forms


VALID = {
    "name": "New",
    "code": "N-1",
    "kind": "retailer",
    "direction": "sell_to",
    "state": "active",
    "tier": "A",
    "country": "DE",
    "currency": "EUR",
    "languages": "de,en",
}


def test_a_leader_opens_an_account(client_of, lead):
    response = client_of(lead).post("/accounts/new/", VALID | {"team": lead.team.pk})
    account = Account.objects.get(code="N-1")
    assert response.url == account.get_absolute_url()
    assert (account.team, account.languages) == (lead.team, ["de", "en"])
    assert Entry.objects.get(verb="created").actor == lead


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("country", "de", "Use the two capital letters of the country, such as DE."),
        ("currency", "eur", "Use the three capital letters of the currency, such as EUR."),
        ("name", "", "This field is required."),
        ("team", "", "You would not see this account any more. Choose one of your teams."),
    ],
)
def test_errors_stand_at_their_field(client_of, lead, field, value, error):
    response = client_of(lead).post("/accounts/new/", VALID | {"team": lead.team.pk} | {field: value})
    assert response.status_code == 422
    assert error in response.context["form"].errors[field]
    assert Account.objects.count() == 0


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.TEAM_LEAD, Role.DIRECTOR, Role.API_CLIENT}))
def test_others_do_not_open_accounts(client_of, role):
    assert client_of(make.user(role)).post("/accounts/new/", VALID).status_code == 403
    assert Account.objects.count() == 0


def test_a_manager_edits_but_does_not_assign(client_of):
    user = make.user()
    group, team = make.account(), make.team()
    account = make.account(user, parent=group, team=team)
    client = client_of(user)
    form = client.get(reverse("accounts:update", args=[account.pk])).context["form"]
    assert not {"parent", "team", "owner"} & set(form.fields)
    data = VALID | {"version": 1, "team": "", "parent": "", "owner": user.pk}
    client.post(reverse("accounts:update", args=[account.pk]), data)
    account.refresh_from_db()
    assert (account.name, account.parent, account.team, account.owner) == ("New", group, team, None)


def test_a_leader_cannot_choose_or_lose_what_they_do_not_see(client_of, lead):
    foreign = make.account()
    account = make.account(team=lead.team, parent=foreign)
    client = client_of(lead)
    url = reverse("accounts:update", args=[account.pk])
    assert "parent" not in client.get(url).context["form"].fields
    client.post(url, VALID | {"version": 1, "team": lead.team.pk, "parent": ""})
    account.refresh_from_db()
    assert (account.name, account.parent) == ("New", foreign)


def test_a_stale_form_shows_mine_and_theirs(client_of, lead):
    account = make.account(team=lead.team, name="Old")
    Account.objects.filter(pk=account.pk).update(name="Theirs", version=2)
    data = VALID | {"name": "Mine", "code": account.code, "version": 1, "team": lead.team.pk}
    response = client_of(lead).post(reverse("accounts:update", args=[account.pk]), data)
    assert response.status_code == 409
    assert ("Theirs" in text_of(response), "Mine" in text_of(response)) == (True, True)
    assert Account.objects.get().name == "Theirs"


@pytest.mark.parametrize(("version", "status"), [({}, 409), ({"version": "x"}, 422), ({"version": 1}, 302)])
def test_a_form_must_say_which_version_it_was_made_from(client_of, lead, version, status):
    account = make.account(team=lead.team, name="Old")
    data = VALID | {"team": lead.team.pk} | version
    response = client_of(lead).post(reverse("accounts:update", args=[account.pk]), data)
    assert (response.status_code, Account.objects.get().name) == (status, "New" if status == 302 else "Old")


@pytest.mark.parametrize(
    ("page", "data", "model"),
    [
        ("store-create", {"code": "S1", "name": "Leipzig", "kind": "outlet"}, Store),
        ("contact-create", {"name": "Buyer", "buying_role": "decides", "attitude": 1, "power": 4}, Contact),
    ],
)
def test_stores_and_contacts_are_added_and_changed(client_of, page, data, model):
    user = make.user()
    account = make.account(user)
    client = client_of(user)
    client.post(reverse(f"accounts:{page}", args=[account.pk]), data)
    row = model.objects.get()
    assert row.account == account
    edit = reverse(f"accounts:{page.replace('create', 'update')}", args=[row.pk])
    client.post(edit, data | {"name": "Other", "version": 1})
    row.refresh_from_db()
    assert (row.name, row.version) == ("Other", 2)


def test_a_contact_reports_to_people_of_the_same_account(client_of):
    user = make.user()
    account = make.account(user)
    other = make.contact(make.account(user))
    boss = make.contact(account)
    form = client_of(user).get(reverse("accounts:contact-create", args=[account.pk])).context["form"]
    assert list(form.fields["reports_to"].queryset) == [boss]
    assert other not in form.fields["reports_to"].queryset


@pytest.mark.parametrize("role", [Role.FIELD, Role.ANALYST, Role.FINANCE, Role.AUDITOR])
def test_readers_do_not_write(client_of, role):
    user = make.user(role)
    account = make.account(user, team=make.team(user))
    store = make.store(account)
    pages = [("update", account), ("store-create", account), ("contact-create", account), ("store-update", store)]
    client = client_of(user)
    got = {client.post(reverse(f"accounts:{p}", args=[row.pk]), {"name": "x"}).status_code for p, row in pages}
    assert got == {403}


# Alerts


def test_the_alert_list_leaves_out_what_is_resolved(client_of):
    user = make.user()
    account = make.account(user)
    shown = make.alert(account)
    done = make.alert(account, state="resolved", resolved_on="2026-11-23")
    client = client_of(user)
    assert client.get("/accounts/alerts/").context["rows"] == [shown]
    assert client.get("/accounts/alerts/?state=resolved").context["rows"] == [done]


def test_acknowledging_works_as_a_plain_form(client_of):
    user = make.user()
    alert = make.alert(make.account(user))
    url = reverse("accounts:alert-move", args=[alert.pk, "acknowledge"])
    response = client_of(user).post(url, {"next": "/accounts/alerts/"})
    alert.refresh_from_db()
    assert (response.url, alert.state, alert.acknowledged_by) == ("/accounts/alerts/", "acknowledged", user)


def test_acknowledging_in_place_gives_the_row_back(client_of):
    user = make.user()
    alert = make.alert(make.account(user))
    url = reverse("accounts:alert-move", args=[alert.pk, "acknowledge"])
    page = text_of(client_of(user).post(url, headers={"HX-Request": "true"}))
    assert (f'id="alert-{alert.pk}"' in page, "Acknowledged" in page, "<html" in page) == (True, True, False)


def test_what_is_impossible_now_is_said(client_of):
    user = make.user()
    alert = make.alert(make.account(user), state="resolved", resolved_on="2026-11-23")
    url = reverse("accounts:alert-move", args=[alert.pk, "acknowledge"])
    page = text_of(client_of(user).post(url, follow=True))
    assert "this move is not possible now" in page
    assert Alert.objects.get().state == "resolved"


@pytest.mark.parametrize(("role", "status"), [(Role.FIELD, 403), (Role.AUDITOR, 403), (Role.ADMIN, 404)])
def test_who_may_not_handle_alerts(client_of, role, status):
    user = make.user(role)
    alert = make.alert(make.account(user))
    url = reverse("accounts:alert-move", args=[alert.pk, "acknowledge"])
    assert client_of(user).post(url).status_code == status
    assert Alert.objects.get().state == "open"


# Cost


PAGES = {
    "list": lambda a: "/accounts/",
    "alerts": lambda a: "/accounts/alerts/",
    "detail": lambda a: a.get_absolute_url(),
    "whole": lambda a: whole(a),
    "stores": lambda a: reverse("accounts:stores", args=[a.pk]),
    "people": lambda a: reverse("accounts:contacts", args=[a.pk]),
    "timeline": lambda a: reverse("accounts:timeline", args=[a.pk]),
    "home": lambda a: "/",
}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_costs_the_same_for_one_and_three_rows(client_of, page, django_assert_num_queries, captured):
    user = make.user()
    first = full_account(user)
    client = client_of(user)
    cost = captured(lambda: client.get(PAGES[page](first)))
    for _ in range(2):
        full_account(user)
        for extra in (make.store, make.contact, make.alert):
            extra(first)
        make.account(parent=first)
    with django_assert_num_queries(cost):
        assert client.get(PAGES[page](first)).status_code == 200


@pytest.fixture
def captured():
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    def count(act):
        with CaptureQueriesContext(connection) as found:
            act()
        return len(found)

    return count


def test_a_contact_goes_and_comes_back(client_of):
    user = make.user()
    contact = make.contact(make.account(user), name="Paul")
    client = client_of(user)
    page = client.post(f"/accounts/people/{contact.pk}/remove/", follow=True)
    assert Contact.objects.count() == 0
    *_earlier, message = page.context["messages"]
    client.post(message.extra_tags.removeprefix("undo:"))
    assert Contact.objects.get() == contact
