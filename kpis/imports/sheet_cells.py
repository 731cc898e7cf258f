"""One cell of a workbook as text: words as they are, numbers and dates as the mapping writes them. No Django here."""

from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache

CELL, BREAK = "\x1f", "\x1e"
# Forms that strftime knows and strptime does not, in words that it does.
SPELLED = {"%F": "%Y-%m-%d", "%D": "%m/%d/%y", "%T": "%H:%M:%S", "%R": "%H:%M", "%e": "%d", "%-": "%"}
OLDEST = 1970


def text_of(value, decimal: str, dates: tuple[str, ...]) -> str:
    """A cell as the mapping would write it, by its decimal mark and its forms of dates."""
    kind = type(value)
    if kind is str:
        return value if value.isprintable() else clean(value)
    if kind is float:
        return _number(value).replace(".", decimal)
    if kind is int:
        return str(value)
    if kind is bool:
        return "TRUE" if value else "FALSE"
    return _moment(value, dates)


def clean(text: str) -> str:
    """A text without the characters that stand between cells and rows."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", BREAK)
    return text.replace(CELL, " ").replace("\0", " ")


def _number(value):
    """The fifteen digits that a spreadsheet shows, without exponent."""
    if value.is_integer() and abs(value) < 10**15:
        return str(int(value))
    text = format(value, ".15g")
    return format(Decimal(text), "f") if "e" in text else text


@lru_cache(maxsize=10_000)
def _moment(value, dates):
    """A date in the first form that says it whole, else as ISO has it; never in a form that would lose the day."""
    if isinstance(value, datetime | date):
        day = value.date() if isinstance(value, datetime) else value
        return next((text for form in dates if (text := _dated(value, day, form))), value.isoformat())
    return value.isoformat() if isinstance(value, time) else str(value)


def _dated(value, day, form):
    """The date in a form, empty where it could not be read back."""
    text = value.strftime(form)
    again, spelled = text, form
    for short, long in SPELLED.items():
        spelled = spelled.replace(short, long)
    if "%V" in spelled and not any(word in spelled for word in ("%u", "%a", "%A")):
        again, spelled = f"{text}-1", f"{spelled}-%u"
    try:
        same = datetime.strptime(again, spelled).date() == day  # noqa: DTZ007 (only its date is used)
    except ValueError:
        return ""
    return text if same and day.year >= OLDEST else ""
