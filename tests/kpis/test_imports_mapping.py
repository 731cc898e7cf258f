import pytest

from accounts.models import Account, Store
from kpis.imports.errors import MappingError
from kpis.imports.kinds import ACCOUNTS, KINDS, STORES
from kpis.imports.mapping import Format, Marks
from kpis.imports.merge import IDS
from kpis.imports.tables import TABLES
from kpis.imports.toml import FOLDER, parse_mapping
from kpis.models import (
    AccountForecast,
    AccountMargin,
    ExchangeRate,
    InvoiceLine,
    OpenItem,
    OrderLine,
    PriceObservation,
    Product,
    SellThrough,
    ServiceFact,
    Shipment,
    StockLevel,
)
from kpis.models.batch import Kind
from tests.kpis.files import SELL_THROUGH, ours

MODELS = {
    "accounts": Account,
    "stores": Store,
    "products": Product,
    "sell_through": SellThrough,
    "orders": OrderLine,
    "invoices": InvoiceLine,
    "open_items": OpenItem,
    "stock": StockLevel,
    "shipments": Shipment,
    "service": ServiceFact,
    "prices": PriceObservation,
    "account_forecast": AccountForecast,
    "margins": AccountMargin,
    "rates": ExchangeRate,
}


def complaint(text):
    with pytest.raises(MappingError) as caught:
        parse_mapping(text, "test.toml")
    assert str(caught.value).startswith("test.toml: ")
    return caught.value.key


def test_the_kinds_are_those_a_batch_can_have():
    assert sorted(KINDS) == sorted(Kind.values) == sorted(MODELS)


@pytest.mark.parametrize("name", MODELS)
def test_fields_are_fields_of_the_model(name):
    model = MODELS[name]
    names = {field.name for field in model._meta.get_fields()}
    assert set(KINDS[name].names) <= names


@pytest.mark.parametrize("name", MODELS)
def test_numbers_and_texts_fit_the_columns(name):
    for field in KINDS[name].fields:
        column = MODELS[name]._meta.get_field(field.name)
        if field.type == "decimal":
            assert (field.digits, field.places) == (column.max_digits, column.decimal_places)
        if field.type in ("text", "code") and not (
            field.refers or field.choices or field.shape or field.name in ("category", "despatch")
        ):
            assert field.longest == column.max_length


def test_choices_are_those_of_the_models():
    kinds = set(Account.Kind.values) - {Account.Kind.UNASSIGNED}
    assert set(ACCOUNTS.field("kind").choices) == kinds
    assert set(ACCOUNTS.field("direction").choices) == set(Account.Direction.values)
    assert set(ACCOUNTS.field("tier").choices) == set(Account.Tier.values)
    assert set(STORES.field("kind").choices) == set(Store.Kind.values)


@pytest.mark.parametrize("name", TABLES)
def test_keys_are_unique_in_the_database(name):
    table, model = TABLES[name], MODELS[name]
    assert table.name == model._meta.db_table
    unique = [set(c.fields) for c in model._meta.constraints if hasattr(c, "nulls_distinct")]
    if not unique:
        unique = [set(model._meta.pk.field_names)]
    assert {IDS.get(key, key) for key in unique[0]} == set(table.key) or unique[0] == set(table.key)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_our_mappings_are_valid(path):
    assert ours(path.stem).title


def test_every_kind_has_a_default_mapping_of_all_its_fields():
    for name, kind in KINDS.items():
        assert set(ours(f"default_{name}").columns) == set(kind.names)


