"""Reads the JSON parameters of a term: every wrong one is reported at its name, not only the first."""

from decimal import Decimal, InvalidOperation

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from kam.audit import plain
from kam.templatetags import formats
from tradeterms.calc import Tier

MONEY_LIMIT = Decimal("1e15")
MOST_TIERS = 6


def shortest(number, places):
    """The same number always with the same decimals: cents of money, four of a rate unless it needs six."""
    short = round(number, min(places, 4))
    return short if short == number else round(number, places)


class Reader:
    """Takes parameters out of a JSON object one by one; `done()` raises what was wrong, unknown names included."""

    def __init__(self, params):
        if not isinstance(params, dict):
            raise ValidationError({"params": _("The parameters must be an object with names and values.")})
        self.params, self.errors, self.read = params, {}, set()

    def done(self):
        """Raise ValidationError if anything was wrong."""
        for name in sorted(set(self.params) - self.read):
            self._wrong(name, _("There is no parameter of this name."))
        if self.errors:
            raise ValidationError(self.errors)

    def choice(self, name, choices):
        """One of `choices`."""
        value = self._take(name)
        if value is not None and value not in choices:
            self._wrong(name, _("Choose one of: %(choices)s.") % {"choices": formats.listed(choices)})
        return value

    def whole(self, name, low, high):
        """A whole number from `low` to `high`."""
        value = self._take(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self._wrong(name, _("Give a whole number from %(low)s to %(high)s.") % {"low": low, "high": high})
        return value

    def amount(self, name, *, above_zero=False):
        """Money with at most two decimals, not negative."""
        return self._decimal(name, self._take(name), 2, MONEY_LIMIT, above_zero)

    def rate(self, name, *, above_zero=False):
        """A fraction from 0 to 1 with at most six decimals."""
        return self._decimal(name, self._take(name), 6, Decimal(1), above_zero)

    def tiers(self, name):
        """A list of {"from", "rate"} in rising order."""
        value = self._take(name)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(v, dict) and set(v) == {"from", "rate"} for v in value):
            self._wrong(name, _("Give a list of tiers, each with “from” and “rate”."))
            return ()
        if not 1 <= len(value) <= MOST_TIERS:
            self._wrong(name, _("Give from 1 to %(most)d tiers.") % {"most": MOST_TIERS})
            return ()
        return self._rising(name, value)

    def _rising(self, name, value):
        tiers = tuple(
            Tier(
                self._decimal(name, v["from"], 2, MONEY_LIMIT, False),
                self._decimal(name, v["rate"], 6, Decimal(1), False),
            )
            for v in value
        )
        starts = [tier.start for tier in tiers]
        if name not in self.errors and starts != sorted(set(starts)):
            self._wrong(name, _("Each tier must start above the one before it."))
        return tiers

    def _take(self, name):
        self.read.add(name)
        value = self.params.get(name)
        if value is None or value == "":
            self._wrong(name, _("This value is missing."))
            return None
        return value

    def _decimal(self, name, value, places, high, above_zero):
        if value is None:
            return None
        try:
            number = Decimal(value) if isinstance(value, str) else None
        except InvalidOperation:
            number = None
        if number is None or not number.is_finite():
            self._wrong(name, _("Give a number as text, such as “0.05”."))
        elif number < 0 or number > high or (above_zero and not number):
            self._wrong(name, _("The number must lie between 0 and %(high)s.") % {"high": plain(high)})
        elif number != round(number, places):
            self._wrong(name, _("At most %(places)d decimals.") % {"places": places})
        else:
            return shortest(number, places)
        return None

    def _wrong(self, name, message):
        self.errors.setdefault(name, []).append(message)
