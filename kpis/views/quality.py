"""Data quality: feed by feed how timely, whole and fresh its data is, and what was wrong with its files."""

from dataclasses import replace

from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Account
from kam.lists import Column
from kam.templatetags import formats, kam_ui
from kam.views.base import ScopedDetail
from kam.views.lists import ScopedList
from kpis import filters
from kpis.feeds.known import last_weeks
from kpis.feeds.late import FACTS
from kpis.feeds.quality import QUARTER, quality_of, together
from kpis.models import Feed
from kpis.queries import asked_number
from kpis.views.feeds import ACCOUNT, CODE, KIND, NAME, STATES
from kpis.views.tabs import FILES, tabs

SHOWN = 8
PERIODS = (4, QUARTER, 26)
MOST = 1000
ICONS = {
    "awaited": ("clock", "k-muted"),
    "missing": ("x", "k-bad"),
    "partial": ("alert-triangle", "k-warning"),
    "small": ("arrow-down", "k-warning"),
    "late": ("clock", "k-warning"),
    "on_time": ("check", "k-good"),
    "accepted": ("check", "k-muted"),
    "unknown": ("minus", "k-muted"),
}


def _percent(name):
    """A `value` that reads a rate of the feed's quality in percent."""

    def value(feed):
        found = getattr(feed.quality, name)
        return None if found is None else found * 100

    return value


def _count(name):
    return lambda feed: getattr(feed.quality, name)


def _marked(name, level):
    """A `cell` that draws a count with a sign where there is anything to count."""

    def cell(feed):
        found = getattr(feed.quality, name)
        return kam_ui.status(level, formats.number(found)) if found else formats.DASH

    return cell


def _gaps(feed):
    return ", ".join(formats.week(row.week) for row in reversed(feed.quality.weeks) if row.state == "missing")


COLUMNS = (
    *(NAME, CODE, ACCOUNT, replace(KIND, shown=False, always=True)),
    Column("timeliness", gettext_lazy("On time, %"), _percent("timeliness"), "percent"),
    Column("completeness", gettext_lazy("Stores there, %"), _percent("completeness"), "percent", decimals=1,
           desk=True),
    Column("gaps", gettext_lazy("Weeks missing"), _count("gaps"), "count", cell=_marked("gaps", "bad")),
    Column("missing", gettext_lazy("Which weeks"), _gaps, shown=False, always=True),
    Column("short", gettext_lazy("Weeks not whole"), _count("short"), "count", desk=True,
           cell=_marked("short", "warning")),
    Column("age", gettext_lazy("Days old"), lambda f: f.quality.age(f.asked_at), "figure", desk=True),
    Column("rejected", gettext_lazy("Rows refused"), _count("rejected"), "count", desk=True,
           cell=_marked("rejected", "warning")),
    Column("rejection", gettext_lazy("Refused, %"), _percent("rejection"), "percent", decimals=1, shown=False),
    Column("unknown", gettext_lazy("Unknown names"), _count("unknown"), "count", desk=True,
           cell=_marked("unknown", "warning")),
    Column("repeated", gettext_lazy("Keys twice in a file"), _count("repeated"), "count", shown=False),
    Column("duplicates", gettext_lazy("Files sent twice"), _count("duplicates"), "count", desk=True),
    Column("restated", gettext_lazy("Rows restated"), _count("restated"), "count", desk=True),
)  # fmt: skip


class QualityList(ScopedList):
    """The quality of every feed over some weeks, all together, and as a map of feeds and weeks."""

    model, title, columns, default_sort = Feed, gettext_lazy("Data quality"), COLUMNS, "account"
    filterset_class = filters.FeedFilter
    template_name = "kpis/quality.html"

    def get_queryset(self):
        return super().get_queryset().filter(kind__in=list(FACTS)).select_related("account")

    @cached_property
    def now(self):
        return timezone.now()

    @cached_property
    def weeks(self):
        """How many weeks are looked at."""
        return asked_number(self.request, "weeks", PERIODS, QUARTER)

    def judged(self, feeds):
        """The quality of feeds over the weeks that are looked at."""
        return quality_of(feeds, self.request.user, self.now, self.weeks)

    def decorate(self, rows):
        found = self.judged(rows)
        for feed in rows:
            feed.quality, feed.asked_at = found[feed.pk], self.now
        return rows

    def whole(self, page):
        """All feeds that fit the filters as one; asked for where they are more than those of the page."""
        if not (page.next_url or page.previous_url):
            return together(feed.quality for feed in page.rows)
        return together(self.judged(self.filtered()[1][:MOST]).values())

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        text = _("It is told of feeds that bring facts; none is agreed for the accounts you see.")
        return context | {
            "tabs": tabs(self.request, FILES),
            "kpis": tiles(self.whole(context["page"]), self.weeks),
            "mondays": last_weeks(self.now, self.weeks),
            "grid": [(feed, [cell(row) for row in feed.quality.weeks]) for feed in context["rows"]],
            "states": [(STATES[name][1], *ICONS[name]) for name in ICONS],
            "weeks": self.weeks,
            "periods": PERIODS,
            "empty": {"icon": "clock", "title": _("Data quality will appear here"), "text": text},
        }


class AccountQuality(ScopedDetail):
    """The part of the account page that tells of its data: each feed with its weeks, asked for by itself."""

    model, template_name = Account, "kpis/account_quality.html"

    def get_context_data(self, **kwargs):
        now, user = timezone.now(), self.request.user
        seen = Feed.objects.visible_to(user).filter(account__lineage__contains=[self.object.pk])
        feeds = list(seen.filter(kind__in=list(FACTS)).order_by("name", "pk")[:SHOWN])
        found = quality_of(feeds, user, now, QUARTER)
        rows = [(feed, found[feed.pk], [cell(row) for row in reversed(found[feed.pk].weeks)]) for feed in feeds]
        link = f"{reverse('kpis:quality-list')}?account={self.object.pk}"
        return super().get_context_data(rows=rows, weeks=QUARTER, link_to=link, **kwargs)


def cell(row):
    """One week of one feed in the map: icon, its colour, the background, and what is said of it."""
    icon, colour = ICONS[row.state]
    behind = {"missing": "k-heat-out", "unknown": "k-heat-none"}.get(row.state, "")
    said = f"{formats.week(row.week)}: {STATES[row.state][1]}"
    if row.expected and row.verdict.missing:
        lacks = ngettext("%(n)s store missing", "%(n)s stores missing", len(row.verdict.missing))
        said = f"{said}, {lacks % {'n': formats.number(len(row.verdict.missing))}}"
    return icon, colour, behind, said


def tiles(found, weeks):
    """The figures of all feeds together, as tiles."""
    over = ngettext("%(n)s week", "%(n)s weeks", weeks) % {"n": weeks}

    def tile(name, value, unit="", decimals=0, **kw):
        return {"name": name, "value": value, "unit": unit, "decimals": decimals, "period": over} | kw

    def percent(value):
        return None if value is None else value * 100

    return [
        tile(_("On time"), percent(found.timeliness), "%", 1),
        tile(_("Stores there"), percent(found.completeness), "%", 1),
        tile(_("Weeks missing"), found.gaps),
        tile(_("Rows refused"), found.rejected, note=_("of %(rows)s") % {"rows": formats.number(found.rows)}),
        tile(_("Files sent twice"), found.duplicates, note=_("of %(files)s") % {"files": formats.number(found.files)}),
        tile(_("Rows restated"), found.restated),
    ]
