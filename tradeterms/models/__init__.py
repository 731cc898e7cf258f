from tradeterms.models.agreement import Agreement, Term
from tradeterms.models.finding import Finding

__all__ = ["Agreement", "Finding", "Term"]
