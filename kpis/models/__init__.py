from kpis.models.archive import ArchivedMonth
from kpis.models.batch import BatchWeek, Feed, ImportBatch, ImportError, Restatement
from kpis.models.cap import SupplyCap, SupplyCommitment, SupplyShare
from kpis.models.fact import InvoiceLine, OpenItem, OrderLine, SellThrough
from kpis.models.feed_week import AcceptedWeek
from kpis.models.forecast import (
    ForecastEvent,
    ForecastNotice,
    ForecastOverride,
    ForecastScore,
    ForecastSeries,
    ForecastVersion,
    ForecastWeek,
    NoticeLine,
)
from kpis.models.mapping import ColumnMapping
from kpis.models.product import Category, Product
from kpis.models.replenishment import Replenishment
from kpis.models.rollup import AccountWeek, CategoryWeek, MeasureValue, ProductWeek, Target, Touched
from kpis.models.stockout import StockOut, StockOutLetter
from kpis.models.supply import (
    AccountForecast,
    AccountMargin,
    ExchangeRate,
    PriceObservation,
    ServiceFact,
    Shipment,
    StockLevel,
)
from kpis.models.watched import WatchedFile

__all__ = [
    "AcceptedWeek",
    "AccountForecast",
    "AccountMargin",
    "AccountWeek",
    "ArchivedMonth",
    "BatchWeek",
    "Category",
    "CategoryWeek",
    "ColumnMapping",
    "ExchangeRate",
    "Feed",
    "ForecastEvent",
    "ForecastNotice",
    "ForecastOverride",
    "ForecastScore",
    "ForecastSeries",
    "ForecastVersion",
    "ForecastWeek",
    "ImportBatch",
    "ImportError",
    "InvoiceLine",
    "MeasureValue",
    "NoticeLine",
    "OpenItem",
    "OrderLine",
    "PriceObservation",
    "Product",
    "ProductWeek",
    "Replenishment",
    "Restatement",
    "SellThrough",
    "ServiceFact",
    "Shipment",
    "StockLevel",
    "StockOut",
    "StockOutLetter",
    "SupplyCap",
    "SupplyCommitment",
    "SupplyShare",
    "Target",
    "Touched",
    "WatchedFile",
]
