"""Weeks and days as people write them above a column: `2026-W05`, `KW 5/2026`, `05.01.2026`, `2026年第5周`.

Beside them may stand what is below: `2026-W05 units`, `Bestand KW 5/2026`, `2026年第5周进`.
"""

import re
from datetime import date
from functools import cache, reduce

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
LONGEST = 200
# What may stand between a date and a word; Chinese words may follow at once.
GAP = r"[\s\-–_/:|·,;.()\[\]]"
AFTER = rf"(?:%s)(?:{GAP}++|(?=[^\x00-\x7f]))(?P<rest>\D.*)"
BEFORE = rf"(?P<rest>.*?)(?:(?<!{GAP}){GAP}+|(?<=[^\x00-\x7f]))(?:%s)[\s)\].]*"


def week_in(text: str, year: int | None = None) -> date | None:
    """The Monday of the ISO week that a header names, or in which its day lies; None for any other header.

    `year` is that of headers that name only a week, such as `KW 5`; without it they name none.
    """
    return _week(text, year, ("%s",))[0]


def week_beside(text: str, year: int | None = None) -> tuple[date | None, str]:
    """The same of a header that may say more, and what else it says: nothing where it says no more."""
    return _week(text, year, ("%s", AFTER, BEFORE))


def day_in(text: str) -> date | None:
    """The day that a header names; None for any other header, also where it is unclear what is day and month."""
    return _day(text, ("%s",))[0]


def day_beside(text: str) -> tuple[date | None, str]:
    """The same of a header that may say more, and what else it says."""
    return _day(text, ("%s", AFTER, BEFORE))


def is_week(text: str) -> bool:
    """Whether a header names a week, be it without its year."""
    return week_in(text, SOME_YEAR) is not None


def undated(text: str) -> str:
    """What a header says but for its week, by which a column is known again; nothing where it says no more."""
    week, rest = week_beside(text, SOME_YEAR)
    return bare(rest) if week else text.casefold()


def bare(text: str) -> str:
    """A word that stands beside a date, without what may stand around it and without case."""
    return " ".join(_trimmed(text).casefold().split())


def _trimmed(text):
    return re.sub(rf"^{GAP}+|{GAP}+$", "", text)


def named(cell: str) -> str:
    """The name that stands in a cell of a header."""
    return cell.strip().removeprefix("\ufeff")


def folded(header: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    """The names of columns by the lines of their header, the upper ones first."""
    return reduce(_together, header)


def _together(upper: tuple[str, ...], lower: tuple[str, ...]) -> tuple[str, ...]:
    """The names of columns whose header has two lines.

    A week with what is below it, in either order, is one name; what stands above holds until the next cell that is
    filled. Else the lower line counts, and the upper one where the lower is empty.
    """
    names, held = [], ""
    for at, own in enumerate(lower):
        above = upper[at] if at < len(upper) else ""
        held = above or held
        both = own and held and is_week(own) != is_week(held)
        names.append(f"{held} {own}" if both else own or above)
    return tuple(names)


def _week(text, year, ways):
    for way in ways:
        if found := _match(WEEKS, way, text):
            return _monday(int(found["year"]), int(found["week"])), _rest(found)
        if year and (found := _match(WEEKS_WITHOUT_YEAR, way, text)):
            return _monday(year, int(found["week"])), _rest(found)
        day, rest = _day(text, (way,))
        if day:
            return monday(day), rest
    return None, ""


def _day(text, ways):
    for way in ways:
        found = _match(DAYS, way, text)
        try:
            day = date(*(int(found[part]) for part in ("year", "month", "day"))) if found else None
        except ValueError:
            day = None
        if day and FIRST_YEAR <= day.year <= LAST_YEAR:
            return day, _rest(found)
    return None, ""


def _match(forms, way, text):
    text = text.strip()
    if len(text) > LONGEST:
        return None
    return next((found for form in forms if (found := _form(form.pattern, way).fullmatch(text))), None)


@cache
def _form(pattern, way):
    return re.compile(way.replace("%s", pattern), re.IGNORECASE | re.DOTALL)


def _rest(found):
    return _trimmed(found.groupdict().get("rest") or "")


def _monday(year, week):
    try:
        return date.fromisocalendar(year, week, 1)
    except ValueError:
        return None
