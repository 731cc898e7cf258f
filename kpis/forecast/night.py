"""The forecast of the night: baselines where something is new, versions frozen by lag, accuracy, notice of changes."""

from django.db import connection

from kpis.calc import last_complete_week
from kpis.forecast import freezing, notices, store

# A night for a past date leaves alone what a later one has forecast.
STALE = """
    SELECT a.id FROM accounts_account a
    WHERE mod(a.id, %(shards)s) = %(shard)s
        AND EXISTS (SELECT 1 FROM kpis_accountweek w WHERE w.account_id = a.id AND w.units IS NOT NULL)
        AND NOT EXISTS (SELECT 1 FROM kpis_forecastseries s WHERE s.account_id = a.id AND s.made_on > %(date)s)
        AND (NOT EXISTS (SELECT 1 FROM kpis_forecastseries s WHERE s.account_id = a.id AND s.made_on >= %(sunday)s)
            OR EXISTS (SELECT 1 FROM kpis_touched t WHERE t.account_id = a.id AND t.night = %(date)s))
    ORDER BY a.id
"""


def forecast(night) -> int:
    """Baselines of accounts with news, or whose last one is older than the last complete week; then what follows."""
    last = last_complete_week(night.date)
    with connection.cursor() as cursor:
        sunday = last.fromordinal(last.toordinal() + 6)
        cursor.execute(STALE, {"date": night.date, "sunday": sunday, "shard": night.shard, "shards": night.shards})
        stale = [account for (account,) in cursor.fetchall()]
    rows = store.refresh(stale, last, night.date)
    rows += freezing.freeze(night, last)
    rows += freezing.score(night, last)
    rows += notices.tell_of_night(night, last)
    return rows
