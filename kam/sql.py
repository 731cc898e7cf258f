"""Statements that the ORM cannot say, or that every page asks, read as dictionaries; its queries as parts of such."""

from django.core.exceptions import EmptyResultSet
from django.db import connection

# What a night's statement may keep in memory to look something up, whatever the server gives by default.
ROOM = "SELECT set_config('work_mem', '64MB', true), set_config('hash_mem_multiplier', '4', true)"


def make_room() -> None:
    """Give the statements of this transaction ROOM.

    `NOT IN (SELECT …)` is looked up in a hash table only if the planner believes that it fits into memory, and
    otherwise row by row: with the 4 MB of a server that nobody has tuned a night would take hours.
    """
    with connection.cursor() as cursor:
        cursor.execute(ROOM)


def dicts(sql, params):
    """The rows of one statement, each as {column: value}."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]


def sql_of(rows):
    """(SQL, parameters) of a query; None of one that cannot have any rows."""
    try:
        return rows.query.sql_with_params()
    except EmptyResultSet:
        return None


def all_of(parts):
    """Queries as (SQL, parameters) as one for the rows of all; None where every one of them is None."""
    asked = [part for part in parts if part is not None]
    if not asked:
        return None
    return " UNION ALL ".join(f"({text})" for text, _params in asked), [p for _text, params in asked for p in params]
