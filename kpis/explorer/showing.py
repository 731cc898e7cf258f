"""The explorer's words, columns and cells, as its page and its downloads want them."""

from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from kam.lists import Column
from kam.templatetags import formats, kam_ui
from kpis.explorer import asked as ask
from kpis.explorer.asked import ACCOUNT, CATEGORY, LEVELS, NO_CATEGORY, PRODUCT, STORE
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
HEAT_STEP = 0.1


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


class Drawn:
    """The rows of a table as markup, without the template language: a page has a thousand cells."""

    def __init__(self, table, columns, request):
        self.table, self.asked, self.columns = table, table.asked, columns
        self.shows_weeks = any(column.name == "weeks" for column in columns)
        self.figures = [column for column in columns[1:] if column.name != "weeks"]
        self.kept = {name: values for name, values in request.GET.lists() if name not in ("after", "before", "format")}
        self.shows_flow = self.asked.show == ask.FLOW and self.shows_weeks
        self.mixed = self.asked.is_money and len({r.place.currency for r in table.rows if not r.depth}) > 1

    def rows(self):
        """All rows of the page."""
        return mark_safe("".join(map(self._row, self.table.rows)))

    def total(self):
        """The sum of all rows, also of those on other pages."""
        label = _("All %(count)s") % {"count": formats.number(self.table.found)}
        sum_row = _Sum(self.table.total)
        cells = self._weeks(sum_row, None) + self._figures(sum_row)
        drawn = f'<tr class="k-sum"><th scope="row">{label}</th>{cells}</tr>'
        return mark_safe(drawn + (self._flow(sum_row) if self.shows_flow else ""))

    def _row(self, row):
        head = f'<th scope="row"{self._level(row.depth)}>{self._head(row)}</th>'
        trace = conditional_escape(facts_url(self.asked, row)) if row.level in (PRODUCT, STORE) else ""
        drawn = f'<tr data-row id="row-{row.path}">{head}{self._weeks(row, trace)}{self._figures(row)}</tr>'
        return drawn + (self._flow(row) if self.shows_flow else "") + self._hidden(row)

    def _level(self, depth):
        return f' class="k-level-{depth}"' if depth else ""

    def _head(self, row):
        place, url = row.place, drill_url(self.asked, row, self.kept)
        name = conditional_escape(place.name or _("Without category"))
        linked = f'<a href="{conditional_escape(url)}">{name}</a>' if url else name
        beside = formats.money_unit(place.currency) if self.mixed and place.currency else place.code or ""
        return f'{self._toggle(row)}{linked} <span class="k-code">{conditional_escape(beside)}</span>'

    def _toggle(self, row):
        if not row.may_open:
            return '<span class="k-twist"></span>'
        paths = [path for path in self.kept.get("open", []) if path != row.path]
        url = _address(self.kept | {"open": paths if row.is_open else [*paths, row.path]})
        label = _("Close %(name)s") if row.is_open else _("Open %(name)s")
        return format_html(
            '<a class="k-twist" id="twist-{}" href="{}" hx-get="{}" hx-target="#grid" hx-select="#grid" '
            'hx-swap="outerHTML" hx-push-url="true" aria-expanded="{}" aria-label="{}" data-{}>{}</a>',
            row.path, url, url, "true" if row.is_open else "false", label % {"name": row.place.name},
            "close" if row.is_open else "open", kam_ui.icon("chevron-down" if row.is_open else "chevron-right"),
        )  # fmt: skip

    def _weeks(self, row, trace):
        if not self.shows_weeks:
            return ""
        if self.shows_flow:
            return "".join(f'<td class="k-num{self._wide(week)}"></td>' for week in self.asked.mondays)
        line, mean = row.line, _mean(row.line.shown)
        return "".join(self._cell(line, week, mean, trace) for week in self.asked.mondays)

    def _wide(self, week):
        return "" if week == self.asked.last else " k-wide-only"

    def _cell(self, line, week, mean, trace):
        value, wide = line.shown.get(week), self._wide(week)
        if not line.told.get(week) and value is None:
            return f'<td class="k-num k-heat-none{wide}">{_("n/a")}</td>'
        is_out = line.kept.get(week) == 0
        text = shown_text(self.asked, value)
        if trace:
            text = f'<a class="k-name" tabindex="-1" href="{trace}&amp;week={week}">{text}</a>'
        if is_out:
            return f'<td class="k-num k-heat-out{wide}">{text}<span class="k-sr"> {_("out of stock")}</span></td>'
        return f'<td class="k-num k-heat-{heat(value, mean)}{wide}">{text}</td>'

    def _figures(self, row):
        return "".join(f'<td class="{column.classes}">{self._figure(column, row)}</td>' for column in self.figures)

    def _figure(self, column, row):
        if column.cell:
            return column.cell(row)
        return formats.number(column.value(row), column.decimals)

    def _flow(self, row):
        """Opening stock, in, out and closing stock below each other, as a stock-keeper writes them."""
        empty = "".join(f'<td class="{column.classes}"></td>' for column in self.figures)
        return "".join(
            f'<tr class="k-part"><th scope="row" class="k-level-{row.depth + 1}">{word}</th>'
            + "".join(
                f'<td class="k-num{self._wide(week)}">{formats.number(row.line.flow[part].get(week))}</td>'
                for week in self.asked.mondays
            )
            + f"{empty}</tr>"
            for part, word in FLOW_WORDS.items()
            if row.line.flow
        )

    def _hidden(self, row):
        """The way to the siblings after the last one that is shown in place."""
        if row.hidden <= 0:
            return ""
        width = len(self.figures) + (len(self.asked.mondays) if self.shows_weeks else 0)
        url = all_url(self.asked, row, self.kept)
        text = _("All %(count)s") % {"count": formats.number(row.place.siblings)}
        return (
            f'<tr><th scope="row" class="k-level-{row.depth}"><span class="k-twist"></span>'
            f'<a href="{conditional_escape(url)}">{text}</a></th><td colspan="{width}"></td></tr>'
        )


