"""Columns of text to columns of numbers, dates and words, with a fault code for every cell that is none.

Every function takes and returns whole columns. A fault is the code of a sentence in `messages`; None instead of a
column of faults says that there are none.
"""

from datetime import datetime

import polars as pl

from kpis.imports.kinds import Field, Type
from kpis.imports.mapping import Marks

WIDE = pl.Decimal(38, 9)
PLAIN = r"^[+-]?(\d+\.?\d*|\.\d+)$"
SHAPES = {"country": "^[A-Z]{2}$", "currency": "^[A-Z]{3}$"}
FLAGS = {"yes": True, "y": True, "true": True, "1": True, "x": True, "j": True, "ja": True}
FLAGS |= {"no": False, "n": False, "false": False, "0": False, "nein": False, "": False}
ERRORS = ("#N/A", "#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#GETTING_DATA")
FIRST, LAST = pl.date(1970, 1, 1), pl.date(2100, 12, 31)

Faults = pl.Series | None


def words(text: pl.Series, marks: Marks, bare: bool = False) -> pl.Series:
    """Text without white space around it, where it is not `bare` of it; empty text, and words for it, are null."""
    text = text if bare else text.str.strip_chars()
    gone = text.is_in(["", *marks.empty]) if marks.empty else text == ""
    return text.set(gone, None) if gone.any() else text


def read(text: pl.Series, field: Field, marks: Marks, bare: bool = False) -> tuple[pl.Series, Faults]:
    """The values of a field and the faults, both as long as `text`, which `words` has stripped.

    In `bare` text everything can be printed, and nothing is white space.
    """
    values, faults = _values(text, field, marks, bare)
    if text.str.starts_with("#").any():
        faults = merged(where(text.is_in(ERRORS), "cell_error"), faults)
    return values, faults


def _values(text, field, marks, bare):
    if field.type is Type.DECIMAL:
        return decimals(text, field, marks)
    if field.type is Type.INTEGER:
        return integers(text, field, marks)
    if field.type is Type.DATE:
        return dates(text, marks.dates)
    if field.type is Type.WEEK:
        return mondays(text, marks.dates)
    if field.type is Type.FLAG:
        return flags(text)
    return texts(text, field, bare)


def numbers(text: pl.Series, marks: Marks) -> tuple[pl.Series, Faults]:
    """Numbers with nine decimals from text with any decimal and thousands mark, and accounting signs."""
    plain, grouping = _plain(text, marks)
    values = plain.cast(WIDE, strict=False)
    huge = plain.is_not_null() & values.is_null()
    return values, _faults(
        (text.is_not_null() & plain.is_null() & ~grouping, "number"),
        (grouping, "grouping"),
        (huge, "too_large"),
    )


def decimals(text: pl.Series, field: Field, marks: Marks) -> tuple[pl.Series, Faults]:
    """Numbers of the field's digits and places; rounded half away from zero only where the marks say so."""
    values = _usual(text, field, marks)
    if values is not None:
        return values, _faults(*_too_small(values, field))
    plain, grouping = _plain(text, marks)
    long = plain.str.contains(rf"\.\d{{{field.places}}}\d*[1-9]").fill_null(False)
    if marks.rounded and long.any():
        values = fit(plain.cast(WIDE, strict=False), field)
    else:
        values = plain.cast(pl.Decimal(field.digits, field.places), strict=False)
    return values, _faults(
        (text.is_not_null() & plain.is_null() & ~grouping, "number"),
        (grouping, "grouping"),
        (plain.is_not_null() & values.is_null(), "too_large"),
        (long & (not marks.rounded), "too_precise"),
        *_too_small(values, field),
    )


def _usual(text, field, marks):
    """The numbers where every one is written in the usual way, with a point and no more places than the field has."""
    if marks.decimal != "." or marks.strip:
        return None
    values = text.cast(pl.Decimal(field.digits, field.places), strict=False)
    if values.null_count() > text.null_count():
        return None
    places = text.str.len_bytes() - text.str.find(".", literal=True) - 1
    powers = text.str.contains_any(["e", "E"])
    return None if powers.any() or (places > field.places).any() else values


