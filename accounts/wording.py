"""Sentences of alerts: a code and parameters at night, words in the reader's language by day.

Each app keeps two dictionaries in `<app>/sentences.py`: `SENTENCES = {code: gettext_lazy("… %(x)s …")}`, where a
function of the parameters may choose the sentence, and
`NEXT_STEPS = {code: gettext_lazy("Open finding")}`. Parameters are JSON; what is more than a word or a whole
number is wrapped by `money`, `number`, `percent`, `day`, `week` or `measure` when it is raised, and is formatted
for the reader when it is shown.
"""

from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from kam.floors import gathered
from kam.measures import all_measures
from kam.templatetags import formats


def money(amount, currency):
    """An amount of money as a parameter; None stays None and is shown as a dash."""
    return None if amount is None else {"money": format(Decimal(amount), "f"), "currency": currency}


def number(value, places=0):
    """A number with so many decimals as a parameter."""
    return None if value is None else {"number": format(Decimal(value), "f"), "places": places}


def percent(rate, places=1):
    """A rate (0.98 is 98 %) as a parameter."""
    return None if rate is None else {"percent": format(Decimal(rate), "f"), "places": places}


def day(value):
    """A date as a parameter."""
    return None if value is None else {"day": value.isoformat()}


def week(monday):
    """An ISO week, named by its Monday, as a parameter."""
    return None if monday is None else {"week": monday.isoformat()}


def measure(code):
    """A measure of the KPI floor as a parameter, shown by its label."""
    return {"measure": code}


def sentence(alert):
    """The alert in words of the current language; its bare code when no app knows it any more."""
    template = gathered("sentences", "SENTENCES").get(alert.code)
    chosen = template(alert.params) if callable(template) else template
    return phrase(chosen, alert.params) if chosen else alert.code


def phrase(template, params):
    """A lazy template, plural or not, filled with parameters as the reader sees them."""
    return str(template % _Shown(params))


def next_step(alert):
    """The label of the one thing to do next."""
    return str(gathered("sentences", "NEXT_STEPS").get(alert.code) or _("Open"))


class _Shown(dict):
    """Parameters as a reader sees them; one that is missing is a dash, not an error at breakfast."""

    def __init__(self, params):
        super().__init__({key: shown(value) for key, value in params.items()})

    def __missing__(self, key):
        return _Nothing()


class _Count(int):
    """A whole number that chooses the plural and shows itself with grouping."""

    def __str__(self):
        return formats.number(int(self))


class _Nothing(int):
    """A dash that may stand where a plural is chosen by a number."""

    def __str__(self):
        return formats.DASH


def shown(value):
    """One parameter formatted for the reader."""
    if value is None:
        return _Nothing()
    if isinstance(value, dict):
        return _wrapped(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return _Count(value)
    return str(value)


def _wrapped(value):
    if "money" in value:
        return _money(Decimal(value["money"]), value["currency"])
    if "measure" in value:
        known = all_measures().get(value["measure"])
        return str(known.label) if known else value["measure"]
    if "percent" in value:
        return formats.number(Decimal(value["percent"]) * 100, value["places"]) + formats.NBSP + "%"
    if "number" in value:
        return formats.number(value["number"], value["places"])
    if "day" in value:
        return formats.day_short(date.fromisoformat(value["day"]))
    if "week" in value:
        return formats.week(date.fromisoformat(value["week"]))
    return str(value)


def _money(amount, currency):
    """Rounded as one would say it; small amounts with their cents."""
    short = abs(amount) >= formats.style().unit
    return formats.money_short(amount, currency) if short else formats.money(amount, currency)
