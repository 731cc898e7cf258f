from datetime import date

from django.urls import register_converter


class DateConverter:
    """A day in a URL, as 2026-11-23; anything else does not match."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value):
        return date.fromisoformat(value)

    def to_url(self, value):
        return value.isoformat()


register_converter(DateConverter, "date")
