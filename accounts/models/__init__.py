from accounts.models.account import Account, Contact, Membership, Store
from accounts.models.alert import Alert
from accounts.models.notification import Notification
from accounts.models.scope import ByAccount, ByAccountQuerySet
from accounts.models.team import Team, TeamMembership

__all__ = [
    "Account",
    "Alert",
    "ByAccount",
    "ByAccountQuerySet",
    "Contact",
    "Membership",
    "Notification",
    "Store",
    "Team",
    "TeamMembership",
]
