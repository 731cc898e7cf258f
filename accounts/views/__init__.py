from accounts.views.account import (
    AccountCreate,
    AccountDetail,
    AccountExport,
    AccountList,
    AccountUpdate,
    Timeline,
)
from accounts.views.alert import AlertList, AlertMove
from accounts.views.home import Home
from accounts.views.parts import (
    ContactCreate,
    ContactList,
    ContactUpdate,
    StoreCreate,
    StoreList,
    StoreUpdate,
)

__all__ = [
    "AccountCreate",
    "AccountDetail",
    "AccountExport",
    "AccountList",
    "AccountUpdate",
    "AlertList",
    "AlertMove",
    "ContactCreate",
    "ContactList",
    "ContactUpdate",
    "Home",
    "StoreCreate",
    "StoreList",
    "StoreUpdate",
    "Timeline",
]
