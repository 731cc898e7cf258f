from kam.models.deputy import Deputy
from kam.models.entry import Entry
from kam.models.labelled import Labelled
from kam.models.mail import Mail
from kam.models.night import StepRun
from kam.models.reader import Reader
from kam.models.removal import Removal
from kam.models.request import IdempotentRequest
from kam.models.token import ApiToken
from kam.models.tree import Tree
from kam.models.user import User
from kam.models.versioned import Versioned
from kam.models.view import SavedView
from kam.models.webhook import Delivery, Webhook

__all__ = [
    "ApiToken",
    "Delivery",
    "Deputy",
    "Entry",
    "IdempotentRequest",
    "Labelled",
    "Mail",
    "Reader",
    "Removal",
    "SavedView",
    "StepRun",
    "Tree",
    "User",
    "Versioned",
    "Webhook",
]
