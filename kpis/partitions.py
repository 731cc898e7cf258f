"""Months of the partitioned tables, made before the first row of them comes."""

from datetime import date

from django.db import connection

from kpis.imports.tables import TABLES

PARTITIONED = tuple(table.name for table in TABLES.values() if table.partitioned)
MONTHS_AHEAD = 3


def months(day: date, ahead: int = MONTHS_AHEAD) -> list[date]:
    """The first of the month of a day, and of so many months after it."""
    first = day.year * 12 + day.month - 1
    return [date(number // 12, number % 12 + 1, 1) for number in range(first, first + ahead + 1)]


def there(table: str) -> list[date]:
    """The months, by their first days, that a partitioned table has, the oldest first."""
    sql = """
        SELECT to_date(right(c.relname, 6), 'YYYYMM') FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = %s::regclass ORDER BY 1
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [table])
        return [month for (month,) in cursor.fetchall()]


def make_ahead(day: date) -> int:
    """Make the months from a day on that are not there; returns how many these were."""
    before = _count()
    with connection.cursor() as cursor:
        for table in PARTITIONED:
            for month in months(day):
                cursor.execute("SELECT kam_make_partition(%s, %s)", [table, month])
    return _count() - before


def _count():
    sql = "SELECT count(*) FROM pg_inherits WHERE inhparent = ANY(%s::regclass[])"
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(PARTITIONED)])
        return cursor.fetchone()[0]
