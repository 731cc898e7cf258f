"""The explorer's words, columns and chart, as its page and its downloads want them."""

from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from kam.charts import drawn
from kam.lists import Column
from kam.templatetags import formats, kam_ui
from kpis.explorer import asked as ask
from kpis.explorer.asked import ACCOUNT, CATEGORY, PRODUCT, STORE
from kpis.watch import LEAST_WEEKS, MOST_WEEKS

LEVEL_WORDS = {
    ACCOUNT: gettext_lazy("Accounts"),
    CATEGORY: gettext_lazy("Categories"),
    PRODUCT: gettext_lazy("Products"),
    STORE: gettext_lazy("Stores"),
}
SHOW_WORDS = {
    ask.UNITS: gettext_lazy("Units"),
    ask.VALUE: gettext_lazy("Value"),
    "rate": gettext_lazy("Sell-through rate"),
    "supply": gettext_lazy("Stock cover"),
    "stock": gettext_lazy("Stock on hand"),
    ask.FLOW: gettext_lazy("In, out and stock"),
    "receipts": gettext_lazy("Receipts"),
    "returns": gettext_lazy("Returns"),
    ask.BOUGHT: gettext_lazy("Sell-in, units"),
    ask.PAID: gettext_lazy("Sell-in"),
}
FLOW_WORDS = {
    "opening": pgettext_lazy("stock", "Opening"),
    "came": pgettext_lazy("goods", "In"),
    "sold": pgettext_lazy("goods", "Out"),
    "kept": pgettext_lazy("stock", "Closing"),
}
UNIT_WORDS = {"rate": gettext_lazy("%"), "supply": gettext_lazy("weeks")}


def percent(value):
    """A fraction as people read it."""
    return None if value is None else value * 100


def _supply(value):
    """Stock cover with a sign where it is short or long, as the alerts judge it."""
    text = formats.number(value, 1)
    if value is None or LEAST_WEEKS <= value <= MOST_WEEKS:
        return text
    level = "bad" if value < LEAST_WEEKS else "warning"
    return format_html('<span class="k-{}">{} {}</span>', level, kam_ui.icon(kam_ui.LEVEL_ICONS[level]), text)


def _change(value):
    text = formats.number(percent(value), 1, sign=True)
    return format_html('<span class="k-bad">{}</span>', text) if value is not None and value < 0 else text


def columns_of(table):
    """The figures at the end of each row; with `weeks` among them, the weeks stand before."""
    asked, total = table.asked, table.total
    against = _("vs LY, %") if asked.against == ask.YEAR_BEFORE else _("vs before, %")
    return (
        Column("name", LEVEL_WORDS[asked.by], lambda row: row.place.name, sort=("sorted",)),
        Column("weeks", _("Weeks"), lambda row: None, exported=False),
        Column("total", _("Total"), lambda row: row.line.amount, "figure", sort=("figure",), first="desc",
               desk=True, cell=lambda row: amount_text(asked, row.line.amount)),
        Column("change", against, lambda row: percent(row.line.change), "percent", sort=("figure",), first="desc",
               desk=True, cell=lambda row: _change(row.line.change)),
        Column("rank", _("Rank"), lambda row: row.place and row.place.rank, "figure", shown=False, desk=True),
        Column("share", _("Share, %"), lambda row: percent(share_of(row, total)), "percent", decimals=1, shown=False,
               desk=True),
        Column("stock", _("Stock, units"), lambda row: row.line.stock, "figure", sort=("figure",), first="desc"),
        Column("supply", _("Supply, wks"), lambda row: row.line.supply, "figure", sort=("figure",),
               cell=lambda row: _supply(row.line.supply)),
        Column("rate", _("ST, %"), lambda row: percent(row.line.rate), "percent", decimals=1, sort=("figure",),
               first="desc", desk=True),
    )  # fmt: skip


def share_of(row, total):
    """What part of the sum of all rows a row is; the sum itself has none."""
    return None if row.place is None or not total.total or row.line.total is None else row.line.total / total.total


def amount_text(asked, value):
    """An amount in the unit that `unit_of` names."""
    return formats.thousands(value) if asked.is_money else formats.number(value)


def shown_text(asked, value):
    """One week's cell."""
    if asked.show == "rate":
        return formats.number(percent(value), 1)
    return formats.number(value, 1) if asked.show == "supply" else amount_text(asked, value)


def unit_of(asked, currency):
    """The unit of the weeks."""
    if asked.is_money:
        return formats.money_unit(currency) if currency else ""
    return UNIT_WORDS.get(asked.show, gettext_lazy("units"))


def archived_of(months):
    """Which months stores lack in the weeks shown or compared, as a sentence; empty where they are all there."""
    if not months:
        return ""
    named = formats.listed(date_format(month, "YEAR_MONTH_FORMAT") for month in months)
    said = _("Figures by store lack archived months: %(months)s. Sums by account, category and product have them.")
    return said % {"months": named}


def late_of(table):
    """Of how many accounts news is late in the weeks shown, as a part of a sentence; empty for none."""
    count = len(table.news.late)
    said = ngettext("news of one account is late", "news of %(count)s accounts is late", count)
    return said % {"count": formats.number(count)} if count else ""


def caption_of(table):
    """What the chart shows, of how many rows."""
    asked = table.asked
    shown = formats.headed(SHOW_WORDS[asked.show], unit_of(asked, asked.currency) if asked.show != ask.UNITS else "")
    named = {"shown": shown, "count": formats.number(table.found)}
    return ngettext("%(shown)s by week, one row", "%(shown)s by week, all %(count)s rows", table.found) % named


def chart_of(table):
    """The sum of all rows by week, beside that of the weeks it is compared with; of stock, what came and went."""
    asked, line = table.asked, table.total
    base = {"x": [formats.week(week) for week in asked.mondays], "unit": str(unit_of(asked, asked.currency))}
    if asked.show == ask.FLOW:
        parts = (("came", "volume"), ("sold", "strong"), ("kept", "second"))
        series = [_series(asked, FLOW_WORDS[part], role, line.flow.get(part, {})) for part, role in parts]
        return base | {"series": series}
    series = [_series(asked, SHOW_WORDS[asked.show], "actual", line.shown)]
    if asked.show not in ("rate", "supply", "stock"):
        compared = _("Last year") if asked.against == ask.YEAR_BEFORE else _("Period before")
        series.append(_series(asked, compared, "last_year", line.before))
    return base | {"series": series, "decimals": 1 if asked.show in ("rate", "supply") else _places(asked)}


def _places(asked):
    return formats.style().unit_decimals if asked.is_money else 0


def _series(asked, name, role, values):
    found = [values.get(week) for week in asked.mondays]
    if asked.is_money:
        data = drawn(found, 3, formats.style().unit)
    else:
        data = drawn(map(percent, found) if asked.show == "rate" else found)
    return {"name": str(name), "role": role, "data": data}
