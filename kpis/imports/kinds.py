"""The kinds of rows that can be imported: their fields, their keys, what each field refers to."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class Type(StrEnum):
    """How a field is read: `code` and `text` stay text, `week` is a date that must be a Monday."""

    TEXT = "text"
    CODE = "code"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    WEEK = "week"
    FLAG = "flag"


NUMBERS = (Type.INTEGER, Type.DECIMAL)
DATES = (Type.DATE, Type.WEEK)


@dataclass(frozen=True)
class Field:
    """One field of a kind.

    `default` is the text used where the file is empty, `refers` names the master (`account`, `store`, `product`)
    whose code this is. Texts have at most `longest` characters, one of `choices` where there are any, and the
    `shape` of a country or a currency; numbers at most `digits` digits, `places` of them decimals, and at `least` that.
    """

    name: str
    type: Type
    meaning: str
    required: bool = False
    default: str | None = None
    places: int = 2
    refers: str = ""
    choices: tuple[str, ...] = ()
    longest: int = 200
    digits: int = 18
    least: float | None = None
    shape: str = ""


@dataclass(frozen=True)
class Kind:
    """One kind of row.

    `key` names the fields no two rows may share; `units` and `value` the fields that are summed (`a × b` is their
    product, line by line); `in_order` pairs of dates of which the second is not before the first.
    """

    name: str
    title: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    units: str = ""
    value: str = ""
    in_order: tuple[tuple[str, str], ...] = ()

    def field(self, name: str) -> Field | None:
        """The field of that name, or None."""
        return next((field for field in self.fields if field.name == name), None)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all fields, in order."""
        return tuple(field.name for field in self.fields)

    @property
    def references(self) -> tuple[Field, ...]:
        """The fields that hold the code of an account, a store or a product."""
        return tuple(field for field in self.fields if field.refers)


def _code(name, meaning, **kw):
    return Field(name, Type.CODE, meaning, **{"longest": 60} | kw)


def _text(name, meaning, **kw):
    return Field(name, Type.TEXT, meaning, **kw)


def _units(name, meaning, **kw):
    return Field(name, Type.DECIMAL, meaning, places=3, digits=14, **kw)


def _money(name, meaning, **kw):
    return Field(name, Type.DECIMAL, meaning, **kw)


def _date(name, meaning, **kw):
    return Field(name, Type.DATE, meaning, **kw)


def _choice(name, meaning, *choices):
    return Field(name, Type.TEXT, meaning, choices=choices)


_ACCOUNT = _code("account", _("Number of the account"), required=True, refers="account", longest=40)
_STORE = _code("store", _("Number of the store within its account"), refers="store", longest=40)
_PRODUCT = _code("product", _("Number of the product"), required=True, refers="product")
_PRICE = Field("price", Type.DECIMAL, _("Net price of one unit"), places=4)
_CURRENCY = _code("currency", _("Currency, three capital letters; the account's own where empty"), shape="currency")
_COUNTRY = _code("country", _("Country, two capital letters"), shape="country")

ACCOUNTS = Kind(
    "accounts",
    _("Accounts"),
    (
        _code("code", _("Number of the account"), required=True, longest=40),
        _text("name", _("Name"), required=True, longest=160),
        _code("parent", _("Number of the account above"), refers="account", longest=40),
        _choice(
            "kind",
            _("Kind of account"),
            *("group", "retailer", "wholesaler", "distributor", "webshop", "seller"),
        ),
        _choice("direction", _("Whether we sell to them or they sell with us"), "sell_to", "sell_with"),
        _choice("tier", _("Tier"), "A", "B", "C"),
        _COUNTRY,
        _CURRENCY,
    ),
    key=("code",),
)

STORES = Kind(
    "stores",
    _("Stores"),
    (
        _ACCOUNT,
        _code("code", _("Number of the store within its account"), required=True, longest=40),
        _text("name", _("Name"), required=True, longest=160),
        _choice("kind", _("Outlet, warehouse or webshop"), "outlet", "warehouse", "webshop"),
        _text("city", _("City"), longest=80),
        _COUNTRY,
    ),
    key=("account", "code"),
)

