"""Who may be told of an entry of the audit log. Pages ask the same: `visible_to` for rows, `READS` for classes."""

from accounts.models import Account
from kam.roles import Role


def seen_by(entries, user):
    """The entries about accounts that `user` sees, in classes of data they read; all of them for auditors."""
    if not user.is_active or user.role == Role.AUDITOR:
        return entries.visible_to(user)
    accounts = Account.objects.visible_to(user).order_by().values("pk")
    return entries.readable_by(user).filter(account_id__in=accounts)
