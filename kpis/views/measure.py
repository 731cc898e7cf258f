"""One measure of one account: week by week, against its target."""

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from accounts.models import Account
from kam.charts import drawn
from kam.templatetags import formats
from kpis import access, calc, queries, showing
from kpis.behind import FACTS
from kpis.queries import YEAR, Figure
from kpis.shortage.queries import short_until_year_ends

SPANS = (13, 26, 52, 104)
# Measures of which less can be reached where supply is short.
SOLD_ON = ("sell_through", "sell_through_units")


class OnMeasure:
    """Mix-in: the visible account and the readable measure of the address; anything else is 404."""

    @cached_property
    def account(self):
        return get_object_or_404(Account.objects.visible_to(self.request.user), pk=self.kwargs["pk"])

    @cached_property
    def measure(self):
        found = access.readable_measures(self.request.user).get(self.kwargs["code"])
        if found is None:
            raise Http404
        return found

    def get_context_data(self, **kwargs):
        return super().get_context_data(account=self.account, measure=self.measure, **kwargs)


class MeasurePage(OnMeasure, TemplateView):
    template_name = "kpis/measure.html"

    def get_context_data(self, **kwargs):
        account, measure, user = self.account, self.measure, self.request.user
        last = queries.last_week()
        weeks = queries.asked_number(self.request, "span", SPANS, 26)
        first = queries.span(last, weeks)[0]
        since = min(first, calc.first_monday(last.isocalendar().year)) - YEAR
        points = queries.series(user, account, [measure.code], since, last)[measure.code]
        target = queries.targets(user, account, [measure.code], last.isocalendar().year).get(measure.code)
        flow_year = measure.kind == "amount" and not measure.snapshot
        rows = [self._row(points, week) for week in calc.mondays(first, weeks)]
        return super().get_context_data(
            kpis=[showing.tile(measure, account.currency, points, last, url="", target=target, this_year=flow_year)],
            chart=chart(measure, account, rows, None if flow_year else target),
            rows=rows[::-1],
            unit=showing.unit_word(measure, account.currency),
            full_unit=account.currency if measure.unit in queries.MONEY else showing.header_unit(measure, ""),
            weeks=weeks,
            spans=SPANS,
            siblings=[m for m in access.readable_measures(user).values() if m.feeds],
            has_facts=measure.code in FACTS,
            target=target,
            year=last.isocalendar().year,
            may_set_target=access.may_set_target(user, account),
            short=short_until_year_ends(account, last) if measure.code in SOLD_ON else None,
            **kwargs,
        )

    def _row(self, points, week):
        now, before = points.get(week, Figure(self.measure)), points.get(week - YEAR, Figure(self.measure))
        return {
            "week": week,
            "figure": now,
            "text": formats.number(now.shown, self.measure.decimals),
            "shown": showing.scaled(now),
            "last_year": formats.number(before.shown, self.measure.decimals),
            "last_year_shown": showing.scaled(before),
            "change": showing.change(now, before),
            "change_unit": showing.change_unit(self.measure),
        }


def chart(measure, account, rows, target):
    """Options of the kit's chart: this year, last year, the target as a line."""
    lines = []
    if target is not None:
        wanted = showing.scaled(Figure(measure, target.value, 1))
        lines = [{"at": float(wanted), "name": _("Target")}]
    role = "volume" if measure.kind == "amount" and not measure.snapshot else "actual"
    return {
        "x": [formats.week(row["week"]) for row in rows],
        "unit": showing.unit_word(measure, account.currency),
        "decimals": showing.places(measure),
        "lines": lines,
        "series": [
            {"name": str(measure.label), "role": role, "data": drawn((row["shown"] for row in rows), 4)},
            {"name": _("Last year"), "role": "last_year", "data": drawn((r["last_year_shown"] for r in rows), 4)},
        ],
    }
