"""Figures as the templates of the kit want them: scaled to the reader's unit, with what they are compared to."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kam.addresses import address_of
from kam.lists import shared_unit
from kam.measures import Measure
from kam.templatetags import formats
from kpis import calc, queries
from kpis.queries import YEAR, Figure

UNITS = {"percent": gettext_lazy("%"), "units": gettext_lazy("units"), "weeks": gettext_lazy("weeks")}
SHARES = ("percent",)
SPARK_WEEKS = 13

# How the states of an imported file look.
BATCH_LEVELS = {
    "applied": "good",
    "checked": "info",
    "duplicate": "neutral",
    "rejected": "bad",
    "unusable": "bad",
    "cancelled": "neutral",
    "undone": "neutral",
    "waiting": "open",
    "reading": "running",
    "mapping": "warning",
}


def steps(week: date, newest: date):
    """The weeks beside one, for addresses: `earlier`, and `later` where that one is over, else empty."""
    later = week + timedelta(weeks=1)
    return {
        "earlier": (week - timedelta(weeks=1)).isoformat(),
        "later": later.isoformat() if later <= newest else "",
    }


def unit_word(measure, currency):
    """The unit of a column or tile: a short amount of a currency, or the measure's own."""
    if measure.unit == "money":
        return formats.money_unit(currency) if currency else _("money")
    if measure.unit == "each":
        return _("%(currency)s per unit") % {"currency": formats.symbol(currency)} if currency else _("per unit")
    return UNITS.get(measure.unit, "")


def full_unit(measure, currency):
    """The unit in which a figure is typed: the currency itself, or the measure's own."""
    return formats.symbol(currency) if measure.unit in queries.MONEY else UNITS.get(measure.unit, "")


def scaled(figure):
    """The value in the unit that `unit_word` names, None where nothing was measured."""
    shown = figure.shown
    return shown if shown is None or figure.measure.unit != "money" else shown / formats.style().unit


def places(measure):
    """How many decimals a figure has in the unit that `unit_word` names."""
    return formats.style().unit_decimals if measure.unit == "money" else measure.decimals


def text_of(figure, currency, shared):
    """One cell of a table; money says its currency where the column does not."""
    if figure.measure.unit == "money" and not shared:
        return formats.money_short(figure.value, currency)
    if figure.measure.unit == "each" and not shared:
        return formats.money(figure.value, currency)
    return formats.number(scaled(figure), places(figure.measure))


def header_unit(measure, currency):
    """The unit beside a column's name, empty where the name says it already or the cells say their own."""
    said = measure.unit in ("units", "weeks") or (measure.unit in queries.MONEY and not currency)
    return "" if said else unit_word(measure, currency)


def change(figure, before):
    """How far a figure is from another: in percent, of a percentage in points.

    None where one is missing, and where late news keeps a sum from being whole.
    """
    partial = figure.late and figure.measure.kind == "amount" and not figure.measure.snapshot
    if figure.shown is None or before.shown is None or partial:
        return None
    if figure.measure.unit in SHARES:
        return figure.shown - before.shown
    found = calc.rate(figure.shown - before.shown, abs(before.shown))
    return None if found is None else found * 100


def change_unit(measure):
    """The unit of `change`: percentage points of a share, else percent."""
    return _("pp") if measure.unit in SHARES else "%"


@dataclass(frozen=True)
class Column:
    """One measure as a column of a table."""

    measure: Measure
    unit: str
    compared: bool


@dataclass(frozen=True)
class Cell:
    """One figure of one account in a table."""

    column: Column
    text: str
    late: bool
    url: str
    change: Decimal | None
    change_unit: str


class Portfolio:
    """Accounts × measures of a period: `columns`, and `rows` of (account, cells) in the order of the accounts."""

    def __init__(self, user, accounts, codes, last: date, weeks: int, compared=("sell_in",)):
        measures = {c: m for c, m in queries.readable_measures(user).items() if c in codes}
        self.currency = shared_unit(a.currency for a in accounts)
        self.columns = [Column(m, header_unit(m, self.currency), c in compared) for c, m in measures.items()]
        self.now = queries.figures(user, accounts, list(measures), last, weeks)
        self.before = queries.figures(user, accounts, [c for c in measures if c in compared], last - YEAR, weeks)
        self.rows = [(account, [self._cell(account, column) for column in self.columns]) for account in accounts]

    def _cell(self, account, column):
        code = column.measure.code
        figure, compared = self.now.get((account.pk, code), Figure(column.measure)), None
        if column.compared:
            compared = change(figure, self.before.get((account.pk, code), Figure(column.measure)))
        return Cell(
            column=column,
            text=text_of(figure, account.currency, self.currency),
            late=figure.late,
            url=address_of("kpis:measure", account.pk, code),
            change=compared,
            change_unit=change_unit(column.measure),
        )


def tile(measure, currency, points, last: date, *, url, weeks=4, target=None, this_year=False):
    """One tile of the KPI strip: the figure, thirteen weeks as a line, target, last year.

    A flow covers `weeks` weeks, or with `this_year` the ISO year so far; a level is its last known week.
    """
    first = calc.first_monday(last.isocalendar().year) if this_year else queries.span(last, weeks)[0]
    if measure.snapshot:
        first = queries.span(last, queries.LEVEL_WEEKS)[0]
    figure = queries.over(points, measure, first, last)
    before = queries.over(points, measure, first - YEAR, last - YEAR)
    spark_first = queries.span(last, SPARK_WEEKS)[0]
    spark = [points[w] for w in sorted(points) if spark_first <= w <= last]
    shown = {
        "name": str(measure.label),
        "unit": str(unit_word(measure, currency)),
        "value": scaled(figure),
        "decimals": places(measure),
        "spark": [scaled(p) for p in spark],
        "spark_is_weekly": this_year,
        "last_year": scaled(before),
        "last_year_delta": change(figure, before),
        "delta_unit": change_unit(measure),
        "good": measure.good or "none",
        "late": figure.late,
        "as_of": figure.week and calc.sunday(figure.week),
        "period": _period(measure, weeks, this_year),
        "url": url,
    }
    return shown | _against(target, measure, points, figure, last, this_year)


def _period(measure, weeks, this_year):
    if measure.snapshot:
        return ""
    return _("year to date") if this_year else _("%(count)s weeks") % {"count": weeks}


def _against(target, measure, points, figure, last, this_year):
    """The target beside a figure; a yearly amount only where the year so far is shown."""
    if target is None or (measure.kind == "amount" and not measure.snapshot and not this_year):
        return {"target": None}
    wanted = Figure(measure, queries.expected_by(target, measure, points, last), Decimal(1))
    return {"target": scaled(wanted), "target_delta": change(figure, wanted)}
