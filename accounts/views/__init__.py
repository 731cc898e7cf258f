from accounts.views.account import (
    AccountCreate,
    AccountDetail,
    AccountUpdate,
    AccountWhole,
    Timeline,
)
from accounts.views.account_list import AccountList
from accounts.views.alert import AlertList, AlertMove
from accounts.views.home import Home
from accounts.views.names import AccountNames
from accounts.views.parts import (
    ContactCreate,
    ContactList,
    ContactRemove,
    ContactUpdate,
    StoreCreate,
    StoreList,
    StoreUpdate,
)

__all__ = [
    "AccountCreate",
    "AccountDetail",
    "AccountList",
    "AccountNames",
    "AccountUpdate",
    "AccountWhole",
    "AlertList",
    "AlertMove",
    "ContactCreate",
    "ContactList",
    "ContactRemove",
    "ContactUpdate",
    "Home",
    "StoreCreate",
    "StoreList",
    "StoreUpdate",
    "Timeline",
]
