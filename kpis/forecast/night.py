"""The forecast of the night: baselines where something is new, versions frozen by lag, accuracy, notice of changes."""

from django.db import connection

from kpis import calc
from kpis.forecast import freezing, notices, store
from kpis.sql import SHARD

# A night for a past date leaves alone what a later one has forecast.
STALE = f"""
    SELECT a.id FROM accounts_account a
    WHERE {SHARD}
        AND EXISTS (SELECT 1 FROM kpis_accountweek w WHERE w.account_id = a.id AND w.units IS NOT NULL)
        AND NOT EXISTS (SELECT 1 FROM kpis_forecastseries s WHERE s.account_id = a.id AND s.made_on > %(date)s)
        AND (NOT EXISTS (SELECT 1 FROM kpis_forecastseries s WHERE s.account_id = a.id AND s.made_on >= %(sunday)s)
            OR EXISTS (SELECT 1 FROM kpis_touched t WHERE t.account_id = a.id AND t.night = %(date)s))
    ORDER BY a.id
"""


def forecast(night) -> int:
    """Baselines of accounts with news, or whose last one is older than the last complete week; then what follows."""
    last = calc.last_complete_week(night.date)
    with connection.cursor() as cursor:
        cursor.execute(STALE, night.params | {"sunday": calc.sunday(last)})
        stale = [account for (account,) in cursor.fetchall()]
    rows = store.refresh(stale, last, night.date)
    rows += freezing.freeze(night, last)
    rows += freezing.score(night, last)
    rows += notices.tell_of_night(night, last)
    return rows
