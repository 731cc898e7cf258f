from plans.models.plan import Goal, Initiative, Plan, PlanMeasure
from plans.models.signature import Signature

__all__ = ["Goal", "Initiative", "Plan", "PlanMeasure", "Signature"]
