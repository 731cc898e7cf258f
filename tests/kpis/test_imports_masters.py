import pytest

from accounts.models import Account, Store
from kam.models import Entry
from kam.roles import Role
from kam.text import sort_key
from kpis.imports.toml import mapping_text
from kpis.models import Product
from tests import make
from tests.kpis import facts
from tests.kpis.files import SELL_THROUGH, take

pytestmark = pytest.mark.django_db
ACCOUNTS = "code,name,parent,country,currency,tier\n"
TREE = ACCOUNTS + "K-3,Élan Süd,K-2,DE,EUR,A\nK-2,Élan,K-1,DE,EUR,B\nK-1,Group,,DE,EUR,\n"


def load(kind, text, **options):
    return take(text, mapping_text(f"default_{kind}"), kind=kind, **options)


def faults(batch):
    return list(batch.errors.order_by("line", "pk").values_list("line", "column", "value", "code"))


def test_accounts_hang_below_their_parents_in_any_order():
    batch = load("accounts", TREE)
    group, banner, region = (Account.objects.get(code=f"K-{n}") for n in (1, 2, 3))
    assert (batch.state, batch.created) == ("applied", {"accounts": 3})
    assert region.lineage == [group.pk, banner.pk, region.pk]
    assert (banner.lineage, group.lineage) == ([group.pk, banner.pk], [group.pk])
    assert (region.sort_name, region.tier) == (sort_key("Élan Süd"), "A")


def test_the_same_accounts_again_change_only_what_differs():
    load("accounts", TREE)
    batch = load("accounts", TREE.replace("Group", "The Group"))
    group = Account.objects.get(code="K-1")
    assert batch.changes == {"new": 0, "changed": 1, "unchanged": 2}
    assert (group.name, group.sort_name, group.version) == ("The Group", sort_key("The Group"), 2)
    entry = Entry.objects.filter(model="accounts.account", verb="changed").get()
    assert (entry.before["name"], entry.after["name"]) == ("Group", "The Group")


def test_accounts_that_would_stand_below_themselves():
    batch = load("accounts", ACCOUNTS + "K-1,A,K-2,DE,EUR,\nK-2,B,K-1,DE,EUR,\n")
    assert (batch.state, faults(batch)) == ("rejected", [(3, "parent", "K-1", "loop")])
    assert Account.objects.count() == 0


def test_accounts_without_country_currency_or_parent():
    batch = load("accounts", ACCOUNTS + "K-1,A,,,EUR,\nK-2,B,,DE,,\n")
    assert faults(batch) == [(2, "code", "K-1", "no_country"), (3, "code", "K-2", "no_currency")]
    batch = load("accounts", ACCOUNTS + "K-1,A,K-9,DE,EUR,C\n")
    assert faults(batch) == [(2, "parent", "K-9", "unknown_account")]


def test_an_account_one_may_not_touch():
    lead, analyst = make.user(Role.TEAM_LEAD), make.user(Role.ANALYST)
    make.account(code="K-1", team=make.team(lead, analyst))
    make.account(code="K-2")
    text = ACCOUNTS + "K-{},New name,,DE,EUR,\n"
    assert load("accounts", text.format(1), by=lead).state == "applied"
    assert faults(load("accounts", text.format(2), by=lead)) == [(2, "code", "K-2", "not_allowed")]
    assert faults(load("accounts", text.format(1).replace("New", "Other"), by=analyst)) == [
        (2, "code", "K-1", "not_allowed")
    ]
    assert load("accounts", text.format(3), by=lead).created == {"accounts": 1}


def test_stores_are_created_and_changed_within_their_account():
    account = make.account(code="K-1")
    make.store(account, code="S1", name="Old", city="Bonn")
    make.store(make.account(code="K-2"), code="S1", name="Other")
    batch = load("stores", "account,code,name,kind\nK-1,S1,New,warehouse\nK-1,S2,Second,\n")
    assert batch.changes == {"new": 1, "changed": 1, "unchanged": 0}
    found = Store.objects.order_by("account__code", "code").values_list("account__code", "code", "name", "kind", "city")
    assert list(found) == [
        ("K-1", "S1", "New", "warehouse", "Bonn"),
        ("K-1", "S2", "Second", "outlet", ""),
        ("K-2", "S1", "Other", "outlet", ""),
    ]


def test_stores_of_accounts_that_are_not_there():
    assert faults(load("stores", "account,code,name\nK-9,S1,New\n")) == [(2, "account", "K-9", "unknown_account")]


def test_units_per_case_are_a_whole_number_from_one_on():
    text = "code,name,case_size\nP1,Ball,12\nP2,Net,\n"
    assert load("products", text).changes == {"new": 2, "changed": 0, "unchanged": 0}
    assert load("products", text.replace("12", "6")).changes == {"new": 0, "changed": 1, "unchanged": 1}
    assert list(Product.objects.order_by("code").values_list("code", "case_size")) == [("P1", 6), ("P2", None)]
    batch = load("products", "code,name,case_size\nP1,Ball,0\nP2,Net,1.5\nP3,Bat,1000000000\n")
    assert faults(batch) == [
        (2, "case_size", "0", "too_small"), (3, "case_size", "1.5", "integer"),
        (4, "case_size", "1000000000", "too_large"),
    ]  # fmt: skip


def test_a_mapping_that_creates_products_may_say_their_case():
    make.store(make.account(code="K-1"), code="S1")
    mapping = SELL_THROUGH + '[create.products]\ncase_size = { constant = "12" }\n'
    text = "account,store,product,week,units\nK-1,S1,P1,2026-11-16,3\n"
    assert take(text, mapping).created == {"products": 1}
    assert Product.objects.get().case_size == 12
    wrong = take(text.replace("P1", "P2"), mapping.replace('"12"', '"x"'))
    assert (wrong.state, wrong.problem["code"]) == ("unusable", "mapping")


def test_products_are_created_and_changed_with_their_category():
    facts.product(code="P1", name="Old")
    batch = load("products", "code,name,category,brand\nP1,Über,Shoes,B\nP2,Second,,\n")
    assert batch.changes == {"new": 1, "changed": 1, "unchanged": 0}
    product = Product.objects.get(code="P1")
    assert (product.name, product.sort_name, product.category.code) == ("Über", sort_key("Über"), "Shoes")
    again = load("products", "code,name,category,brand\nP1,Über,Shoes,B\nP2,Second,,C\n")
    assert again.changes == {"new": 0, "changed": 1, "unchanged": 1}