def test_what_a_mapping_says():
    mapping = parse_mapping(
        """
        kind = "invoices"
        unassigned = true
        [file]
        delimiter = "+|"
        encoding = "cp1252"
        quote = ""
        header = 0
        row_end = "&|"
        decimal = ","
        thousands = "."
        dates = ["%d.%m.%Y"]
        strip = "€"
        [columns]
        document = 1
        product = 2
        invoiced_on = { column = 3, dates = ["%Y%m%d"] }
        quantity = 4
        value = { column = 5, decimal = ".", thousands = "" }
        [constants]
        currency = "EUR"
        """,
        "test.toml",
    )
    assert mapping.format == Format("+|", "cp1252", None, 0, "&|")
    assert mapping.marks == Marks(",", ".", ("€",), ("%d.%m.%Y",))
    assert mapping.columns["invoiced_on"].marks.dates == ("%Y%m%d",)
    assert mapping.columns["value"].marks == Marks(".", "", ("€",), ("%d.%m.%Y",))
    assert mapping.constants == {"currency": "EUR"}


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ('kind = "sell_through"|kind = "sales"', "kind"),
        ('kind = "sell_through"|kind = "sell_through"\nkine = 1', "kine"),
        ('units = "units"|unit = "units"', "columns.unit"),
        ('units = "units"|', "columns.units"),
        ('units = "units"|units = 0', "columns.units"),
        ('units = "units"|units = true', "columns.units"),
        ('units = "units"|units = { column = "u", decimal = ";" }', "columns.units.decimal"),
        ('units = "units"|units = { column = "u", colour = "red" }', "columns.units.colour"),
        ("[columns]|[file]\nheader = -1\n[columns]", "file.header"),
        ("[columns]|[file]\nheader = 0\n[columns]", "columns.account"),
        ("[columns]|[file]\nquote = \"''\"\n[columns]", "file.quote"),
        ('[columns]|[file]\nthousands = "."\n[columns]', "file.thousands"),
        ('[columns]|[file]\ndates = ["%d.%m."]\n[columns]', "file.dates"),
        ('[columns]|[file]\ndates = ["%Q"]\n[columns]', "file.dates"),
        ('[columns]|[file]\nthousands = "("\n[columns]', "file.thousands"),
        ("[columns]|[constants]\nunits = 5\n[columns]", "units"),
        ("[columns]|[constants]\nstock = true\n[columns]", "constants.stock"),
        ('[columns]|[[derived]]\nname = "x"\n[columns]', "derived[1].name"),
        ('[columns]|[[derived]]\nname = "x"\nfrom = "a"\npattern = "("\n[columns]', "derived[1].pattern"),
        ('[columns]|[[derived]]\nname = "x"\nfrom = "a"\npattern = "a(?=b)"\n[columns]', "derived[1].pattern"),
        ('[columns]|[[derived]]\nname = "x"\nproduct_of = ["a"]\n[columns]', "derived[1].product_of"),
        ('[columns]|[[rules]]\nname = "x"\naction = "burn"\n[columns]', "rules[1].action"),
        (
            '[columns]|[[rules]]\nname = "x"\naction = "skip"\nwhen = { column = "a" }\n[columns]',
            "rules[1].when.column",
        ),
        ('[columns]|[[lookup]]\nfile = "../secret"\n[columns]', "lookup[1].file"),
        ('[columns]|[[lookup]]\nfile = "x"\non = [1]\n[columns]', "lookup[1].on"),
        ('[columns]|[create.stores]\nowner = "x"\n[columns]', "create.stores.owner"),
        ("[columns]|[create.teams]\n[columns]", "create.teams"),
        ("[columns]|[columns", "-"),
    ],
)
def test_mistakes_are_named(change, key):
    old, new = change.split("|")
    assert complaint(SELL_THROUGH.replace(old, new, 1)) == key


def test_a_computed_date_is_for_fields_only():
    derived = '[[derived]]\nname = "snapped"\nfrom = "day"\nmonday = true\n'
    rule = '[[rules]]\nname = "x"\naction = "skip"\nwhen = { column = "snapped", empty = true }\n'
    assert complaint(SELL_THROUGH + derived + rule) == "snapped"


@pytest.mark.parametrize("name", ["nothing", "../settings", "UCI"])
def test_a_mapping_that_is_not_there(name):
    with pytest.raises(MappingError):
        ours(name)


def test_constants_of_a_feed_fill_only_what_the_mapping_leaves_open():
    mapping = parse_mapping(SELL_THROUGH, "test.toml")
    assert mapping.with_constants(account="K-1").constants == {}
    open_one = parse_mapping(SELL_THROUGH.replace('account = "account"', ""), "test.toml")
    assert open_one.with_constants(account="K-1").constants == {"account": "K-1"}
