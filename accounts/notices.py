"""What the accounts floor tells people: new critical alerts, and what they now look after or stand in for."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Alert, Team
from accounts.notifications import ALERT, Notice
from kam.models import User

SENTENCES = {
    "account_given": _("You are the account manager of “%(account)s” now."),
    "member_made": _("You look after “%(account)s” now."),
    "team_joined": _("You are in the team “%(team)s” now."),
    "deputy_made": _("You stand in for %(person)s from %(starts)s to %(ends)s."),
}
KINDS = {
    ALERT: _("Critical alert"),
    "account_given": _("Account manager"),
    "member_made": _("Put on an account"),
    "team_joined": _("Put on a team"),
    "deputy_made": _("Deputy"),
}
ICONS = {ALERT: "alert-triangle", "account_given": "user-check", "member_made": "users", "team_joined": "users"}
ICONS |= {"deputy_made": "user"}


def _critical(entries):
    """The account manager learns of new critical alerts."""
    found = Alert.objects.filter(pk__in=[e.object_id for e in entries], severity=Alert.Severity.CRITICAL)
    alerts = {str(alert.pk): alert for alert in found.select_related("account")}
    for entry in entries:
        if alert := alerts.get(entry.object_id):
            params = alert.params | {"alert": alert.code}
            url = alert.url or alert.get_absolute_url()
            yield Notice(entry, alert.account.owner_id, ALERT, params, url, alert.shown_to)


def _given(entries):
    """Whoever was made account manager."""
    for entry in entries:
        owner = (entry.after or {}).get("owner_id")
        if owner:
            yield Notice(entry, owner, "account_given", {"account": entry.label}, _page_of(entry.account_id))


def _member(entries):
    """Whoever was put on an account, unless they were made its account manager, which they are told anyway."""
    names = dict(Account.objects.filter(pk__in=[e.account_id for e in entries]).values_list("pk", "name"))
    owners = dict(Account.objects.filter(pk__in=names).values_list("pk", "owner"))
    for entry in entries:
        user, account = (entry.after or {}).get("user_id"), entry.account_id
        if account in names and owners[account] != user:
            yield Notice(entry, user, "member_made", {"account": names[account]}, _page_of(account))


def _team(entries):
    """Whoever was put on a team."""
    teams = [(entry.after or {}).get("team_id") for entry in entries]
    names = dict(Team.objects.filter(pk__in=teams).values_list("pk", "name"))
    for entry, team in zip(entries, teams, strict=True):
        if team in names:
            yield Notice(entry, entry.after.get("user_id"), "team_joined", {"team": names[team]}, reverse("home"))


def _deputy(entries):
    """Whoever was named as somebody's deputy."""
    said = [entry.after or {} for entry in entries]
    names = dict(User.objects.filter(pk__in=[after.get("person_id") for after in said]).values_list("pk", "name"))
    for entry, after in zip(entries, said, strict=True):
        if after.get("person_id") in names:
            days = {name: {"day": after[name]} for name in ("starts", "ends")}
            params = {"person": names[after["person_id"]]} | days
            yield Notice(entry, after.get("deputy_id"), "deputy_made", params, reverse("home"))


def _page_of(account_id):
    return reverse("accounts:detail", args=[account_id])


NOTICES = {
    "accounts.alert:raised": _critical,
    "accounts.alert:reopened": _critical,
    "accounts.account:created": _given,
    "accounts.account:changed": _given,
    "accounts.membership:created": _member,
    "accounts.teammembership:created": _team,
    "kam.deputy:created": _deputy,
}
