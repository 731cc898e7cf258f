"""Trees, sort keys and what the database refuses, with its sentence."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import Account, Alert, Contact, Membership, Store, Team, TeamMembership
from tests import make

pytestmark = pytest.mark.django_db


def lineages(*rows):
    return [type(row).objects.get(pk=row.pk).lineage for row in rows]


def chain(n):
    rows = [make.account()]
    for _ in range(n - 1):
        rows.append(make.account(parent=rows[-1]))
    return rows


def test_lineage_runs_from_the_root_to_the_row():
    group, banner, region = chain(3)
    assert lineages(group, banner, region) == [
        [group.pk],
        [group.pk, banner.pk],
        [group.pk, banner.pk, region.pk],
    ]


def test_moving_a_row_replants_all_below_it():
    group, banner, region, city = chain(4)
    other, above = make.account(), make.account()
    other.parent = above
    other.save()
    banner = Account.objects.get(pk=banner.pk)
    banner.parent = other
    banner.save()
    head = [above.pk, other.pk, banner.pk]
    assert lineages(group, banner, region, city) == [
        [group.pk],
        head,
        [*head, region.pk],
        [*head, region.pk, city.pk],
    ]


def test_a_row_moved_to_the_top_becomes_a_root():
    _group, banner, region = chain(3)
    banner.parent = None
    banner.save()
    assert lineages(banner, region) == [[banner.pk], [banner.pk, region.pk]]


def test_siblings_stay_where_they_are():
    group, banner = chain(2)
    sibling = make.account(parent=group)
    banner.parent = None
    banner.save()
    assert lineages(sibling) == [[group.pk, sibling.pk]]


@pytest.mark.parametrize("below", [0, 1, 2])
def test_a_row_cannot_stand_below_itself(below):
    rows = [Account.objects.get(pk=row.pk) for row in chain(3)]
    rows[0].parent = rows[below]
    with pytest.raises(ValidationError) as refused:
        rows[0].full_clean()
    assert refused.value.message_dict == {"parent": ["A row cannot stand below itself."]}


def test_saving_anything_else_leaves_the_tree_alone(django_assert_num_queries):
    _group, banner = chain(2)
    banner = Account.objects.select_related("parent").get(pk=banner.pk)
    banner.name = "Other"
    with django_assert_num_queries(3):  # savepoint, update, release
        banner.save()


def test_accounts_sort_alike_on_every_machine():
    for name in ("Zebra", "Äpfel", "apple", "Straße", "Strasse A", "澜禾百货", "铭泽在线"):
        make.account(name=name)
    names = list(Account.objects.values_list("name", flat=True))
    assert names == ["Äpfel", "apple", "澜禾百货", "铭泽在线", "Straße", "Strasse A", "Zebra"]


def test_sort_key_follows_the_name():
    account = make.account(name="B")
    account.name = "Ä"
    account.save()
    assert account.sort_name == "a"


def said(row):
    with pytest.raises(ValidationError) as refused:
        row.full_clean()
    return sorted(m for found in refused.value.message_dict.values() for m in found)


def test_a_country_scope_names_countries():
    assert said(Team(name="China", scope=Team.Scope.COUNTRIES_IN)) == [
        "A scope by country must name at least one country."
    ]


def test_nobody_is_in_a_team_twice():
    user = make.user()
    team = make.team(user)
    assert said(TeamMembership(team=team, user=user)) == ["This person is in the team already."]


def test_nobody_looks_after_an_account_twice():
    user = make.user()
    account = make.account(user)
    assert said(Membership(account=account, user=user)) == ["This person looks after the account already."]


def test_store_numbers_are_unique_within_an_account():
    account = make.account()
    make.store(account, code="1")
    make.store(make.account(), code="1")
    assert said(Store(account=account, code="1", name="B")) == ["The account has a store with this number already."]


@pytest.mark.parametrize(("field", "values"), [("attitude", (-3, 3)), ("power", (0, 6))])
def test_attitude_and_power_have_ends(field, values):
    account = make.account()
    for value in values:
        with pytest.raises(IntegrityError), transaction.atomic():
            make.contact(account, **{field: value})
    assert Contact.objects.count() == 0


def test_countries_and_currencies_are_codes():
    account = Account(code="K", name="K", country="Germany"[:2], currency="eur")
    assert said(account) == [
        "Use the three capital letters of the currency, such as EUR.",
        "Use the two capital letters of the country, such as DE.",
    ]


def test_one_unresolved_alert_per_fingerprint():
    account = make.account()
    make.alert(account, fingerprint="f", state=Alert.State.RESOLVED, resolved_on="2026-11-01")
    make.alert(account, fingerprint="f")
    with pytest.raises(IntegrityError, match="alert_open_once"), transaction.atomic():
        make.alert(account, fingerprint="f", state=Alert.State.ACKNOWLEDGED)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"at_stake": 1, "currency": ""}, "alert_money_has_currency"),
        ({"state": "resolved"}, "alert_resolved_has_day"),
        ({"resolved_on": "2026-11-01"}, "alert_resolved_has_day"),
    ],
)
def test_alerts_that_make_no_sense_are_refused(fields, name):
    account = make.account()
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        make.alert(account, **fields)
