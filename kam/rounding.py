"""Rounding, the same everywhere: half up, which is away from zero on both sides."""

from decimal import ROUND_HALF_UP, Decimal


def rounded(value, places):
    """A Decimal with exactly `places` decimals."""
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def cents(amount):
    """Money with exactly two decimals."""
    return rounded(amount, 2)
