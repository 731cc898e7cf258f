"""What was agreed is written exactly: amounts and rates as in the contract, in the reader's way of writing numbers."""

from decimal import Decimal

from kam.templatetags import formats


def amount(value, currency):
    """Money without rounding: round thousands in short, `€ 250 k`, everything else to the cent."""
    exact = value and value % 1000 == 0
    return formats.money_short(value, currency) if exact else formats.money(value, currency)


def rate(value):
    """A fraction in percent with as many decimals as it has, at least one: `9.12 %`."""
    percent = (Decimal(value) * 100).normalize()
    return formats.number(percent, max(1, -percent.as_tuple().exponent)) + formats.NBSP + "%"


def brief(value, unit, currency):
    """A figure for a row: large amounts rounded as one would say them."""
    large = unit == "money" and value is not None and abs(value) >= 10_000
    return formats.money_short(value, currency) if large else figure(value, unit, currency)


def figure(value, unit, currency):
    """A computed figure of some unit, exact where it is money; `–` for none."""
    if value is None:
        return formats.DASH
    if unit == "money":
        return formats.money(value, currency)
    if unit == "rate":
        return rate(value)
    return formats.number(value, 0 if unit == "count" or Decimal(value) == int(Decimal(value)) else 1)
