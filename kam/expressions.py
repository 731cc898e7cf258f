"""Parts of queries that the ORM would say in more words: they are made anew for every page."""

from django.db.models import BooleanField, F, Func, IntegerField, Q, Subquery, Value
from django.db.models.expressions import BaseExpression


class CountOf(Subquery):
    """How many rows a query has that refers to the one around it: `CountOf(rows)`; 0 where there are none."""

    template = "(SELECT count(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()

    def __init__(self, rows):
        super().__init__(rows.order_by().values("pk"))


class SumOf(Subquery):
    """The sum of a column over the rows of such a query: `SumOf(rows, "at_stake")`; None where nothing is known."""

    template = "(SELECT sum(amount) FROM (%(subquery)s) summed(amount))"

    def __init__(self, rows, column):
        super().__init__(rows.order_by().values(column))


def among(path: str, values, kind: str = "bigint") -> Q:
    """Whether what stands at `path` is one of the values: a list, an array as the database writes it, or a query's.

    They are said as one array however many they are, so that a query is worded alike for all of them. Those of an
    ArraySubquery are found first and then looked up, where `__in` lets the database read everything beside them.
    """
    array = values if isinstance(values, BaseExpression) else Value(values if isinstance(values, str) else list(values))
    template = f"(%(expressions)s::{kind}[]))"
    return Q(Func(F(path), array, arg_joiner=" = ANY(", template=template, output_field=BooleanField()))
