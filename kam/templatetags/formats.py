"""Numbers, money, dates and weeks as the reader's language writes them. Pure functions: text in, no markup.

An empty value is an en dash, a minus is a true minus, a thin line of convention per language is in `STYLES`.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.translation import get_language, pgettext

from kam.rounding import rounded

MOST_COUNTED = 10_000
DASH = "–"
MINUS = "−"
NBSP = "\u00a0"
SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "CNY": "¥", "JPY": "¥"}
CHINESE_UNITS = {"EUR": "欧元", "USD": "美元", "GBP": "英镑", "CNY": "元", "JPY": "日元"}


@dataclass(frozen=True)
class Style:
    """How one language writes: decimal and grouping mark, the unit of a short amount, dates by `dateformat`."""

    marks: str
    unit: int
    unit_decimals: int
    day: str
    short: str
    year: str
    long: str
    week: str
    week_year: str


STYLES = {
    "en": Style(
        marks=".,", unit=1000, unit_decimals=0, day="D j M", short="j M", year=" Y", long="l j F",
        week="W{week}", week_year="W{week}/{year}",
    ),
    "de": Style(
        marks=",.", unit=1000, unit_decimals=0, day="D j.n.", short="j.n.", year="Y", long="l, j. F",
        week=f"KW{NBSP}{{week}}", week_year=f"KW{NBSP}{{week}}/{{year}}",
    ),
    "zh": Style(
        marks=".,", unit=10_000, unit_decimals=1, day="n月j日", short="n月j日", year="Y年", long="n月j日",
        week="第{week}周", week_year="{year}年第{week}周",
    ),
}  # fmt: skip


def style():
    """The conventions of the active language; English for any we do not know."""
    return STYLES.get((get_language() or "en")[:2], STYLES["en"])


def as_decimal(value):
    """`value` as a finite Decimal, None for everything that is not a number."""
    if value is None or value == "" or isinstance(value, bool):
        return None
    try:
        found = value if isinstance(value, Decimal) else Decimal(str(value))
    except (InvalidOperation, ValueError):
        return None
    return found if found.is_finite() else None


def number(value, decimals=0, *, sign=False):
    """`18420.456` → `18,420`; half up; with `sign` a plus before what is above zero."""
    found = as_decimal(value)
    return DASH if found is None else _figure(found, int(decimals), style(), sign=sign)


def _figure(value, decimals, by, *, sign=False):
    """A Decimal `by` the conventions of a language, which whoever writes a thousand figures asks for once each."""
    shown = rounded(value, decimals)
    whole, _, fraction = f"{abs(shown):,f}".partition(".")
    decimal, grouping = by.marks
    text = whole.replace(",", grouping) + (decimal + fraction if fraction else "")
    if shown == 0:
        return text
    return (MINUS if shown < 0 else "+" if sign else "") + text


def tally(count):
    """A count of rows as lists make it: `1,234`, and `10,000+` where counting stopped."""
    return number(count) if count <= MOST_COUNTED else f"{number(MOST_COUNTED)}+"


def percent_of(numerator, denominator):
    """The rate in percent, None when there is nothing to divide by."""
    over, under = as_decimal(numerator), as_decimal(denominator)
    return None if over is None or not under else 100 * over / under


def listed(parts):
    """The parts of a list in one line: `a, b`, `a、b`."""
    return pgettext("list", ", ").join(map(str, parts))


def headed(label, unit):
    """A column or field with its unit: `Overdue, € k`, `逾期（万欧元）`."""
    return pgettext("header", "%(label)s, %(unit)s") % {"label": label, "unit": unit} if unit else label


def sentences(parts):
    """Whole sentences one after the other; Chinese puts no space between them."""
    return ("" if _chinese() else " ").join(map(str, parts))


def symbol(currency):
    """€ for EUR; the code itself where there is no sign we use."""
    return SYMBOLS.get(currency, currency or "")


def money(value, currency):
    """A full amount with its cents: `€ 18,420.50`, `18.420,50 €`, `18,420.50 欧元`."""
    text = number(value, 2)
    if text == DASH or not currency:
        return text
    return _beside(text, currency, symbol(currency))


def amount(value, currency):
    """An amount with its cents only where it has some: `€ 8,000`, `€ 18,420.50`."""
    found = as_decimal(value)
    if found is None or not currency or found != found.to_integral_value():
        return money(value, currency)
    return _beside(number(found), currency, symbol(currency))


def thousands(value, decimals=None):
    """An amount for a column whose header says the unit: thousands in en and de, 万 in zh."""
    found = as_decimal(value)
    return DASH if found is None else _in_units(found, decimals, style())


def _in_units(value, decimals, by):
    return _figure(value / by.unit, by.unit_decimals if decimals is None else int(decimals), by)


def money_unit(currency):
    """The header's unit for `thousands`: `€ k`, `T €`, `万欧元`."""
    if _chinese():
        return "万" + CHINESE_UNITS.get(currency, currency or "")
    return f"T{NBSP}{symbol(currency)}" if style() is STYLES["de"] else f"{symbol(currency)}{NBSP}k"


