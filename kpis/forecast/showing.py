"""Forecasts as the templates of the kit want them: charts, words for methods, exports."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from kam.charts import drawn
from kam.lists import Column
from kam.templatetags import formats
from kpis.queries import YEAR

METHOD_WORDS = {
    "seasonal_naive": gettext_lazy("The same week last year was nearest in the back-test."),
    "level": gettext_lazy("Sales move around a level without a season; recent weeks count most."),
    "intermittent": gettext_lazy("It is bought now and then: size of a sale over the weeks between two (Croston)."),
    "last_year_scaled": gettext_lazy("Last year's weeks, scaled by how the last 13 weeks compare with theirs."),
    "shared_season": gettext_lazy("A level times the season that all products of the account share."),
    "season": gettext_lazy("A level times a season of its own."),
    "damped_trend": gettext_lazy("Sales rise or fall; the trend fades out."),
    "blend": gettext_lazy("The mean of level, season and last year was nearest in the back-test."),
}


def notes_of(series):
    """Sentences about what a baseline stands on."""
    if series is None:
        return [_("There is no history of it at this account.")]
    if series.refusal:
        return [_("No baseline: %(reason)s.") % {"reason": series.get_refusal_display()}]
    said = [METHOD_WORDS[series.method]]
    said.append(ngettext("%(n)s week is known.", "%(n)s weeks are known.", series.weeks) % {"n": series.weeks})
    if series.gaps:
        told = ngettext("%(n)s week was not reported.", "%(n)s weeks were not reported.", series.gaps)
        said.append(told % {"n": series.gaps})
    if series.stockouts:
        told = ngettext(
            "%(n)s week without stock is left out: it says what was there, not what was wanted.",
            "%(n)s weeks without stock are left out: they say what was there, not what was wanted.",
            series.stockouts,
        )
        said.append(told % {"n": series.stockouts})
    if not series.tested:
        said.append(_("There is too little history for a back-test."))
    return said


def effect_of(event):
    """By how much an event changes sales, in percent, or how many units a week it says."""
    if event.uplift is None:
        return _("%(units)s units a week") % {"units": formats.number(event.units)}
    return f"{formats.number(event.uplift * 100, 0, sign=True)} %"


def chart_of(past, ahead, sold, rows, theirs=None, *, interval=False):
    """What was sold and what is expected, with last year; of one product also the interval, and `theirs`, by week."""
    weeks = [*past, *ahead]
    before = [sold.get(week - YEAR) for week in weeks]
    joint = sold.get(past[-1]) if past else None

    def of_weeks(name, known=rows):
        return [getattr(known.get(week), name, None) for week in ahead]

    def expected(name):
        return [*[None] * (len(past) - 1), joint, *of_weeks(name)]

    series = [
        {"name": _("Sold"), "role": "actual", "data": drawn([*[sold.get(w) for w in past], *[None] * len(ahead)])},
        {"name": _("Agreed"), "role": "forecast", "data": drawn(expected("agreed"))},
        {"name": _("Baseline"), "role": "second", "data": drawn(expected("baseline"))},
        {"name": _("Last year"), "role": "last_year", "data": drawn(before)},
    ]
    if interval:
        series[2:2] = [
            {"name": label, "role": "last_year", "data": drawn([*[None] * len(past), *ends])}
            for label, ends in (
                (_("80 %: at least"), of_weeks("low")),
                (_("80 %: at most"), of_weeks("high")),
            )
        ]
    if theirs:
        told = drawn([*[None] * len(past), *of_weeks("units", theirs)])
        series.insert(2, {"name": _("Account's forecast"), "role": "theirs", "data": told})
    return {"x": [formats.week(week) for week in weeks], "unit": _("units"), "min": 0, "series": series}


def grid_columns(weeks):
    """The columns of an export of the grid: the same as on the page, and number and method."""
    yield Column("product", _("Product"), lambda line: line.product.name)
    yield Column("code", _("Number"), lambda line: line.product.code)
    yield Column("method", _("Method"), lambda line: line.method)
    for n, week in enumerate(weeks):
        yield Column(f"week{n}", formats.week(week, with_year=True), lambda line, n=n: line.cells[n].agreed)
    yield Column("total", _("Sum"), lambda line: line.total)


PRODUCT_COLUMNS = (
    Column("week", gettext_lazy("Week"), lambda cell: cell.week),
    Column("naive", gettext_lazy("Last year"), lambda cell: cell.row and cell.row.naive),
    Column("baseline", gettext_lazy("Baseline"), lambda cell: cell.row and cell.row.baseline),
    Column("low", gettext_lazy("80 %: at least"), lambda cell: cell.row and cell.row.low),
    Column("high", gettext_lazy("80 %: at most"), lambda cell: cell.row and cell.row.high),
    Column("planned", gettext_lazy("With events"), lambda cell: cell.row and cell.row.planned),
    Column("own", gettext_lazy("Set by hand"), lambda cell: cell.own and cell.own.units),
    Column("author", gettext_lazy("By"), lambda cell: cell.own and cell.own.author),
    Column("reason", gettext_lazy("Reason"), lambda cell: cell.own and cell.own.reason),
    Column("agreed", gettext_lazy("Agreed"), lambda cell: cell.agreed),
    Column("given", gettext_lazy("Share of short supply"), lambda cell: cell.given),
    Column("theirs", gettext_lazy("Account's forecast"), lambda cell: cell.theirs and cell.theirs.units),
)
