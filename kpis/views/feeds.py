"""Feeds: every file we expect, when it is due, how its weeks came, and who may say so."""

from collections import defaultdict
from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import OuterRef, Subquery
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from kam.lists import Column, linked, status
from kam.templatetags import formats, kam_ui
from kam.views.base import ScopedAct, ScopedCreate, ScopedDetail, ScopedUpdate
from kam.views.lists import InList, ScopedList
from kam.views.undo import ScopedRemove
from kpis import access, filters, services
from kpis.calc import monday
from kpis.feed_forms import FeedForm
from kpis.feeds.due import next_due
from kpis.feeds.judge import OF_STORES, tolerance_of
from kpis.feeds.quality import by_week, reasons, unknowns
from kpis.feeds.standing import faults
from kpis.feeds.weeks import seen_files, weeks_of
from kpis.models import AcceptedWeek, Feed, ImportBatch
from kpis.views.tabs import FILES, tabs


def _standing(feed):
    """(level, word): on time, irregular, or what is wrong with its weeks."""
    if late := [fault for fault in feed.faults if fault.what == "late"]:
        said = ngettext("%(week)s is missing", "%(n)s weeks are missing since %(week)s", len(late))
        return "late", said % {"n": len(late), "week": formats.week(late[0].week)}
    if feed.faults:
        fault = feed.faults[-1]
        said = _("%(week)s is incomplete") if fault.what == "partial" else _("%(week)s is strangely small")
        return "warning", said % {"week": formats.week(fault.week)}
    return ("neutral", _("Irregular")) if feed.weekday is None else ("good", _("On time"))


def _due(feed):
    """The weekday, and the days of grace behind it."""
    if feed.weekday is None:
        return formats.DASH
    if not feed.grace_days:
        return due_word(feed)
    grace = ngettext("+ %(n)s day", "+ %(n)s days", feed.grace_days) % {"n": feed.grace_days}
    return format_html('{} <span class="k-muted">{}</span>', due_word(feed), grace)


def due_word(feed):
    """The weekday, and the hour where it is not the end of the day."""
    return WEEKDAYS[feed.weekday] if feed.hour == 24 else f"{WEEKDAYS[feed.weekday]} {feed.hour:02d}:00"


def _import(feed):
    url = f"{reverse('kpis:import-new')}?feed={feed.pk}"
    return format_html('<a class="k-button k-button-small" href="{}">{}{}</a>', url, kam_ui.icon("upload"), _("Import"))


def _whose(feed):
    return feed.account.name if feed.account else _("All accounts")


def _page_of_whose(feed):
    return feed.account.get_absolute_url() if feed.account else ""


NAME = Column("name", gettext_lazy("Feed"), lambda f: f.name, sort=("name",))
CODE = Column("code", gettext_lazy("Code"), lambda f: f.code, "code", sort=("code",), shown=False, always=True)
ACCOUNT = Column("account", gettext_lazy("Account"), _whose, cell=linked(_whose, _page_of_whose),
                 sort=("account__sort_name", "name"), desk=True)  # fmt: skip
KIND = Column("kind", gettext_lazy("Kind"), lambda f: f.get_kind_display(), sort=("kind", "name"), desk=True)
COLUMNS = (
    NAME,
    CODE,
    Column("state", gettext_lazy("State"), lambda f: f.standing[1],
           cell=status(lambda f: f.standing[0], lambda f: f.standing[1])),
    ACCOUNT,
    KIND,
    Column("due", gettext_lazy("Due"), lambda f: "" if f.weekday is None else due_word(f), cell=_due,
           desk=True),
    Column("grace", gettext_lazy("Days of grace"), lambda f: f.grace_days, "count", shown=False, desk=True),
    Column("next", gettext_lazy("Next due"), lambda f: f.next_due, "moment", desk=True),
    Column("arrived", gettext_lazy("Last file"), lambda f: f.arrived_at, "moment", desk=True),
)  # fmt: skip
IMPORT = Column("import", "", _import, cell=_import, exported=False)


class FeedList(ScopedList):
    """Every file we expect; a name leads to its files."""

    model, title, default_sort = Feed, gettext_lazy("Feeds"), "name"
    filterset_class = filters.FeedFilter
    template_name = "kpis/feed_list.html"
    leads = True

    @property
    def columns(self):
        return (*COLUMNS, IMPORT) if access.may_import(self.request.user) else COLUMNS

    def get_queryset(self):
        self.now = timezone.now()
        applied = ImportBatch.objects.filter(feed=OuterRef("pk"), state="applied").order_by("-pk")
        newest = applied.values("finished_at")[:1]
        return super().get_queryset().select_related("account").annotate(arrived_at=Subquery(newest))

    def decorate(self, rows):
        wrong = defaultdict(list)
        for fault in faults(self.now, rows):
            wrong[fault.feed.pk].append(fault)
        for feed in rows:
            feed.faults = wrong[feed.pk]
            feed.standing = _standing(feed)
            feed.next_due = next_due(feed, self.now)
        return rows

    def get_context_data(self, **kwargs):
        may_keep = access.may_keep_feeds(self.request.user)
        new = {"label": _("New feed"), "url": reverse("kpis:feed-create"), "icon": "plus", "primary": True}
        text = _(
            "A feed says which file an account sends every week, and by when. None is agreed for the accounts you see."
        )
        return super().get_context_data(**kwargs) | {
            "tools": [new] if may_keep else [],
            "tabs": tabs(self.request, FILES),
            "empty": {"icon": "clock", "title": _("Feeds will appear here"), "text": text},
        }


