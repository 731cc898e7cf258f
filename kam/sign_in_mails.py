"""Messages about signing in: a link to choose a new password, and word of what was changed."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kam.mail import Kind, from_templates
from kam.templatetags import formats

# By django-allauth's names of what was done.
DONE = {
    "password_changed": gettext_lazy("Your password was changed."),
    "password_set": gettext_lazy("Your password was set."),
    "password_reset": gettext_lazy("Your password was reset by a link that was mailed to you."),
    "totp_activated": gettext_lazy("An authenticator app was added to your sign-in."),
    "totp_deactivated": gettext_lazy("The authenticator app was removed from your sign-in."),
    "webauthn_added": gettext_lazy("A passkey was added to your sign-in."),
    "webauthn_removed": gettext_lazy("A passkey was removed from your sign-in."),
    "recovery_codes_generated": gettext_lazy("New recovery codes were made; the old ones no longer work."),
    "account_connected": gettext_lazy("You signed in with single sign-on for the first time."),
}


def _reset(mail, params):
    """`link`: where the person chooses a new password."""
    return from_templates("password_reset", _("A new password for KAM"), user=mail.user, link=params["link"])


def _changed(mail, params):
    """`what`: a key of DONE; `address`: of the device it was done from; `at`: when, ISO."""
    if params["what"] not in DONE:
        return None
    return from_templates(
        "sign_in_changed",
        _("Your sign-in to KAM was changed"),
        user=mail.user,
        done=DONE[params["what"]],
        address=params["address"],
        at=formats.moment(datetime.fromisoformat(params["at"])),
    )


RESET = Kind(_reset, again=True, good_for=timedelta(hours=12), secret=True)
CHANGED = Kind(_changed, again=True)
