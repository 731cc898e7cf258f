from datetime import datetime, timedelta

from django.db.models import Count, F, Q, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from accounts.models import Account, Alert
from accounts.showing import in_groups, totals
from kam.lists import shared_unit
from kam.models import Entry
from kam.panels import shown
from kam.templatetags import formats

COOKIE = "kam_visit"
A_VISIT_ENDS = timedelta(minutes=30)
A_YEAR = 365 * 24 * 60 * 60
ACCOUNTS_SHOWN, ALERTS_SHOWN = 8, 4
WINDOWS = (("visit", gettext_lazy("Since last visit")), ("1", gettext_lazy("24 h")), ("7", gettext_lazy("7 days")))


class Home(TemplateView):
    """What changed, what is at stake, what to do first."""

    template_name = "home.html"

    def get_context_data(self, **kwargs):
        user, now = self.request.user, timezone.now()
        self.visit = Visit.read(self.request.COOKIES.get(COOKIE, ""), user, now)
        window = self.request.GET.get("since", "visit")
        since = now - timedelta(days=int(window)) if window in ("1", "7") else self.visit.since
        columns = {
            f"{column}_panels": shown("home", column, self.request) for column in ("top", "main", "side", "bottom")
        }
        return super().get_context_data(
            today=timezone.localdate(),
            since=since,
            window=window if window in ("1", "7") else "visit",
            windows=WINDOWS,
            has_accounts=Account.objects.visible_to(user).exists(),
            **changes(user, since),
            **overnight(user, since),
            **columns,
            **kwargs,
        )

    def render_to_response(self, context, **kwargs):
        response = super().render_to_response(context, **kwargs)
        response.set_cookie(
            COOKIE,
            self.visit.text(self.request.user),
            max_age=A_YEAR,
            httponly=True,
            samesite="Lax",
            secure=self.request.is_secure(),
        )
        return response


class Visit:
    """When the person was here before this visit, kept in a cookie: person, end of last visit, latest look."""

    def __init__(self, since, latest):
        self.since, self.latest = since, latest

    @classmethod
    def read(cls, text, user, now):
        """A look more than half an hour after the one before begins a new visit; the first one looks back a day."""
        try:
            person, since, latest = text.split("|")
            since, latest = datetime.fromisoformat(since), datetime.fromisoformat(latest)
            known = person == str(user.pk) and since <= latest <= now
        except (ValueError, TypeError):
            known = False
        if not known:
            return cls(now - timedelta(days=1), now)
        return cls(latest if now - latest > A_VISIT_ENDS else since, now)

    def text(self, user):
        return f"{user.pk}|{self.since.isoformat()}|{self.latest.isoformat()}"


def changes(user, since):
    """How much others and the night changed on how many accounts since then."""
    visible = Account.objects.visible_to(user).order_by().values("pk")
    entries = Entry.objects.filter(account_id__in=visible, at__gt=since).readable_by(user)
    others = entries.exclude(actor=user).order_by()
    return others.aggregate(changes=Count("pk"), changed_accounts=Count("account_id", distinct=True))


def overnight(user, since):
    """Open alerts by account, the most money first, and what they come to."""
    alerts = Alert.objects.visible_to(user).filter(state=Alert.State.OPEN).order_by()
    accounts = _most_at_stake(alerts)
    chosen = alerts.filter(account__in=[a.pk for a in accounts]).worst_of_each_account(ALERTS_SHOWN)
    shared = shared_unit([a.currency for a in chosen] + [a.currency for a in accounts if a.at_stake])
    due = Count("pk", filter=Q(act_by__lte=timezone.localdate()))
    sums = list(alerts.values_list("currency").annotate(sum=Sum("at_stake"), n=Count("pk"), due=due))
    return {
        "groups": in_groups(accounts, chosen, shared=shared, since=since.date()),
        "unit": formats.money_unit(shared) if shared else "",
        "at_stake": totals([(currency, total) for currency, total, _n, _due in sums]),
        "alerts_open": sum(n for _currency, _total, n, _due in sums),
        "due": sum(due for _currency, _total, _n, due in sums),
        "alerts_url": reverse("accounts:alert-list"),
        "alerts_label": _("All alerts"),
    }


def _most_at_stake(alerts):
    """The accounts with most money at stake in their own currency, as rows with `at_stake`; then others.

    Sums are made by account and currency, and only of the largest is it asked whose own currency it is: that of all
    would be asked of every account of the house. Where most are in another one, it is asked of all the same.
    """
    accounts = {}
    for some in (alerts, alerts.filter(currency=F("account__currency"))):
        sums = some.values_list("account", "currency").annotate(sum=Sum("at_stake"))
        rows = list(sums.order_by(F("sum").desc(nulls_last=True), "account")[: 4 * ACCOUNTS_SHOWN])
        accounts |= Account.objects.in_bulk({pk for pk, _currency, _sum in rows})
        own = {pk: total for pk, currency, total in rows if total is not None and accounts[pk].currency == currency}
        if len(own) >= ACCOUNTS_SHOWN or len(rows) < 4 * ACCOUNTS_SHOWN or rows[-1][-1] is None:
            break
    chosen = [*own, *sorted(accounts.keys() - own.keys())][:ACCOUNTS_SHOWN]
    for pk in chosen:
        accounts[pk].at_stake = own.get(pk)
    return [accounts[pk] for pk in chosen]
