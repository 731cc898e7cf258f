"""Deliveries as the templates of the kit want them: tiles, charts with the figures of their tables, columns."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from kam.charts import drawn
from kam.lists import Column
from kam.templatetags import formats
from kpis import access, calc, showing
from kpis.deliveries.queries import LATENESS
from kpis.queries import Figure

CODES = (
    "backlog",
    "past_due_backlog",
    "book_to_bill",
    "otif",
    "on_time",
    "in_full",
    "fill_rate",
    "confirmation_rate",
)
# On time and in full by themselves stand in the chart and the table.
TILES = [code for code in CODES if code not in ("on_time", "in_full")]
SPARKS = showing.SPARK_WEEKS
LINES = ("otif", "on_time", "in_full")
LATE_WORDS = {
    "early": pgettext_lazy("delivery", "early"),
    "on_day": gettext_lazy("on the day"),
    "1": gettext_lazy("1 day"),
    "2": gettext_lazy("2 days"),
    "3-7": gettext_lazy("3–7 days"),
    "8-14": gettext_lazy("8–14 days"),
    "over_14": gettext_lazy("over 14 days"),
}


def tiles(user, account, currency, points, last, weeks):
    """One tile for each of TILES; those of an account lead to its measure."""
    measures = access.readable_measures(user)
    found = []
    for code in TILES:
        url = reverse("kpis:measure", args=[account.pk, code]) if account else ""
        found.append(showing.tile(measures[code], currency, points.get(code, {}), last, url=url, weeks=weeks))
    return found


def rates_chart(points, mondays, measures):
    """On time and in full apart, and both at once, week by week."""
    roles = dict(zip(LINES, ("actual", "second", "last_year"), strict=True))
    return {
        "x": [formats.week(week) for week in mondays],
        "unit": "%",
        "decimals": 1,
        "series": [
            {"name": str(measures[code].label), "role": roles[code],
             "data": drawn(figure and figure.shown for figure in map(points.get(code, {}).get, mondays))}
            for code in LINES
        ],
    }  # fmt: skip


def rate_rows(points, mondays, measures, currency):
    """All measures week by week, the latest first, as texts: (week, [text, …])."""
    return [
        (week, [_text(points.get(code, {}).get(week), measure, currency) for code, measure in measures.items()])
        for week in reversed(mondays)
    ]


def _text(figure, measure, currency):
    return showing.text_of(figure or Figure(measure), currency, shared=True)


def waiting_chart(waiting, day, currency):
    """What is open by week; what should have left by the day is bad."""
    weeks = [week for week in waiting if week]
    past = [week for week in weeks if calc.sunday(week) < day]
    return {
        "x": [formats.week(week) for week in weeks],
        "unit": formats.money_unit(currency),
        "decimals": 1,
        "series": [
            {
                "name": _("Open"),
                "role": "volume",
                "data": drawn((waiting[week][1] for week in weeks), 3, formats.style().unit),
                "colours": ["bad" if week in past else None for week in weeks],
            }
        ],
    }


def lateness_chart(counts):
    """How many of the lines that did not come on the day came how late."""
    names = [name for name, _low, _high in LATENESS if name != "on_day"]
    return {
        "x": [str(LATE_WORDS[name]) for name in names],
        "decimals": 0,
        "series": [
            {
                "name": _("Lines"),
                "role": "volume",
                "data": [counts[name] for name in names],
                "colours": ["warning" if name == "early" else "bad" for name in names],
            }
        ],
    }


def headed(measure, currency):
    """A measure with its unit."""
    return formats.headed(measure.label, showing.header_unit(measure, currency))


def columns_of(measures):
    """The accounts' columns: each measure over the period, sortable."""
    found = [Column("name", _("Account"), lambda a: a.name, sort=("sort_name",), beside=lambda a: a.code),
             Column("code", _("Number"), lambda a: a.code, shown=False, always=True)]  # fmt: skip
    return (*found, *(_column(measure) for measure in measures.values()))


def _column(measure):
    code, is_money = measure.code, measure.unit == "money"

    def value(account):
        figure = account.figures.get(code)
        return None if figure is None else figure.shown

    return Column(
        code,
        formats.headed(measure.label, "%") if measure.unit == "percent" else measure.label,
        value,
        "money" if is_money else "figure",
        sort=("figure", "sort_name"),
        first="desc",
        currency=(lambda account: account.currency) if is_money else None,
        decimals=0 if is_money else measure.decimals,
        desk=code not in ("past_due_backlog", "otif"),
    )


def product_rows(rows):
    """Products with their rates as percentages."""
    for row in rows:
        for name, over, under in (
            ("otif", "otif", "dated"), ("on_time", "on_time", "dated"), ("in_full", "in_full", "asked"),
            ("fill", "gone", "asked"), ("confirmed", "said", "answered"),
        ):  # fmt: skip
            row[f"{name}_rate"] = formats.percent_of(row[over] or 0, row[under])
    return rows