def money_short(value, currency):
    """A rounded amount inside a sentence: `€ 412 k`, `412 T €`, `41.2 万欧元`; below 10 units one decimal more."""
    found = as_decimal(value)
    if found is None:
        return DASH
    by = style()
    small = abs(found) < 10 * by.unit and found != 0
    text = _in_units(found, by.unit_decimals + (1 if small else 0), by)
    if by is STYLES["en"]:
        return f"{symbol(currency)}{NBSP}{text}{NBSP}k"
    return f"{text}{NBSP}{money_unit(currency)}"


def _beside(text, currency, sign):
    by = style()
    if by is STYLES["zh"]:
        return f"{text}{NBSP}{CHINESE_UNITS.get(currency, currency)}"
    return f"{text}{NBSP}{sign}" if by is STYLES["de"] else f"{sign}{NBSP}{text}"


def _chinese():
    return style() is STYLES["zh"]


def _local(value):
    """A date or datetime in the reader's zone."""
    if isinstance(value, datetime) and timezone.is_aware(value):
        return timezone.localtime(value)
    return value


def _calendar_day(value):
    found = _local(value)
    return found.date() if isinstance(found, datetime) else found


def _dated(value, pattern, today=None):
    """By `pattern`, and with the year when it is not this one: before the rest in Chinese, after it elsewhere."""
    if value.year != (today or timezone.localdate()).year:
        pattern = style().year + pattern if _chinese() else pattern + style().year
    return _written(value, pattern, get_language())


@lru_cache(maxsize=4096)
def _written(value, pattern, language):
    """A day by a pattern, in the active `language`: a page writes the same few days over and over."""
    return date_format(value, pattern)


def day(value):
    """With the weekday: `Thu 26 Nov`, `Do 26.11.`, `11月26日 周四`; the year when it is not this one."""
    if not isinstance(value, date):
        return DASH
    found = _calendar_day(value)
    text = _dated(found, style().day)
    return f"{text} 周{'一二三四五六日'[found.weekday()]}" if _chinese() else text


def day_short(value):
    """Without the weekday: `26 Nov`, `26.11.`, `11月26日`; the year when it is not this one."""
    if not isinstance(value, date):
        return DASH
    return _dated(_calendar_day(value), style().short)


def day_long(value):
    """For a heading: `Tuesday 24 November`, `Dienstag, 24. November`, `11月24日 星期二`."""
    if not isinstance(value, date):
        return DASH
    found = _calendar_day(value)
    text = date_format(found, style().long)
    return f"{text} 星期{'一二三四五六日'[found.weekday()]}" if _chinese() else text


def clock(value):
    """Hours and minutes in the reader's zone, 24 h: `03:41`."""
    found = _local(value)
    return found.strftime("%H:%M") if isinstance(found, datetime) else DASH


def moment(value):
    """When something happened: `03:41` today, `Mon 16:10` within a week, else `24 Oct 03:41`."""
    if not isinstance(value, datetime):
        return day_short(value)
    found = _local(value)
    on, at, today = found.date(), found.strftime("%H:%M"), timezone.localdate()
    ago = (today - on).days
    if ago == 0:
        return at
    if not 0 < ago < 7:
        return f"{_dated(on, style().short, today)} {at}"
    name = f"周{'一二三四五六日'[on.weekday()]}" if _chinese() else _written(on, "D", get_language())
    return f"{name} {at}"


def week(value, *, with_year=None):
    """The ISO week of a date: `W47`, `KW 47`, `第47周`; the year when it is not this one, unless told."""
    if not isinstance(value, date):
        return DASH
    year, number_, _ = _calendar_day(value).isocalendar()
    show_year = year != timezone.localdate().isocalendar().year if with_year is None else with_year
    return (style().week_year if show_year else style().week).format(week=number_, year=year)


def weeks(first, last, *, with_year=None):
    """A run of weeks, `W43 – W46`, or the one week."""
    begin, end = (week(value, with_year=with_year) for value in (first, last))
    return begin if first == last else f"{begin} – {end}"