PRODUCTS = Kind(
    "products",
    _("Products"),
    (
        _code("code", _("Number of the product"), required=True),
        _text("name", _("Name"), required=True, longest=200),
        _text("category", _("Category"), longest=40),
        _text("brand", _("Brand"), longest=80),
        _code("gtin", _("GTIN"), longest=14),
        Field("case_size", Type.INTEGER, _("Units per case"), least=1, digits=9),
    ),
    key=("code",),
)

SELL_THROUGH = Kind(
    "sell_through",
    _("Sell-through"),
    (
        _ACCOUNT,
        _code("store", _("Number of the store within its account"), required=True, refers="store", longest=40),
        _PRODUCT,
        Field("week", Type.WEEK, _("Monday of the ISO week"), required=True),
        _units("units", _("Units sold"), required=True),
        _money("value", _("Value sold")),
        _units("stock", _("Units in stock at the end of the week")),
        _units("receipts", _("Units received in the week")),
        _units("returns", _("Units brought back by shoppers")),
        _CURRENCY,
    ),
    key=("account", "store", "product", "week"),
    units="units",
    value="value",
)

ORDERS = Kind(
    "orders",
    _("Order lines"),
    (
        _ACCOUNT,
        _code("order_number", _("Number of the order"), required=True),
        _code("line_number", _("Number of the line in the order"), required=True, longest=20),
        _PRODUCT,
        _STORE,
        _date("ordered_on", _("Day of the order"), required=True),
        _date("requested_on", _("Day the account asks for")),
        _date("promised_on", _("Day we promised")),
        _date("shipped_on", _("Day shipped")),
        _date("received_on", _("Day received")),
        _units("ordered", _("Units ordered"), required=True, least=0),
        _units("confirmed", _("Units confirmed")),
        _units("shipped", _("Units shipped")),
        _code("despatch", _("Number of the despatch advice that says what was shipped")),
        _units("received", _("Units received")),
        _units("rejected", _("Units refused at the door")),
        _units("cancelled", _("Units cancelled")),
        _PRICE,
        _CURRENCY,
    ),
    key=("account", "order_number", "line_number", "despatch"),
    units="ordered",
    value="ordered × price",
)

INVOICES = Kind(
    "invoices",
    _("Invoice lines"),
    (
        _ACCOUNT,
        _code("document", _("Number of the invoice or credit note"), required=True),
        _PRODUCT,
        Field(
            "occurrence", Type.INTEGER, _("Which of the lines with this product in this document"), least=1, digits=9
        ),
        _STORE,
        _date("invoiced_on", _("Day of the invoice"), required=True),
        _units("quantity", _("Units invoiced; negative where credited"), required=True),
        _PRICE,
        _money("value", _("Net value; negative where credited"), required=True),
        Field("is_credit", Type.FLAG, _("Whether the document is a credit note"), default="no"),
        _CURRENCY,
    ),
    key=("account", "document", "product", "occurrence"),
    units="quantity",
    value="value",
)

OPEN_ITEMS = Kind(
    "open_items",
    _("Open items"),
    (
        _ACCOUNT,
        _code("document", _("Number of the invoice or credit note"), required=True),
        _date("issued_on", _("Day of the document"), required=True),
        _date("due_on", _("Day it is due"), required=True),
        _date("paid_on", _("Day of the last payment")),
        _money("amount", _("Amount; negative for a credit"), required=True),
        _money("paid", _("Amount paid so far"), default="0"),
        _CURRENCY,
    ),
    key=("account", "document"),
    value="amount",
    in_order=(("issued_on", "due_on"),),
)

STOCK = Kind(
    "stock",
    _("Stock"),
    (
        _ACCOUNT,
        _code("store", _("Number of the place within its account"), required=True, refers="store", longest=40),
        _PRODUCT,
        _date("day", _("Day at whose end it lay there"), required=True),
        _units("on_hand", _("Units on hand"), required=True),
        _units("unsellable", _("Of these, units that cannot be sold")),
        _units("aged", _("Of these, units that lie there for 90 days or more")),
        _units("on_order", _("Units confirmed and not received")),
        _money("value", _("Value at cost")),
        _CURRENCY,
    ),
    key=("account", "store", "product", "day"),
    units="on_hand",
    value="value",
)

