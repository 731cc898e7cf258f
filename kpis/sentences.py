"""The alerts of the KPI floor in words."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

OVERDUE = ngettext_lazy(
    "%(amount)s are overdue in %(documents)s document, for %(days)s days.",
    "%(amount)s are overdue in %(documents)s documents, the oldest for %(days)s days.",
    "documents",
)
LONG_OVERDUE = _(
    "%(amount)s are overdue in %(documents)s documents, the oldest for %(days)s days; %(old)s for more than 60."
)


def _overdue(params):
    """What is overdue for long is said where there is any."""
    return LONG_OVERDUE if Decimal((params.get("old") or {}).get("money", 0)) else OVERDUE


SENTENCES = {
    "feed_late": ngettext_lazy(
        "“%(feed)s” is late: the weekly file for %(week)s, due on %(due)s, is missing. Figures and alerts wait for it.",
        "“%(feed)s” is late: %(weeks)s weekly files are missing, the first for %(week)s, due on %(due)s. Figures and "
        "alerts wait for them.",
        "weeks",
    ),
    "feed_partial": ngettext_lazy(
        "“%(feed)s” is incomplete for %(week)s: %(missing)s of %(of)s stores is missing (%(stores)s). Figures and "
        "alerts wait for it.",
        "“%(feed)s” is incomplete for %(week)s: %(missing)s of %(of)s stores are missing (%(stores)s). Figures and "
        "alerts wait for them.",
        "missing",
    ),
    "feed_small": _(
        "“%(feed)s” is strangely small for %(week)s: %(total)s, %(below)s below the usual %(usual)s. Figures and "
        "alerts wait until somebody says that it is right, or more arrives."
    ),
    "sell_through_behind": _(
        "Sell-through is %(gap)s below season: %(actual)s units in the four weeks to %(week)s, %(expected)s expected."
    ),
    "past_due_backlog": ngettext_lazy(
        "%(amount)s of orders are past due in %(lines)s line, requested for %(oldest)s.",
        "%(amount)s of orders are past due in %(lines)s lines; the oldest was requested for %(oldest)s.",
        "lines",
    ),
    "receivables_overdue": _overdue,
    "supply_short": _(
        "%(product)s is short until %(until)s: %(given)s of %(asked)s units wanted can be supplied (%(reason)s)."
    ),
    "supply_low": _("Stock lasts for %(weeks)s weeks at the end of %(week)s; at least %(limit)s are wanted."),
    "supply_high": _("Stock lasts for %(weeks)s weeks at the end of %(week)s; more than %(limit)s is too much."),
    "stockout": _("%(product)s was out of stock at the end of %(week)s; it sold %(weekly)s units a week before."),
}

NEXT_STEPS = {
    "feed_late": _("See the feed"),
    "feed_partial": _("See the file"),
    "feed_small": _("See the file"),
    "sell_through_behind": _("See sell-through"),
    "past_due_backlog": _("See open orders"),
    "receivables_overdue": _("See receivables"),
    "supply_short": _("See the shares"),
    "supply_low": _("See supply"),
    "supply_high": _("See supply"),
    "stockout": _("See why"),
}
