"""What is known to be missing in a view: weeks of accounts whose news is late or not whole, months that are archived.

Both are columns of the query that sums up all rows, so that a page asks no more for them.
"""

import json
from dataclasses import dataclass, field
from datetime import date

from kpis.archive.away import among
from kpis.explorer.asked import BOUGHT, OF_ACCOUNTS, STORE
from kpis.models import MeasureValue, SellThrough

LATE = """(
    SELECT jsonb_object_agg(account_id, weeks)
    FROM (SELECT account_id, array_agg(week) AS weeks FROM ({late}) l GROUP BY account_id) of_account
), {archived}"""


@dataclass(frozen=True)
class News:
    """`late` has the weeks of which news is late or not whole by account, `archived` the months that stores lack."""

    late: dict[int, frozenset[date]] = field(default_factory=dict)
    archived: list[date] = field(default_factory=list)

    @classmethod
    def read(cls, late, archived):
        """From the two columns of `columns_of`."""
        found = json.loads(late or "{}")
        weeks = {int(account): frozenset(map(date.fromisoformat, said)) for account, said in found.items()}
        return cls(weeks, archived or [])

    def of(self, account):
        """The weeks that are late of one account; with None those of any."""
        if account is not None:
            return self.late.get(account, frozenset())
        return frozenset().union(*self.late.values())


def columns_of(asked):
    """The two columns as SQL with parameters; raises EmptyResultSet for who sees nothing."""
    late, params = _late(asked).query.sql_with_params()
    if STORE not in asked.levels_shown:
        return LATE.format(late=late, archived="NULL::date[]"), params
    days = [*asked.mondays, *(week - asked.back for week in asked.mondays)]
    months, named = among(SellThrough._meta.db_table, days).values("month").query.sql_with_params()
    return LATE.format(late=late, archived=f"ARRAY({months})"), (*params, *named)


def _late(asked):
    """What the night marked for want of a feed: that of invoices where sell-in is shown, else that of sell-through."""
    measure = BOUGHT if asked.show in OF_ACCOUNTS else "sell_through_units"
    values = MeasureValue.objects.visible_to(asked.user).filter(measure=measure, late=True)
    values = values.filter(week__range=(asked.first, asked.last))
    if asked.accounts is not None:
        values = values.filter(account__in=asked.accounts)
    return values.order_by().values("account_id", "week")