def fit(values: pl.Series, field: Field) -> pl.Series:
    """Wide numbers rounded half away from zero to a field's places; null where they do not fit."""
    rounded = values.round(field.places, mode="half_away_from_zero")
    return rounded.cast(pl.Decimal(field.digits, field.places), strict=False)


def integers(text: pl.Series, field: Field, marks: Marks) -> tuple[pl.Series, Faults]:
    """Whole numbers; `12.0` is one."""
    plain, grouping = _plain(text, marks)
    broken = plain.str.contains(r"\.\d*[1-9]").fill_null(False)
    values = plain.str.replace(r"\..*$", "").cast(pl.Int64, strict=False)
    values = values.set((values.abs() >= 10**field.digits).fill_null(False), None)
    return values, _faults(
        (text.is_not_null() & plain.is_null() & ~grouping, "number"),
        (grouping, "grouping"),
        (broken, "integer"),
        (plain.is_not_null() & values.is_null(), "too_large"),
        *_too_small(values, field),
    )


def dates(text: pl.Series, formats: tuple[str, ...]) -> tuple[pl.Series, Faults]:
    """Dates in the first of the formats that fits; a time of day is dropped, a week (%G-W%V) is its Monday."""
    values = _date(text, formats[0])
    for form in formats[1:]:
        if values.null_count() == text.null_count():
            break
        values = values.zip_with(values.is_not_null(), _date(text, form))
    outside = ~values.is_between(FIRST, LAST).fill_null(True) if len(values) else pl.Series([], dtype=pl.Boolean)
    return values, _faults((text.is_not_null() & values.is_null(), "date"), (outside, "date_range"))


def mondays(text: pl.Series, formats: tuple[str, ...]) -> tuple[pl.Series, Faults]:
    """Dates that must be Mondays."""
    values, faults = dates(text, formats)
    other = (values.dt.weekday() != 1).fill_null(False)
    return values, merged(faults, _faults((other, "not_monday")))


def snapped(text: pl.Series, formats: tuple[str, ...]) -> tuple[pl.Series, Faults]:
    """The Monday of the ISO week of each date."""
    values, faults = dates(text, formats)
    return values.dt.truncate("1w"), faults


def numbered_weeks(text: pl.Series, anchor) -> tuple[pl.Series, Faults]:
    """The Monday of the ISO week of a week number, where week 1 holds the anchor date."""
    fine = text.str.contains(r"^\d{1,4}(\.0*)?$")
    weeks = text.str.replace(r"\..*$", "").cast(pl.Int32, strict=False)
    start = pl.lit(anchor) + pl.duration(days=(pl.col("w") - 1) * 7)
    values = pl.DataFrame({"w": weeks}).select(start.cast(pl.Date).dt.truncate("1w")).to_series()
    return values, _faults((text.is_not_null() & (~fine | (weeks < 1)).fill_null(True), "week_number"))


def flags(text: pl.Series) -> tuple[pl.Series, Faults]:
    """Yes and no in the usual words."""
    values = text.str.to_lowercase().replace_strict(FLAGS, default=None, return_dtype=pl.Boolean)
    return values, _faults((text.is_not_null() & values.is_null(), "flag"))


def texts(text: pl.Series, field: Field, bare: bool = False) -> tuple[pl.Series, Faults]:
    """Words: codes without characters that cannot be printed, texts with runs of white space made one space."""
    tests = []
    if not bare:
        control = text.str.contains(r"[\x00-\x1f\x7f]").fill_null(False)
        if field.type is Type.TEXT and control.any():
            text = text.str.replace_all(r"[\s\x00-\x1f\x7f]+", " ")
            control = control & False
        tests.append((control, "control"))
    tests.append(((text.str.len_chars() > field.longest).fill_null(False), "too_long"))
    if field.choices:
        tests.append((text.is_not_null() & ~text.is_in(field.choices), "choice"))
    if field.shape:
        tests.append((~text.str.contains(SHAPES[field.shape]).fill_null(True), field.shape))
    return text, _faults(*tests)


