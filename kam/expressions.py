"""Parts of queries that the ORM would say in more words: they are made anew for every page."""

from django.db.models import IntegerField, Subquery


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
