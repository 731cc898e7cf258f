from accounts.models import Account
from kam.views.suggestions import Suggestions


class AccountNames(Suggestions):
    """Accounts that may be meant by the beginning of a number or of a word of the name; without a text the first."""

    model = Account

    def found(self, rows, text):
        return (rows.found_by(text) if text else rows).order_by("sort_name", "pk")
