"""Rounding, the same everywhere: half up, which is away from zero on both sides."""

from decimal import ROUND_HALF_UP, Decimal


def rounded(value, places):
    """A Decimal with exactly `places` decimals."""
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def cents(amount):
    """Money with exactly two decimals."""
    return rounded(amount, 2)


def decimals_of(value):
    """How many decimals the value really has: 3200.0000 has none, 95.5500 two."""
    return max(-value.normalize().as_tuple().exponent, 0)