def is_date_format(form: str) -> bool:
    """Whether a date written in this format can be read back."""
    monday = datetime(2026, 11, 23, 8, 26)
    try:
        written = pl.Series([monday]).dt.to_string(form)
    except pl.exceptions.PolarsError:
        return False
    return _date(written, form).to_list() == [monday.date()]


def is_pattern(text: str) -> bool:
    """Whether the columnar engine can run this regular expression."""
    try:
        pl.Series(["x"]).str.contains(f"(?i){text}")
    except pl.exceptions.PolarsError:
        return False
    return True


def params_of(field: Field, marks: Marks) -> dict[str, dict]:
    """What the sentences of each fault of a field need besides line, column and value."""
    return {
        "too_large": {"digits": field.digits - (0 if field.type is Type.INTEGER else field.places)},
        "too_precise": {"places": field.places},
        "too_small": {"least": field.least},
        "date": {"formats": list(marks.dates)},
        "choice": {"choices": list(field.choices)},
        "too_long": {"longest": field.longest},
    }


def where(mask: pl.Series, code: str) -> Faults:
    """The code wherever the mask is true; None when it is nowhere."""
    return _faults((mask, code))


def merged(first: Faults, second: Faults) -> Faults:
    """The first fault of each cell."""
    if first is None or second is None:
        return first if second is None else second
    return first.zip_with(first.is_not_null(), second)


def _faults(*tests) -> Faults:
    """The code of the first test that a cell fails, from (failed, code) pairs; None when no cell fails any."""
    failed = [(mask, code) for mask, code in tests if mask.any()]
    if not failed:
        return None
    faults = pl.Series([None], dtype=pl.String).new_from_index(0, len(failed[0][0]))
    for mask, code in reversed(failed):
        faults = faults.set(mask.fill_null(False), code)
    return faults


def _too_small(values, field):
    if field.least is None:
        return ()
    return (((values.cast(pl.Float64) < field.least).fill_null(False), "too_small"),)


def _plain(text, marks):
    """Digits with a point and a sign in front, null where it is no number; and where the grouping is unclear."""
    plain = text
    for mark in marks.strip:
        plain = plain.str.replace_all(mark, "", literal=True)
    if marks.strip:
        plain = plain.str.strip_chars()
    plain, unclear = _ungrouped(plain, marks)
    if marks.decimal == ",":
        plain = plain.set(plain.str.contains(".", literal=True).fill_null(False), None)
        plain = plain.str.replace(",", ".", literal=True)
    fine = plain.str.contains(PLAIN)
    if not fine.all():
        plain = _signed(plain)
        plain = plain.set(~plain.str.contains(PLAIN).fill_null(False), None)
    return plain, unclear


def _ungrouped(plain, marks):
    """Without thousands marks, which must stand before groups of three digits."""
    if not marks.thousands:
        return plain, pl.repeat(False, len(plain), eager=True, dtype=pl.Boolean)
    mark, point = (_escaped(m) for m in (marks.thousands, marks.decimal))
    grouped = plain.str.contains(marks.thousands, literal=True).fill_null(False)
    proper = plain.str.contains(rf"^[^\d]?\d{{1,3}}({mark}\d{{3}})+({point}\d*)?[^\d]?$").fill_null(False)
    unclear = grouped & ~proper & plain.str.contains(rf"^[\s(+-]*[\d{mark}{point}]+[)\s-]*$").fill_null(False)
    bare = plain.str.replace_all(marks.thousands, "", literal=True)
    return bare.set(grouped & ~proper, None), unclear


def _escaped(mark):
    return "\\" + mark if mark in ".,'^-]\\" else mark


def _signed(plain):
    """Accounting signs made plain: 5-, (5), and the typographic minus."""
    plain = plain.str.replace("\u2212", "-", literal=True)
    plain = plain.str.replace(r"^\(\s*([^()-]+)\s*\)$", "-$1")
    return plain.str.replace(r"^([^-]+)-$", "-$1")


def _date(text, form):
    if "%V" in form and not any(day in form for day in ("%u", "%a", "%A")):
        text, form = text + "-1", form + "-%u"
    return text.str.to_date(form, strict=False)
