from plans.views.pages import Moves, PlanCreate, PlanDetail, PlanEdit, Revise
from plans.views.parts import (
    GoalCreate,
    GoalEdit,
    InitiativeCreate,
    InitiativeEdit,
    MeasureCreate,
    MeasureEdit,
    Remove,
)
from plans.views.plan_list import PlanList
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
