"""Statements that the ORM cannot say, or that every page asks, read as dictionaries."""

from django.db import connection


def dicts(sql, params):
    """The rows of one statement, each as {column: value}."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]
