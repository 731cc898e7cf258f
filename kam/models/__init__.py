from kam.models.entry import Entry
from kam.models.night import StepRun
from kam.models.token import ApiToken
from kam.models.tree import Tree
from kam.models.user import User
from kam.models.versioned import Versioned

__all__ = ["ApiToken", "Entry", "StepRun", "Tree", "User", "Versioned"]
