"""How a value is taken from a segment: plain text, numbers with a point, dates as ISO writes them, prices of one unit.

What cannot be understood stays as it stands in the file, so that the check complains of it by name. No Django here.
"""

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal

from kpis.imports.layouts import Row, Value
from kpis.imports.segments import Segment

Take = Callable[[Segment], str]
EXACT, CENT, TENTH_PLACE = Context(prec=120), Decimal("0.01"), Decimal("1e-10")
NUMBER = re.compile(r"[+-]?(\d{1,30}(\.\d{0,20})?|\.\d{1,20})")
DIGITS = re.compile(r"\d{6}(?:\d\d)?")
# Numbers of the elements by which EDIFACT people call them.
NAMED = {
    "BGM 1.1": "1001", "BGM 2.1": "1004", "CUX 1.2": "6345", "DTM 1.2": "2380", "IMD 3.4": "7008", "LIN 1.1": "1082",
    "LIN 2.1": "1229", "LIN 3.1": "7140", "LOC 2.1": "3225", "MOA 1.2": "5004", "NAD 2.1": "3039", "PIA 2.1": "7140",
    "PRI 1.2": "5118", "QTY 1.1": "6063", "QTY 1.2": "6060", "QTY 1.3": "6411", "RFF 1.2": "1154", "RFF 1.3": "1156",
}  # fmt: skip


def edifact(column: str, where: str, take: Callable[[str, Segment], str] | None = None) -> Value:
    """A column from EDIFACT, written as `QTY+47|12 1.2`: tag, codes that its first component may have, and place."""
    head, place = where.split(" ")
    tag, _plus, codes = head.partition("+")
    among = frozenset(codes.split("|")) if codes else None
    element, component = map(int, place.split("."))

    def text(segment):
        if among is not None and segment.get(1) not in among:
            return ""
        found = segment.get(element, component)
        return take(found, segment) if take and found else found

    return Value(column, tag, text, f"{tag} {NAMED[f'{tag} {place}']}")


def x12(column: str, where: str, take: Callable[[str, Segment], str] | None = None) -> Value:
    """A column from X12, written as `N104` or, where the first element must have a code, `N104 BY|ST`."""
    place, _space, codes = where.partition(" ")
    tag, element = place[:-2], int(place[-2:])
    among = frozenset(codes.split("|")) if codes else None

    def text(segment):
        if among is not None and segment.get(1) not in among:
            return ""
        found = segment.get(element)
        return take(found, segment) if take and found else found

    return Value(column, tag, text, place)


def number(text: str, segment: Segment) -> str:
    """A number with a decimal point, whatever mark the UNA segment sets."""
    return text if segment.marks.decimal == "." else text.replace(segment.marks.decimal, ".")


def price(text: str, segment: Segment) -> str:
    """The price of one unit: of EDIFACT, where PRI may say of how many units it is the price."""
    basis = number(segment.get(1, 5), segment)
    return per(number(text, segment), basis) if basis else number(text, segment)


def per(text: str, basis: str) -> str:
    """A price of so many units as the price of one."""
    if not (NUMBER.fullmatch(text) and NUMBER.fullmatch(basis)) or not Decimal(basis):
        return text
    exact = EXACT.divide(Decimal(text), Decimal(basis)).quantize(TENTH_PLACE, ROUND_HALF_UP, EXACT)
    return plain(exact.normalize(EXACT))


def product(first: str, second: str) -> str:
    """The product of two numbers to the cent; empty where one is none."""
    if not (NUMBER.fullmatch(first) and NUMBER.fullmatch(second)):
        return ""
    return plain(EXACT.multiply(Decimal(first), Decimal(second)).quantize(CENT, ROUND_HALF_UP, EXACT))


def total(first: str, second: str) -> str:
    """The sum of two numbers, or the one that is there; empty where one is no number."""
    there = [text for text in (first, second) if text]
    if not all(NUMBER.fullmatch(text) for text in there):
        return ""
    return plain(EXACT.add(Decimal(first or 0), Decimal(second or 0))) if there else ""


def plain(value: Decimal) -> str:
    """A number without exponent."""
    return format(value, "f")


def negative(text: str) -> str:
    """A number below zero; what is below already stays."""
    return text if text.startswith("-") or not NUMBER.fullmatch(text) or not Decimal(text) else f"-{text.lstrip('+')}"


def day(text: str, _segment: Segment | None = None) -> str:
    """A day as ISO writes it, of CCYYMMDD or YYMMDD and any time behind it."""
    found = DIGITS.match(text)
    return _iso(found[0]) or text if found and (len(text) in (6, 8, 10, 12, 14) or not text.isdecimal()) else text


def _iso(digits):
    years = 4 if len(digits) == 8 else 2
    year = int(digits[:years]) if years == 4 else _century(int(digits[:2]))
    try:
        return date(year, int(digits[years : years + 2]), int(digits[years + 2 : years + 4])).isoformat()
    except ValueError:
        return ""


def _century(year):
    return year + (1900 if year >= 70 else 2000)


def period_start(text: str, segment: Segment) -> str:
    """The first day of a period."""
    return _period(text, segment)[0]


def period_end(text: str, segment: Segment) -> str:
    """The last day of a period."""
    return _period(text, segment)[1]


def _period(text, segment):
    """(first day, last day) of a week (616), a month (610), two days side by side (718), or one day."""
    bare = text.replace("-", "")
    form = segment.get(1, 3)
    if form in ("718", "711") and len(bare) == 16 and bare.isdecimal():
        return day(bare[:8]), day(bare[8:])
    if form == "616" and len(bare) == 6 and bare.isdecimal():
        return _week(bare) or (text, text)
    return day(text), day(text)


def _week(digits):
    try:
        days = [date.fromisocalendar(int(digits[:4]), int(digits[4:]), day).isoformat() for day in (1, 7)]
    except ValueError:
        return None
    return days[0], days[1]


def week(row: Row, start: str = "period_start", end: str = "period_end") -> None:
    """Add the Monday of the week in which most of the row's seven days lie.

    Another period stays as it is written, which is no date: a day or a month must not pass for a week.
    """
    first, last = row.get(start, ""), row.get(end, "")
    if not first and not last:
        return
    row["week"] = f"{first}/{last}"
    try:
        begins, ends = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        return
    if ends - begins == timedelta(days=6):
        middle = begins + timedelta(days=3)
        row["week"] = (middle - timedelta(days=middle.weekday())).isoformat()
