"""An Amazon vendor report (JSON) to a table of text: what the process of `unfolding` does with one. No Django here.

The file is one object, of which an entry of one list is held at a time: entries may be many, none may be long or deep.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from kpis.imports.refused import Refused, other_messages
from kpis.imports.rows import Table
from kpis.imports.taking import total, week

PIECE = 1 << 16
LONGEST = 1 << 18
LONGEST_NUMBER = 64
MOST_KEYS = 100
SPACE = re.compile(r"[ \t\r\n]*")
EXPONENT = re.compile(r"[+-]?\d{1,30}(\.\d{1,30})?[eE][+-]?\d{1,3}")


@dataclass(frozen=True)
class Report:
    """A type of report: the list whose entries are rows, and their keys; an amount has a currency beside it.

    `sums` are columns that are the sum of two others.
    """

    entries: str
    keys: tuple[str, ...]
    amounts: tuple[str, ...] = ()
    sums: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def columns(self) -> dict[str, str]:
        """Where each column stands, in the order of the table."""
        own = {snake(key): key for key in self.keys}
        amounts = {snake(key): f"{key}.amount" for key in self.amounts}
        amounts |= {"currency": "currencyCode"} if amounts else {}
        computed = dict.fromkeys((*self.sums, "week"), "")
        return {"position": "", **HEADER, **own, **amounts, **computed}


HEADER = {
    "report_type": "reportSpecification.reportType",
    "marketplace": "reportSpecification.marketplaceIds",
    "report_period": "reportOptions.reportPeriod",
    "distributor_view": "reportOptions.distributorView",
    "selling_program": "reportOptions.sellingProgram",
}
PERIOD = ("startDate", "endDate", "asin")
UNITS, COST = "InventoryUnits", "InventoryCost"
STOCKS = ("netReceived", "sellableOnHand", "unsellableOnHand")
REPORTS = {
    "GET_VENDOR_SALES_REPORT": Report(
        "salesByAsin",
        (*PERIOD, "customerReturns", "orderedUnits", "shippedUnits"),
        ("orderedRevenue", "shippedRevenue", "shippedCogs"),
    ),
    "GET_VENDOR_INVENTORY_REPORT": Report(
        "inventoryByAsin",
        (
            *PERIOD,
            *(f"{stock}{UNITS}" for stock in STOCKS),
            *("openPurchaseOrderUnits", "unfilledCustomerOrderedUnits", "aged90PlusDaysSellableInventoryUnits"),
            *("unhealthyInventoryUnits", "sellThroughRate", "vendorConfirmationRate", "receiveFillRate", "uft"),
            *("averageVendorLeadTimeDays", "procurableProductOutOfStockRate"),
        ),
        (*(f"{stock}{COST}" for stock in STOCKS), "aged90PlusDaysSellableInventoryCost", "unhealthyInventoryCost"),
        {
            f"on_hand_inventory_{of}": (f"sellable_on_hand_inventory_{of}", f"unsellable_on_hand_inventory_{of}")
            for of in ("units", "cost")
        },
    ),
    "GET_VENDOR_FORECASTING_REPORT": Report(
        "forecastByAsin",
        ("forecastGenerationDate", *PERIOD, *(f"{what}ForecastUnits" for what in ("mean", "p70", "p80", "p90"))),
    ),
    "GET_VENDOR_NET_PURE_PRODUCT_MARGIN_REPORT": Report(
        "netPureProductMarginByAsin", (*PERIOD, "netPureProductMargin")
    ),
}


def snake(name: str) -> str:
    """`orderedUnits` as `ordered_units`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def write(asked: dict, out) -> None:
    """The entries of the wanted report as a table into a file. Raises Refused."""
    try:
        header = _header(asked["path"])
        name = header["report_type"]
        if name != asked["message"] or name not in REPORTS:
            raise other_messages(asked["message"], {name: name}, REPORTS)
        report = REPORTS[name]
        table = Table(out, asked["family"], report.columns)
        table.write(_rows(asked["path"], report, header))
        table.close({})
    except UnicodeDecodeError as problem:
        raise Refused("json_encoding") from problem


def _header(path):
    """What the report says of itself, wherever that stands in the file."""
    with open(path, encoding="utf-8-sig") as file:
        found = next((value for key, _at, value in members(file) if key == "reportSpecification"), None)
    if not isinstance(found, dict):
        raise Refused("json_unknown")
    options = found.get("reportOptions")
    texts = {key: text_of(value) for key, value in (found | (options if isinstance(options, dict) else {})).items()}
    return {name: texts.get(place.rpartition(".")[2], "")[:100] for name, place in HEADER.items()}


