"""What the KPI floor says in the daily mail: files that are still late or not whole."""

from django.urls import reverse
from django.utils.translation import ngettext

from accounts.digest import SHOWN, Line, Part, absolute
from accounts.models import Alert
from accounts.wording import sentence
from kam.templatetags import formats

FEEDS = ("feed_late", "feed_partial", "feed_small")


def late(day):
    """What was wrong with feeds before, and still is; what is wrong anew stands among the alerts."""
    rows = Alert.objects.visible_to(day.user).unresolved().filter(code__in=FEEDS, raised_on__lt=day.since.date())
    total = rows.count()
    if not total:
        return None
    title = ngettext("%(n)s file is still late or not whole", "%(n)s files are still late or not whole", total)
    title %= {"n": formats.number(total)}
    url = absolute(reverse("kpis:feed-list"))
    chosen = rows.select_related("account").order_by("raised_on", "pk")[:SHOWN]
    lines = [Line(f"{alert.account}: {sentence(alert)}", url) for alert in chosen]
    return Part(title, lines, total - len(lines), url)