FAULT_WEEKS = 8
# What was refused, in a few words; the page of a file says each in a sentence.
REASONS = {
    "unknown_product": gettext_lazy("Product is not known"),
    "unknown_store": gettext_lazy("Store is not known"),
    "unknown_account": gettext_lazy("Account is not known"),
    "duplicate": gettext_lazy("Key stands twice in the file"),
    "number": gettext_lazy("Not a number"),
    "integer": gettext_lazy("Not a whole number"),
    "date": gettext_lazy("Not a date"),
    "not_monday": gettext_lazy("Not a Monday"),
    "required": gettext_lazy("Empty, but required"),
    "ragged": gettext_lazy("Too many or too few columns"),
}
NOUNS = {
    "unknown_product": gettext_lazy("Product"),
    "unknown_store": gettext_lazy("Store"),
    "unknown_account": gettext_lazy("Account"),
}
# How a week of a feed looks and reads.
STATES = {
    "awaited": ("open", gettext_lazy("Not due yet")),
    "missing": ("late", pgettext_lazy("week", "Missing")),
    "partial": ("warning", gettext_lazy("Incomplete")),
    "small": ("warning", gettext_lazy("Strangely small")),
    "late": ("neutral", gettext_lazy("Came late")),
    "on_time": ("good", gettext_lazy("On time")),
    "accepted": ("good", gettext_lazy("Taken as it is")),
    "unknown": ("neutral", gettext_lazy("Not watched")),
}


class FeedDetail(InList, ScopedDetail):
    """One feed: what is expected of it, and week by week what came."""

    model, template_name = Feed, "kpis/feed.html"
    queryset = Feed.objects.select_related("account")
    listed_by, list_url = FeedList, "kpis:feed-list"

    def get_context_data(self, **kwargs):
        feed, user = self.object, self.request.user
        now = timezone.now()
        weeks = weeks_of(feed, now)
        seen = seen_files(weeks, user)
        return super().get_context_data(
            weeks=[(week, STATES[week.state], bool(week.told) and week.told.batch_id in seen) for week in weeks],
            wrong=[(week, _below(week)) for week in weeks if week.is_faulty],
            accepted=[week.accepted for week in weeks if week.accepted],
            due=_due(feed),
            tolerance=tolerance_of(feed),
            **faults_of(feed, user, now),
            names_stores=any(week.expected or (week.told and week.told.stores) for week in weeks),
            of_stores=feed.kind in OF_STORES and feed.account_id,
            may_keep=access.may_keep_feed(user, feed),
            may_import=access.may_import(user),
            **kwargs,
        )


def faults_of(feed, user, now):
    """Why cells of the feed's files were refused: by reason and week, and the names that nobody knows."""
    found = reasons(feed, user, now, FAULT_WEEKS)
    counts = by_week(feed, user, now, FAULT_WEEKS) if found else {}
    this = monday(now.date())
    weeks = [this - timedelta(weeks=back) for back in range(FAULT_WEEKS)]
    return {
        "fault_weeks": weeks,
        "reasons": [
            (REASONS.get(r.code, _("Other")), r, [counts.get((r.code, week)) for week in weeks]) for r in found
        ],
        "unknowns": [(NOUNS[u.code], u) for u in unknowns(feed, user, now, FAULT_WEEKS)] if found else [],
    }


def _below(week):
    """By how many percent a week is below what is usual, as text; empty where that is not what is wrong."""
    return formats.number(week.verdict.below * 100, 0) + formats.NBSP + "%" if week.state == "small" else ""


class FeedWeekAccepted(ScopedAct):
    """POST: take a week of a feed as it is, with a reason."""

    model = Feed

    def may(self, user, row):
        return access.may_keep_feed(user, row)

    def act(self, row, by):
        week = self.kwargs["week"]
        try:
            services.accept_week(row, week, by=by, reason=self.request.POST.get("reason", "").strip())
        except ValidationError as error:
            messages.error(self.request, " ".join(error.messages))
        else:
            messages.success(self.request, _("%(week)s is taken as it is.") % {"week": formats.week(week)})


class FeedWeekWatched(ScopedAct):
    """POST: judge a week again that was taken as it is."""

    model = AcceptedWeek
    queryset = AcceptedWeek.objects.select_related("feed")

    def may(self, user, row):
        return access.may_keep_feed(user, row.feed)

    def act(self, row, by):
        services.watch_week_again(row, by=by)

    def get_success_url(self):
        return self.object.feed.get_absolute_url()


class FeedCreate(ScopedCreate):
    model, form_class, title = Feed, FeedForm, gettext_lazy("New feed")

    def get_cancel_url(self):
        return reverse("kpis:feed-list")

    def may(self, user, row):
        return access.may_keep_feeds(user)


class FeedUpdate(ScopedUpdate):
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
