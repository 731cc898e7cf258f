"""Where each kind of facts is stored."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """Where a kind is stored: its table, its key columns, and the date that says in which week a row counts.

    A partitioned table is cut by the month of this date, which is in its key.
    """

    name: str
    key: tuple[str, ...]
    day: str
    partitioned: bool = False


TABLES = {
    "sell_through": Table("kpis_sellthrough", ("week", "store_id", "product_id"), "week", partitioned=True),
    "orders": Table(
        "kpis_orderline",
        ("account_id", "order_number", "line_number"),
        "ordered_on",
    ),
    "invoices": Table("kpis_invoiceline", ("account_id", "document", "product_id", "occurrence"), "invoiced_on"),
    "open_items": Table("kpis_openitem", ("account_id", "document"), "issued_on"),
    "stock": Table("kpis_stocklevel", ("day", "store_id", "product_id"), "day", partitioned=True),
    "shipments": Table("kpis_shipment", ("account_id", "number"), "shipped_on"),
    "service": Table("kpis_servicefact", ("account_id", "metric", "week"), "week"),
    "prices": Table(
        "kpis_priceobservation",
        ("account_id", "product_id", "observed_on", "place"),
        "observed_on",
    ),
    "account_forecast": Table(
        "kpis_accountforecast",
        ("account_id", "product_id", "week", "made_on"),
        "made_on",
    ),
    "margins": Table("kpis_accountmargin", ("account_id", "product_id", "week"), "week"),
}
