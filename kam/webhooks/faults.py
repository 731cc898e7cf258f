"""Why a delivery was not taken, as codes in the table and sentences for people."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "not_an_address": _("This is not an address."),
    "names_a_person": _("An address with a name or password in it is not accepted."),
    "not_https": _("The address must begin with https://."),
    "wrong_port": _("Only the ports 443 and 8443 are possible."),
    "not_public": _("The address must name a machine on the internet."),
    "unknown_host": _("The name of the machine is not known."),
    "timeout": _("No answer in time."),
    "no_connection": _("Nobody answers there."),
    "certificate": _("The certificate is not good for this address."),
    "redirect": _("It answered with another address, which is not followed."),
    "refused": _("It did not take the event."),
    "given_up": _("Nobody answered there for a day."),
    "not_seen": _("You do not see this any more."),
}


class Refused(ValueError):
    """We do not post there; `code` says why."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


def sentence(code):
    """The fault in words of the current language, empty for none."""
    return str(SENTENCES.get(code, code))
