from kpis.views.imports import FeedList, ImportChecked, ImportDetail, ImportList, ImportNew, ImportReport, ProductList
from kpis.views.measure import FactList, MeasurePage, TargetEdit
from kpis.views.overview import Overview

__all__ = [
    "FactList",
    "FeedList",
    "ImportChecked",
    "ImportDetail",
    "ImportList",
    "ImportNew",
    "ImportReport",
    "MeasurePage",
    "Overview",
    "ProductList",
    "TargetEdit",
]
