"""What the KPI floor says in the daily mail: feeds that are still late."""

from django.urls import reverse
from django.utils.translation import ngettext

from accounts.digest import SHOWN, Line, Part, absolute
from accounts.models import Alert
from accounts.wording import sentence
from kam.templatetags import formats


def late(day):
    """Feeds that were late before, and still are; those that are late anew stand among the alerts."""
    rows = Alert.objects.visible_to(day.user).unresolved().filter(code="feed_late", raised_on__lt=day.since.date())
    total = rows.count()
    if not total:
        return None
    title = ngettext("%(n)s feed is still late", "%(n)s feeds are still late", total) % {"n": formats.number(total)}
    url = absolute(reverse("kpis:feed-list"))
    chosen = rows.select_related("account").order_by("raised_on", "pk")[:SHOWN]
    lines = [Line(f"{alert.account}: {sentence(alert)}", url) for alert in chosen]
    return Part(title, lines, total - len(lines), url)
