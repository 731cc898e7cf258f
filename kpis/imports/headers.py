"""Weeks and days as people write them above a column: `2026-W05`, `KW 5/2026`, `05.01.2026`, `2026年第5周`."""

import re
from datetime import date

from kpis.calc import monday

WORD = r"(?:kalenderwoche|calendar week|week|woche|kw|cw|wk|w)\.?"
YEAR = r"(?P<year>(?:19|20)\d\d)"
NUMBER = r"(?P<week>\d{1,2})"
WEEKS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"{YEAR}[\s\-/_.]*{WORD}[\s\-_]*{NUMBER}",
        rf"{WORD}[\s\-_]*{NUMBER}[\s\-/_.,]+{YEAR}",
        rf"{NUMBER}\.?[\s\-/_]*{WORD}[\s\-/_.]*{YEAR}",
        rf"{YEAR}\s*年?\s*第?\s*{NUMBER}\s*[周週]",
        rf"第?\s*{NUMBER}\s*[周週][\s\-/_,，]*{YEAR}\s*年?",
    )
)
WEEKS_WITHOUT_YEAR = tuple(
    re.compile(form, re.IGNORECASE) for form in (rf"{WORD}[\s\-_]*{NUMBER}", rf"第?\s*{NUMBER}\s*[周週]")
)
DAYS = tuple(
    re.compile(form)
    for form in (
        r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?:[ T][\d:.]+)?",
        r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})",
        r"(?P<year>\d{4})年(?P<month>\d{1,2})月(?P<day>\d{1,2})日",
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})",
    )
)
FIRST_YEAR, LAST_YEAR = 1970, 2100
SOME_YEAR = 2020  # with 53 weeks


def week_in(text: str, year: int | None = None) -> date | None:
    """The Monday of the ISO week that a header names, or in which its day lies; None for any other header.

    `year` is that of headers that name only a week, such as `KW 5`; without it they name none.
    """
    found = _match(WEEKS, text)
    if found is None and year and (short := _match(WEEKS_WITHOUT_YEAR, text)):
        return _monday(year, int(short["week"]))
    if found is not None:
        return _monday(int(found["year"]), int(found["week"]))
    day = day_in(text)
    return monday(day) if day else None


def is_week(text: str) -> bool:
    """Whether a header names a week, be it without its year."""
    return week_in(text, SOME_YEAR) is not None


def day_in(text: str) -> date | None:
    """The day that a header names; None for any other header, also where it is unclear what is day and month."""
    found = _match(DAYS, text)
    try:
        day = date(*(int(found[part]) for part in ("year", "month", "day"))) if found else None
    except ValueError:
        return None
    return day if day and FIRST_YEAR <= day.year <= LAST_YEAR else None


def _match(forms, text):
    return next((found for form in forms if (found := form.fullmatch(text.strip()))), None)


def _monday(year, week):
    try:
        return date.fromisocalendar(year, week, 1)
    except ValueError:
        return None
