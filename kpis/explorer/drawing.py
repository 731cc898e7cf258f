"""The rows of the explorer as markup."""

from datetime import timedelta

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from kam.templatetags import formats, kam_ui
from kpis import calc
from kpis.explorer import asked as ask
from kpis.explorer.addresses import address, all_url, drill_url, facts_url
from kpis.explorer.asked import ACCOUNT, PRODUCT, STORE
from kpis.explorer.showing import FLOW_WORDS, shown_text

HEAT_STEP = 0.1


class Drawn:
    """The rows of a table as markup, without the template language: a page has a thousand cells."""

    def __init__(self, table, columns, request):
        self.table, self.asked, self.mondays = table, table.asked, table.asked.mondays
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
        sum_row = _Sum(self.table.total, self.table.news.of(None))
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
        code = f'<span class="k-code">{conditional_escape(beside)}</span>'
        return f"{self._toggle(row)}{linked} {code}{self._as_of(row)}"

    def _as_of(self, row):
        """Until when the news of an account is whole, where some of the weeks shown are not."""
        if not row.late or row.level != ACCOUNT:
            return ""
        return kam_ui.as_of(calc.sunday(min(row.late) - timedelta(weeks=1)), True)

    def _toggle(self, row):
        if not row.may_open:
            return '<span class="k-twist"></span>'
        paths = [path for path in self.kept.get("open", []) if path != row.path]
        url = address(self.kept | {"open": paths if row.is_open else [*paths, row.path]})
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
            return "".join(f'<td class="k-num{self._wide(week)}"></td>' for week in self.mondays)
        mean = _mean(row.line.shown)
        return "".join(self._cell(row, week, mean, trace) for week in self.mondays)

    def _wide(self, week):
        return "" if week == self.asked.last else " k-wide-only"

    def _cell(self, row, week, mean, trace):
        line, wide, clock = row.line, self._wide(week), self._clock(row, week)
        value = line.shown.get(week)
        if not line.told.get(week) and value is None:
            return f'<td class="k-num k-heat-none{wide}">{clock}{_("n/a")}</td>'
        is_out = line.kept.get(week) == 0
        text = shown_text(self.asked, value)
        if trace:
            text = f'<a class="k-name" tabindex="-1" href="{trace}&amp;week={week}">{text}</a>'
        if clock:
            return f'<td class="k-num k-late{wide}">{clock}{text}</td>'
        if is_out:
            return f'<td class="k-num k-heat-out{wide}">{text}<span class="k-sr"> {_("out of stock")}</span></td>'
        return f'<td class="k-num k-heat-{heat(value, mean)}{wide}">{text}</td>'

    def _clock(self, row, week):
        """Where the news of a week is late or not whole, which is neither little sold nor out of stock."""
        return f"{kam_ui.icon('clock', 'k-icon-s', _('late'))} " if week in row.late else ""

    def _figures(self, row):
        late = " k-late" if row.late else ""
        return "".join(
            f'<td class="{column.classes}{late}">{self._figure(column, row)}</td>' for column in self.figures
        )

    def _figure(self, column, row):
        if column.cell:
            return column.cell(row)
        return formats.number(column.value(row), column.decimals)

    def _flow(self, row):
        """Opening stock, in, out and closing stock below each other, as a stock-keeper writes them."""
        empty = "".join(f'<td class="{column.classes}"></td>' for column in self.figures)
        return "".join(
            f'<tr class="k-part"><th scope="row" class="k-level-{row.depth + 1}">{word}</th>'
            + "".join(self._part(row, part, week) for week in self.mondays)
            + f"{empty}</tr>"
            for part, word in FLOW_WORDS.items()
            if row.line.flow
        )

    def _part(self, row, part, week):
        clock = self._clock(row, week)
        late = " k-late" if clock else ""
        return f'<td class="k-num{self._wide(week)}{late}">{clock}{formats.number(row.line.flow[part].get(week))}</td>'

    def _hidden(self, row):
        """The way to the siblings after the last one that is shown in place."""
        if row.hidden <= 0:
            return ""
        width = len(self.figures) + (len(self.mondays) if self.shows_weeks else 0)
        url = all_url(self.asked, row, self.kept)
        text = _("All %(count)s") % {"count": formats.number(row.place.siblings)}
        return (
            f'<tr><th scope="row" class="k-level-{row.depth}"><span class="k-twist"></span>'
            f'<a href="{conditional_escape(url)}">{text}</a></th><td colspan="{width}"></td></tr>'
        )


class _Sum:
    """The sum of all rows as a row."""

    place, depth = None, 0

    def __init__(self, line, late):
        self.line, self.late = line, late


def heat(value, mean):
    """The shade of a figure against the mean of its row, from 0 to 6; each step is a tenth of the mean."""
    if value is None or not mean:
        return 0
    return min(max(3 + round((float(value) / mean - 1) / HEAT_STEP), 0), 6)


def _mean(shown):
    known = [float(value) for value in shown.values() if value is not None]
    return abs(sum(known)) / len(known) if known else 0
