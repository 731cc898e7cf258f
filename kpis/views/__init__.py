from kpis.views.catalogue import (
    CategoryCreate,
    CategoryList,
    CategoryRemove,
    CategoryUpdate,
    ProductCreate,
    ProductDetail,
    ProductList,
    ProductUpdate,
)
from kpis.views.imports import (
    FeedList,
    ImportCancelled,
    ImportChecked,
    ImportDetail,
    ImportList,
    ImportNew,
    ImportReport,
)
from kpis.views.measure import FactList, MeasurePage, TargetEdit
from kpis.views.overview import Overview

__all__ = [
    "CategoryCreate",
    "CategoryList",
    "CategoryRemove",
    "CategoryUpdate",
    "FactList",
    "FeedList",
    "ImportCancelled",
    "ImportChecked",
    "ImportDetail",
    "ImportList",
    "ImportNew",
    "ImportReport",
    "MeasurePage",
    "Overview",
    "ProductCreate",
    "ProductDetail",
    "ProductList",
    "ProductUpdate",
    "TargetEdit",
]
