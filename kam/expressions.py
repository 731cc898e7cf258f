"""Parts of queries that the ORM would say in more words: they are made anew for every page."""

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, F, Func, IntegerField, Subquery


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


class OneOf(Func):
    """Whether a column is one of the few values of a query: `OneOf("account", rows.values("pk"))`.

    They are found first and then looked up, where `__in` lets the database read everything beside them.
    """

    arg_joiner, template, output_field = " = ANY(", "(%(expressions)s))", BooleanField()

    def __init__(self, column, rows):
        super().__init__(F(column), ArraySubquery(rows))
