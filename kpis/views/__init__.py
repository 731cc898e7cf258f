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
from kpis.views.feeds import (
    FeedCreate,
    FeedDetail,
    FeedList,
    FeedRemove,
    FeedUpdate,
    FeedWeekAccepted,
    FeedWeekWatched,
)
from kpis.views.import_list import ImportList
from kpis.views.import_weeks import ImportUndone, ImportWeeks
from kpis.views.imports import (
    FeedNames,
    ImportCancelled,
    ImportChecked,
    ImportDetail,
    ImportFile,
    ImportNew,
    ImportReport,
)
from kpis.views.measure import FactList, MeasurePage, TargetEdit
from kpis.views.overview import Overview
from kpis.views.targets import TargetList, TargetRemove

__all__ = [
    "CategoryCreate",
    "CategoryList",
    "CategoryRemove",
    "CategoryUpdate",
    "FactList",
    "FeedCreate",
    "FeedDetail",
    "FeedList",
    "FeedNames",
    "FeedRemove",
    "FeedUpdate",
    "FeedWeekAccepted",
    "FeedWeekWatched",
    "ImportCancelled",
    "ImportChecked",
    "ImportDetail",
    "ImportFile",
    "ImportList",
    "ImportNew",
    "ImportReport",
    "ImportUndone",
    "ImportWeeks",
    "MeasurePage",
    "Overview",
    "ProductCreate",
    "ProductDetail",
    "ProductList",
    "ProductUpdate",
    "TargetEdit",
    "TargetList",
    "TargetRemove",
]