class _Sum:
    """The sum of all rows as a row."""

    place, depth = None, 0

    def __init__(self, line):
        self.line = line


def heat(value, mean):
    """The shade of a figure against the mean of its row, from 0 to 6; each step is a tenth of the mean."""
    if value is None or not mean:
        return 0
    return min(max(3 + round((float(value) / mean - 1) / HEAT_STEP), 0), 6)


def _mean(shown):
    known = [float(value) for value in shown.values() if value is not None]
    return abs(sum(known)) / len(known) if known else 0


def _address(kept):
    return f"?{urlencode([(name, value) for name, values in kept.items() for value in values])}"


def _narrowed(asked, keys, levels):
    """The parameters that narrow a view to a path of keys."""
    return {level: [str(key)] for level, key in zip(levels, keys, strict=False) if key != NO_CATEGORY}


def _below(kept, changes):
    """The address of a view that is narrowed further: what was opened or typed in the wider one is forgotten."""
    gone = ("open", "account_named", "tier", "country") if "account" in changes else ("open",)
    return _address({name: values for name, values in kept.items() if name not in gone} | changes)


def drill_url(asked, row, kept):
    """Where a row's name leads: to the rows below it, from a store to the facts; empty where there is nothing."""
    levels, keys = asked.levels(row.depth), row.place.keys
    if row.level == STORE:
        return f"{facts_url(asked, row)}&week={asked.last}"
    if keys[-1] == NO_CATEGORY:
        return ""
    at = LEVELS.index(row.level) + 1
    following = next((level for level in LEVELS[at:] if level == STORE or not getattr(asked, level)), STORE)
    if row.level == CATEGORY and asked.account is None and row.depth == 0:
        following = ACCOUNT
    return _below(kept, _narrowed(asked, keys, levels) | {"by": [following]})


def all_url(asked, row, kept):
    """The view that has a row and all its siblings."""
    levels, keys = asked.levels(row.depth), row.place.keys
    return _below(kept, _narrowed(asked, keys[:-1], levels) | {"by": [row.level]})


def facts_url(asked, row):
    """The imported lines behind a row of a product or store, without the week."""
    named = dict(zip(asked.levels(row.depth), row.place.keys, strict=True))
    account = named.pop(ACCOUNT, None) or asked.account.pk
    named.setdefault(PRODUCT, asked.product and asked.product.pk)
    query = urlencode({name: named[name] for name in (PRODUCT, STORE) if named.get(name)})
    return f"{reverse('kpis:facts', args=[account, 'sell_through_units'])}?{query}"


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
    found = (values.get(week) for week in asked.mondays)
    return {"name": str(name), "role": role, "data": [None if v is None else _plotted(asked, v) for v in found]}


def _plotted(asked, value):
    if asked.is_money:
        return round(float(value) / formats.style().unit, 3)
    return round(float(percent(value) if asked.show == "rate" else value), 2)
