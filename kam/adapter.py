from allauth.account.adapter import DefaultAccountAdapter


class Adapter(DefaultAccountAdapter):
    """Accounts are made by administrators, never by strangers."""

    def is_open_for_signup(self, request):
        return False
