"""Messages of the kernel. Those of other floors stand there; `settings.MAIL_KINDS` names all."""

from datetime import date, timedelta

from django.utils.translation import gettext as _

from kam.mail import Kind, from_templates
from kam.templatetags import formats


def _invitation(mail, params):
    """`link`: where the person chooses a password."""
    return from_templates("invitation", _("Your account in KAM"), user=mail.user, link=params["link"])


def _deputy(mail, params):
    """`person`: who is away; `starts` and `ends`: first and last day; `reason`."""
    days = {name: formats.day_long(date.fromisoformat(params[name])) for name in ("starts", "ends")}
    subject = _("You stand in for %(person)s") % {"person": params["person"]}
    words = {"person": params["person"], "reason": params.get("reason", "")}
    return from_templates("deputy", subject, user=mail.user, **words, **days)


INVITATION = Kind(_invitation, again=True, good_for=timedelta(days=7), secret=True)
DEPUTY = Kind(_deputy, again=True)
