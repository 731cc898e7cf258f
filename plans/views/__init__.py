from plans.views.pages import Moves, PlanCreate, PlanDetail, PlanEdit, PlanList, Revise
from plans.views.parts import (
    GoalCreate,
    GoalEdit,
    InitiativeCreate,
    InitiativeEdit,
    MeasureCreate,
    MeasureEdit,
    Remove,
)
from plans.views.signing import Signed, SignOff

__all__ = [
    "GoalCreate",
    "GoalEdit",
    "InitiativeCreate",
    "InitiativeEdit",
    "MeasureCreate",
    "MeasureEdit",
    "Moves",
    "PlanCreate",
    "PlanDetail",
    "PlanEdit",
    "PlanList",
    "Remove",
    "Revise",
    "SignOff",
    "Signed",
]
