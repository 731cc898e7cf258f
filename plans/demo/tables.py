"""COPY into the fact tables, which is how the demo stays quick."""

from django.db import connection

CHUNK = 20_000


def copy(table, columns, rows):
    """Stream `rows` (tuples of values without tabs, line breaks or backslashes; None is NULL) into a table."""
    names = ", ".join(columns)
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as target:
        for start in range(0, len(rows), CHUNK):
            target.write("".join(map(_line, rows[start : start + CHUNK])))


def _line(row):
    return "\t".join(["\\N" if value is None else str(value) for value in row]) + "\n"


def make_partitions(months):
    """A partition of the sell-through table for each month; the database function makes them as the owner."""
    with connection.cursor() as cursor:
        for month in months:
            cursor.execute("SELECT kam_make_partition('kpis_sellthrough', %s::date)", [month])


def analyze():
    """Tell the planner what the tables hold now; the database function does it as the owner."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT kam_analyze()")
