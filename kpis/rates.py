"""What one unit of a document's currency is in its account's: at the rates that held at the end of the document's week.

A document keeps its rate, so that what was added to a backlog is what is taken from it later.
"""

from decimal import Decimal

from django.db.models import Case, DateField, DecimalField, ExpressionWrapper, F, Func, OuterRef, Subquery, Value, When

from kpis.models import ExchangeRate
from kpis.rollups import RATE
from kpis.sql import WEEK

RATIO = DecimalField(max_digits=38, decimal_places=18)
ONE = Value(Decimal(1), output_field=RATIO)


def rate_of(row: str, day: str) -> str:
    """The same as SQL, of `row`, whose account is `a`, by its day; nothing where a rate is not known."""
    week = WEEK.format(f"{row}.{day}")
    own, theirs = (RATE.format(currency=currency, week=week) for currency in ("a.currency", f"{row}.currency"))
    return f"CASE WHEN {row}.currency = a.currency THEN 1 ELSE ({own}) / ({theirs}) END"


class _Sunday(Func):
    template = "(%(expressions)s + 7 - extract(isodow FROM %(expressions)s)::int)"
    output_field = DateField()


def in_own(day: str) -> Case:
    """The same as an expression over rows of facts with `account` and `currency`."""
    other = ExpressionWrapper(_per_euro("account__currency", day) / _per_euro("currency", day), output_field=RATIO)
    return Case(When(currency=F("account__currency"), then=ONE), default=other, output_field=RATIO)


def _per_euro(currency, day):
    """What a euro costs in a currency; a euro is one euro."""
    known = ExchangeRate.objects.filter(currency=OuterRef(currency), day__lte=_Sunday(OuterRef(day))).order_by("-day")
    return Case(
        When(**{currency: "EUR"}, then=ONE),
        default=Subquery(known.values("per_euro")[:1], output_field=RATIO),
        output_field=RATIO,
    )
