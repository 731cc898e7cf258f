"""Which months of a partitioned table are not there."""

from datetime import date

from kpis.models import ArchivedMonth

# Of a week or day `{0}` whose month of sell-through lies in a file.
IS_AWAY = """EXISTS (
    SELECT FROM kpis_archivedmonth m
    WHERE m."table" = 'kpis_sellthrough' AND m.month = date_trunc('month', {0})::date
)"""


def among(table: str, days):
    """The archived months of these days, as rows in order."""
    months = {day.replace(day=1) for day in days}
    return ArchivedMonth.objects.filter(table=table, month__in=sorted(months)).order_by("month")


def away(table: str, days) -> list[date]:
    """The months, by their first days, of these days that are archived."""
    return list(among(table, days).values_list("month", flat=True))


def as_said(months: list[date]) -> str:
    """Months as the command takes them: 2023-04 2023-05."""
    return " ".join(f"{month:%Y-%m}" for month in months)
