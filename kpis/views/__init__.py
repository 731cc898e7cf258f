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
from kpis.views.deliveries import Deliveries, OrderLineDetail, OrderLineList
from kpis.views.explorer import Explorer
from kpis.views.facts import FactList
from kpis.views.feeds import (
    FeedCreate,
    FeedDetail,
    FeedList,
    FeedRemove,
    FeedUpdate,
    FeedWeekAccepted,
    FeedWeekWatched,
)
from kpis.views.import_acts import ImportCancelled, ImportChecked, ImportCorrected, ImportLook, ImportUndone
from kpis.views.import_columns import FeedColumns, FeedColumnsForgotten, ImportColumns
from kpis.views.import_list import ImportList
from kpis.views.import_weeks import ImportWeeks
from kpis.views.imports import FeedNames, ImportDetail, ImportFile, ImportNew, ImportReport
from kpis.views.letters import (
    LetterCreate,
    LetterDetail,
    LetterEdit,
    LetterFile,
    LetterList,
    LetterMove,
    LetterRemove,
)
from kpis.views.measure import MeasurePage
from kpis.views.overview import Overview
from kpis.views.quality import AccountQuality, QualityList
from kpis.views.replenishment import ReplenishmentList
from kpis.views.replenishment_stores import ReplenishmentDetail
from kpis.views.stockouts import CauseEdit, StockOutDetail, StockOutList, StockOutMove
from kpis.views.supply_cost import SupplyCostList
from kpis.views.targets import TargetEdit, TargetList, TargetRemove

__all__ = [
    "AccountQuality",
    "CategoryCreate",
    "CategoryList",
    "CategoryRemove",
    "CategoryUpdate",
    "Deliveries",
    "Explorer",
    "CauseEdit",
    "FactList",
    "FeedColumns",
    "FeedColumnsForgotten",
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
    "ImportColumns",
    "ImportCorrected",
    "ImportDetail",
    "ImportFile",
    "ImportList",
    "ImportLook",
    "ImportNew",
    "ImportReport",
    "ImportUndone",
    "ImportWeeks",
    "LetterCreate",
    "LetterDetail",
    "LetterEdit",
    "LetterFile",
    "LetterList",
    "LetterMove",
    "LetterRemove",
    "MeasurePage",
    "OrderLineDetail",
    "OrderLineList",
    "Overview",
    "ProductCreate",
    "ProductDetail",
    "ProductList",
    "ProductUpdate",
    "QualityList",
    "ReplenishmentDetail",
    "ReplenishmentList",
    "StockOutDetail",
    "StockOutList",
    "StockOutMove",
    "SupplyCostList",
    "TargetEdit",
    "TargetList",
    "TargetRemove",
]