def _rows(path, report, header):
    with open(path, encoding="utf-8-sig") as file:
        for key, at, value in members(file):
            if key == report.entries:
                if not at or not isinstance(value, dict):
                    raise Refused("json_entries", key=key)
                yield _row(at, value, report, header)


def _row(at, entry, report, header):
    row = header | {"position": str(at)} | {snake(key): text_of(entry.get(key)) for key in report.keys}
    for key in report.amounts:
        amount = entry.get(key)
        if isinstance(amount, dict):
            row[snake(key)] = text_of(amount.get("amount"))
            if row.setdefault("currency", text_of(amount.get("currencyCode"))) != text_of(amount.get("currencyCode")):
                raise Refused("json_currencies", position=at)
    row |= {name: total(row.get(first, ""), row.get(second, "")) for name, (first, second) in report.sums.items()}
    week(row, "start_date", "end_date")
    return row


def text_of(value) -> str:
    """A value as text: numbers are as they stand in the file, without exponent; lists side by side."""
    if isinstance(value, list):
        return " ".join(text_of(part) for part in value[:20] if not isinstance(part, list))
    if value is None or isinstance(value, dict):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return format(Decimal(value), "f") if isinstance(value, Number) and EXPONENT.fullmatch(value) else str(value)


class Number(str):
    """A number as it stands in the file."""

    __slots__ = ()


def _once(pairs):
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _value in pairs]
        raise Refused("json_twice", key=next(key for key in keys if keys.count(key) > 1)[:40])
    return found


DECODER = json.JSONDecoder(parse_float=Number, parse_int=Number, parse_constant=Number, object_pairs_hook=_once)


def members(file) -> Iterator[tuple[str, int, object]]:
    """(key, 0, value) of the one object of a file, and (key, n, entry) of each entry of a list, counted from 1.

    Raises Refused for what is no JSON, and where a single value is too long or too deep.
    """
    text = Buffer(file)
    if text.look() != "{":
        raise Refused("json_unknown")
    text.need("{")
    seen = set()
    while text.look() != "}":
        key = text.value()
        if not isinstance(key, str) or isinstance(key, Number):
            raise text.broken()
        if key in seen:
            raise Refused("json_twice", key=key[:40])
        if len(seen) >= MOST_KEYS:
            raise Refused("json_keys", most=MOST_KEYS)
        seen.add(key)
        text.need(":")
        if text.look() == "[":
            yield from ((key, at, entry) for at, entry in enumerate(_entries(text), 1))
        else:
            yield key, 0, text.value()
        if text.look() != "}":
            text.need(",")
            if text.look() == "}":
                raise text.broken()
    text.need("}")
    if text.look():
        raise text.broken()


def _entries(text):
    text.need("[")
    while text.look() != "]":
        yield text.value()
        if text.look() != "]":
            text.need(",")
            if text.look() == "]":
                raise text.broken()
    text.need("]")


class Buffer:
    """The text of a file, of which a piece and a value are held at a time; knows its line."""

    def __init__(self, file):
        self.file = file
        self.text = ""
        self.at = 0
        self.line = 1

    def look(self) -> str:
        """The next character behind white space; empty at the end of the file."""
        while True:
            end = SPACE.match(self.text, self.at).end()
            self.line += self.text.count("\n", self.at, end)
            self.at = end
            if end < len(self.text) or not self._fill():
                return self.text[self.at : self.at + 1]

    def need(self, mark: str) -> None:
        """Go behind a mark, which must come next. Raises Refused."""
        if self.look() != mark:
            raise self.broken()
        self.at += 1

    def value(self):
        """The next value, whole. Raises Refused."""
        self.look()
        while True:
            try:
                found, end = DECODER.raw_decode(self.text, self.at)
            except RecursionError as problem:
                raise Refused("json_deep", line=self.line) from problem
            except ValueError as problem:
                self._more_or(problem)
                continue
            if end - self.at > LONGEST:
                raise Refused("json_long", line=self.line, most=LONGEST)
            if len(self.text) - end < LONGEST_NUMBER and self._fill():  # more of a number may follow
                continue
            self.line += self.text.count("\n", self.at, end)
            self.at = end
            return found

    def _more_or(self, problem):
        """Read on, as a value may only be cut off; a value that is too long or ends with the file is refused."""
        if len(self.text) - self.at > LONGEST:
            raise Refused("json_long", line=self.line, most=LONGEST) from problem
        if not self._fill():
            raise self.broken() from problem

    def broken(self) -> Refused:
        """What to raise where the file is no JSON."""
        return Refused("json_broken", line=self.line)

    def _fill(self):
        piece = self.file.read(PIECE)
        if piece:
            self.text, self.at = self.text[self.at :] + piece, 0
        return bool(piece)
