"""Feeds: every file we expect, when it is due, when it last came, and who may say so."""

from datetime import timedelta

from django.db.models import OuterRef, Subquery
from django.urls import reverse
from django.utils.dates import WEEKDAYS
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from kam.lists import Column, linked, status
from kam.templatetags import formats, kam_ui
from kam.views.base import ScopedCreate, ScopedUpdate
from kam.views.lists import ScopedList
from kam.views.undo import ScopedRemove
from kpis import access, filters, queries, services
from kpis.feeds import late_feeds
from kpis.forms import FeedForm
from kpis.models import Feed, ImportBatch
from kpis.views.tabs import FILES, tabs


def _standing(feed):
    """(level, word): on time, irregular, or how many weeks are missing since when."""
    if feed.late:
        said = ngettext("%(week)s is missing", "%(n)s weeks are missing since %(week)s", len(feed.late.weeks))
        return "late", said % {"n": len(feed.late.weeks), "week": formats.week(feed.late.weeks[0])}
    return ("neutral", _("Irregular")) if feed.weekday is None else ("good", _("On time"))


def _due(feed):
    """The weekday, and the days of grace behind it."""
    if feed.weekday is None:
        return formats.DASH
    if not feed.grace_days:
        return WEEKDAYS[feed.weekday]
    grace = ngettext("+ %(n)s day", "+ %(n)s days", feed.grace_days) % {"n": feed.grace_days}
    return format_html('{} <span class="k-muted">{}</span>', WEEKDAYS[feed.weekday], grace)


def _import(feed):
    url = f"{reverse('kpis:import-new')}?feed={feed.pk}"
    return format_html('<a class="k-button k-button-small" href="{}">{}{}</a>', url, kam_ui.icon("upload"), _("Import"))


def _whose(feed):
    return feed.account.name if feed.account else _("All accounts")


def _page_of_whose(feed):
    return feed.account.get_absolute_url() if feed.account else ""


COLUMNS = (
    Column("name", gettext_lazy("Feed"), lambda f: f.name, sort=("name",)),
    Column("code", gettext_lazy("Code"), lambda f: f.code, "code", sort=("code",), shown=False, always=True),
    Column("state", gettext_lazy("State"), lambda f: f.standing[1],
           cell=status(lambda f: f.standing[0], lambda f: f.standing[1])),
    Column("account", gettext_lazy("Account"), _whose, cell=linked(_whose, _page_of_whose),
           sort=("account__sort_name", "name"), desk=True),
    Column("kind", gettext_lazy("Kind"), lambda f: f.get_kind_display(), sort=("kind", "name"), desk=True),
    Column("due", gettext_lazy("Due"), lambda f: "" if f.weekday is None else WEEKDAYS[f.weekday], cell=_due,
           desk=True),
    Column("grace", gettext_lazy("Days of grace"), lambda f: f.grace_days, "count", shown=False, desk=True),
    Column("next", gettext_lazy("Next due"), lambda f: f.next_due, "weekday", desk=True),
    Column("arrived", gettext_lazy("Last file"), lambda f: f.arrived_at, "moment", desk=True),
)  # fmt: skip
IMPORT = Column("import", "", _import, cell=_import, exported=False)


class FeedList(ScopedList):
    """Every file we expect; a name leads to its files."""

    model, title, default_sort = Feed, gettext_lazy("Feeds"), "name"
    filterset_class = filters.FeedFilter
    template_name = "kpis/feed_list.html"

    @property
    def columns(self):
        return (*COLUMNS, IMPORT) if access.may_import(self.request.user) else COLUMNS

    def get_queryset(self):
        self.day = queries.last_night_day()
        applied = ImportBatch.objects.filter(feed=OuterRef("pk"), state="applied").order_by("-pk")
        newest = applied.values("finished_at")[:1]
        return super().get_queryset().select_related("account").annotate(arrived_at=Subquery(newest))

    def row_url(self, row):
        user = self.request.user
        return reverse("kpis:feed-update", args=[row.pk]) if access.may_keep_feed(user, row) else self.files_of(row)

    def files_of(self, feed):
        return f"{reverse('kpis:import-list')}?feed={feed.pk}"

    def decorate(self, rows):
        late = {feed.feed_id: feed for feed in late_feeds(self.day)}
        for feed in rows:
            feed.late = late.get(feed.pk)
            feed.standing = _standing(feed)
            feed.next_due = next_due(feed, self.day)
        return rows

    def get_context_data(self, **kwargs):
        may_keep = access.may_keep_feeds(self.request.user)
        new = {"label": _("New feed"), "url": reverse("kpis:feed-create"), "icon": "plus", "primary": True}
        text = _(
            "A feed says which file an account sends every week, and by when. None is agreed for the accounts you see."
        )
        return super().get_context_data(**kwargs) | {
            "day": self.day,
            "tools": [new] if may_keep else [],
            "tabs": tabs(self.request, FILES),
            "empty": {"icon": "clock", "title": _("Feeds will appear here"), "text": text},
        }


def next_due(feed, day):
    """The next day after `day` on which a file of the feed is due, None for a feed without a weekday."""
    if feed.weekday is None:
        return None
    return day + timedelta(days=(feed.weekday - day.weekday() - 1) % 7 + 1)


class BackToFeeds:
    """Mix-in: forms of feeds lead back to the list, because a feed has no page of its own."""

    def get_cancel_url(self):
        return reverse("kpis:feed-list")

    def get_success_url(self):
        return reverse("kpis:feed-list")


class FeedCreate(BackToFeeds, ScopedCreate):
    model, form_class, title = Feed, FeedForm, gettext_lazy("New feed")

    def may(self, user, row):
        return access.may_keep_feeds(user)


class FeedUpdate(BackToFeeds, ScopedUpdate):
    model, form_class, title = Feed, FeedForm, gettext_lazy("Edit feed")
    template_name = "kpis/feed_form.html"

    def may(self, user, row):
        return access.may_keep_feed(user, row)


class FeedRemove(ScopedRemove):
    """POST: expect this file no more; a feed that has brought files stays."""

    model = Feed
    in_use = gettext_lazy("Files came by this feed, so it stays; take its weekday away to expect no more.")

    def may(self, user, row):
        return access.may_keep_feed(user, row)

    def remove(self, row, by):
        return services.remove_feed(row, by=by)

    def url_after(self, row):
        return reverse("kpis:feed-list")

    def url_if_kept(self, row):
        return reverse("kpis:feed-update", args=[row.pk])
