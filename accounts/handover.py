"""What of the accounts floor belongs to a person and can be handed over."""

from django.utils.translation import gettext_lazy as _

from accounts.access import HANDLERS, KEEPERS
from accounts.models import Account, Alert, Contact, Membership
from kam.audit import log_many
from kam.handover import Part, reassign
from kam.roles import MEMBERS, Role

PEOPLE = KEEPERS - {Role.API_CLIENT}


def hand_accounts(part, rows, to, *, by, reason):
    """Accounts with their successor as member, who so sees them and all below."""
    reassign(part, rows, to, by=by, reason=reason)
    known = set(Membership.objects.filter(user=to, account__in=rows).values_list("account", flat=True))
    fresh = [Membership(account=row, user=to) for row in rows if row.pk not in known]
    Membership.objects.bulk_create(fresh)
    log_many(fresh, "created", by=by, after=lambda m: {"account_id": m.account_id, "user_id": to.pk}, reason=reason)


def hand_memberships(part, rows, to, *, by, reason):
    """Memberships; where the successor is a member already, the leaver's goes."""
    known = set(Membership.objects.filter(user=to).values_list("account", flat=True))
    double = [row for row in rows if row.account_id in known]
    log_many(
        double, "removed", by=by, before=lambda m: {"account_id": m.account_id, "user_id": m.user_id}, reason=reason
    )
    Membership.objects.filter(pk__in=[row.pk for row in double]).delete()
    if moving := [row for row in rows if row.account_id not in known]:
        reassign(part, moving, to, by=by, reason=reason)


def _accounts(user):
    return Account.objects.filter(owner=user)


def _memberships(user):
    return Membership.objects.filter(user=user).select_related("account", "user")


def _contacts(user):
    return Contact.objects.filter(our_owner=user).select_related("account")


def _alerts(user):
    return Alert.objects.unresolved().filter(acknowledged_by=user).select_related("account")


PARTS = (
    Part("accounts", _("Accounts they manage"), _accounts, "owner", PEOPLE, needed=True, hand=hand_accounts),
    Part("memberships", _("Accounts they look after"), _memberships, "user", MEMBERS, hand=hand_memberships),
    Part("contacts", _("Relationships with contacts"), _contacts, "our_owner", PEOPLE),
    Part("alerts", _("Alerts they took on"), _alerts, "acknowledged_by", HANDLERS - {Role.API_CLIENT}),
)
