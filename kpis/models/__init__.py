from kpis.models.batch import BatchWeek, Feed, ImportBatch, ImportError, Restatement
from kpis.models.fact import InvoiceLine, OpenItem, OrderLine, SellThrough
from kpis.models.product import Category, Product
from kpis.models.rollup import AccountWeek, MeasureValue, ProductWeek, Target, Touched

__all__ = [
    "AccountWeek",
    "BatchWeek",
    "Category",
    "Feed",
    "ImportBatch",
    "ImportError",
    "InvoiceLine",
    "MeasureValue",
    "OpenItem",
    "OrderLine",
    "Product",
    "ProductWeek",
    "Restatement",
    "SellThrough",
    "Target",
    "Touched",
]
