from allauth.account.views import LogoutView


class Logout(LogoutView):
    """Sign out, and have the browser forget what it kept of us. The language and the theme stay: they say nothing."""

    def post(self, *args, **kwargs):
        response = super().post(*args, **kwargs)
        response["Clear-Site-Data"] = '"cache", "storage"'
        return response