SHIPMENTS = Kind(
    "shipments",
    _("Shipments"),
    (
        _ACCOUNT,
        _code("number", _("Number of the shipment"), required=True),
        _code("order_number", _("Number of the order")),
        _STORE,
        _text("carrier", _("Carrier"), longest=80),
        _code("tracking", _("Tracking number"), longest=80),
        _date("shipped_on", _("Day shipped"), required=True),
        _date("promised_on", _("Day we promised")),
        _date("delivered_on", _("Day delivered")),
        _units("units", _("Units shipped"), required=True, least=0),
        _money("freight", _("Cost of freight")),
        _money("expedite", _("Surcharge for express")),
        _money("handling", _("Cost of handling")),
        _money("penalties", _("Penalties charged by the account")),
        _money("returns", _("Cost of returns")),
        _CURRENCY,
    ),
    key=("account", "number"),
    units="units",
    in_order=(("shipped_on", "delivered_on"),),
)

SERVICE = Kind(
    "service",
    _("Service"),
    (
        _ACCOUNT,
        _code("metric", _("Code of the metric, such as late_shipment"), required=True, longest=40),
        Field("week", Type.WEEK, _("Monday of the ISO week"), required=True),
        Field("numerator", Type.DECIMAL, _("What is counted"), places=4, required=True),
        Field("denominator", Type.DECIMAL, _("What it is a part of"), places=4, required=True, least=0),
    ),
    key=("account", "metric", "week"),
)

PRICES = Kind(
    "prices",
    _("Prices to shoppers"),
    (
        _ACCOUNT,
        _PRODUCT,
        _date("observed_on", _("Day the price was seen"), required=True),
        _text("place", _("Where it was seen: a store's number or a site"), longest=80, required=True),
        Field("price", Type.DECIMAL, _("Price shoppers were asked"), places=4, required=True, least=0),
        Field("regular_price", Type.DECIMAL, _("Price without promotion"), places=4),
        Field("is_promotion", Type.FLAG, _("Whether it was a promotion"), default="no"),
        _CURRENCY,
    ),
    key=("account", "product", "observed_on", "place"),
)

ACCOUNT_FORECAST = Kind(
    "account_forecast",
    _("Forecast of the account"),
    (
        _ACCOUNT,
        _PRODUCT,
        Field("week", Type.WEEK, _("Monday of the ISO week"), required=True),
        _date("made_on", _("Day the account made the forecast"), required=True),
        _units("units", _("Units the account expects"), required=True, least=0),
        _units("high", _("Units that nine of ten outcomes stay below"), least=0),
    ),
    key=("account", "product", "week", "made_on"),
    units="units",
)

MARGINS = Kind(
    "margins",
    _("Margins of the account on us"),
    (
        _ACCOUNT,
        _PRODUCT,
        Field("week", Type.WEEK, _("Monday of the ISO week"), required=True),
        Field("margin", Type.DECIMAL, _("Margin as a fraction, such as 0.12"), required=True, places=4, digits=9),
    ),
    key=("account", "product", "week"),
)

RATES = Kind(
    "rates",
    _("Exchange rates"),
    (
        _code("currency", _("Currency, three capital letters"), shape="currency", required=True),
        _date("day", _("Day from which the rate holds"), required=True),
        Field("per_euro", Type.DECIMAL, _("Units of the currency for one euro"), places=8, required=True, least=0.0001),
    ),
    key=("currency", "day"),
)

KINDS = {
    kind.name: kind
    for kind in (
        *(ACCOUNTS, STORES, PRODUCTS),
        *(SELL_THROUGH, ORDERS, INVOICES, OPEN_ITEMS),
        *(STOCK, SHIPMENTS, SERVICE, PRICES, ACCOUNT_FORECAST, MARGINS, RATES),
    )
}

# What a mapping may create where a file names a master that is not there, and the kind describing its fields.
MASTERS = {"accounts": ACCOUNTS, "stores": STORES, "products": PRODUCTS}
