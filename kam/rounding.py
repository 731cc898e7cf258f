"""Rounding, the same everywhere: half up, which is away from zero on both sides."""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def rounded(value, places):
    """A Decimal with exactly `places` decimals."""
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def cents(amount):
    """Money with exactly two decimals."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def decimals_of(value):
    """How many decimals the value really has: 3200.0000 has none, 95.5500 two."""
    return max(-value.normalize().as_tuple().exponent, 0)
