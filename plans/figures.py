"""Targets and actuals as a reader sees them: the number in its measure's unit, the unit for the header or beside it."""

from decimal import Decimal

from django.utils.translation import gettext as _

from kam.measures import all_measures
from kam.rounding import decimals_of
from kam.templatetags import formats

HUNDRED = Decimal(100)


def label(code):
    """The measure's name in the reader's language; its code when no app measures it any more."""
    known = all_measures().get(code)
    return str(known.label) if known else code


def is_rate(code):
    """Whether figures of the measure are fractions that people read in percent."""
    known = all_measures().get(code)
    return known is not None and known.unit == "percent"


def unit(code, currency):
    """What a figure of the measure is counted in: %, the currency's sign, weeks or units."""
    known = all_measures().get(code)
    named = {"percent": "%", "money": formats.symbol(currency), "weeks": _("weeks"), "units": _("units")}
    named["each"] = formats.symbol(currency)
    return named.get(known.unit, known.unit) if known else ""


def scaled(code, value):
    """The value as people write it: 0.955 of a rate is 95.5; everything else is as stored."""
    found = formats.as_decimal(value)
    return found * HUNDRED if found is not None and is_rate(code) else found


def number(code, value, *, sign=False):
    """The value in its unit, exact: a signer sees every digit that counts."""
    found = scaled(code, value)
    if found is None:
        return formats.DASH
    least = 1 if is_rate(code) else 0
    return formats.number(found, max(least, decimals_of(found)), sign=sign)


def rounded(code, value):
    """The value as one reads what was measured: money in whole units, the rest with its measure's decimals."""
    known = all_measures().get(code)
    return formats.number(scaled(code, value), known.decimals if known else 1)


def weight(value):
    """A weight, or a sum of weights, with as many decimals as it has; text of a snapshot is read as a number."""
    found = formats.as_decimal(value)
    return formats.number(found, decimals_of(found))


def progress(code, actual, target, currency):
    """`4.4 of 7.5 weeks`, `1,011 of 1,280 € k`: where a measure stands, money in the unit of columns."""
    known = all_measures().get(code)
    if known and known.unit == "money":
        texts, named = (formats.thousands(actual), formats.thousands(target)), formats.money_unit(currency)
    else:
        texts, named = (rounded(code, actual), number(code, target)), unit(code, currency)
    said = _("%(actual)s of %(target)s") % dict(zip(("actual", "target"), texts, strict=True))
    return f"{said}{formats.NBSP}{named}".rstrip()


def difference(code, value):
    """A signed difference of two values; of rates in percentage points."""
    text = number(code, value, sign=True)
    return f"{text}{formats.NBSP}{_('pp')}" if is_rate(code) and text != formats.DASH else text
