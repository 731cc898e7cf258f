"""Mail to people: a row first, the server later. A row is one message to one person, and is sent at most once.

    kam.mail.queue(user=anna, kind="invitation", key=f"invitation:{n}", params={"link": address}, by=admin)

Kinds stand in `settings.MAIL_KINDS`. Words are made when the message goes out, in the reader's language and time zone.
"""

import json
import logging
import re
import smtplib
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from html import unescape

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.module_loading import import_string

from kam.audit import log, plain
from kam.models import Mail
from kam.sealing import seal, unseal

logger = logging.getLogger(__name__)
State = Mail.State
AN_ANSWER_TAKES = timedelta(minutes=10)
ATTEMPTS = 6
AT_ONCE = 200


@dataclass(frozen=True)
class Kind:
    """One kind of message: `build(mail, params)` makes it, or None when there is nothing to say after all.

    `again` says that two are better than none, so that it is repeated when nobody knows what became of it. What is
    older than `good_for` is not sent any more. With `secret`, parameters are sealed, and forgotten at the end.
    """

    build: Callable
    again: bool = False
    good_for: timedelta = timedelta(days=3)
    secret: bool = False


@dataclass(frozen=True)
class Message:
    """What one person gets: a subject of one line, text, and the same as HTML."""

    subject: str
    text: str
    html: str = ""


def kind_named(name):
    """The Kind of this name. Raises KeyError for one that is not in `settings.MAIL_KINDS`."""
    return import_string(settings.MAIL_KINDS[name])


def queue(*, user, kind, key, params, by=None):
    """Have a message of `kind` sent to `user`; returns its row, the existing one when `key` was used for them before.

    `params` are JSON values. `by`, a user, is noted in the audit log. Raises KeyError for an unknown kind.
    """
    params = plain(params)
    stored = {"sealed": seal(json.dumps(params))} if kind_named(kind).secret else params
    with transaction.atomic():
        mail, is_new = Mail.objects.get_or_create(user=user, key=key, defaults={"kind": kind, "params": stored})
        if is_new and by is not None:
            log(user, "written_to", by=by, after={"kind": kind})
    return mail


def from_templates(name, subject, **context):
    """A Message of `mail/<name>.txt` and `mail/<name>.html`; text of others is escaped in the HTML only."""
    context |= {"subject": subject, "base_url": settings.BASE_URL.rstrip("/")}
    lines = [line.rstrip() for line in unescape(render_to_string(f"mail/{name}.txt", context)).splitlines()]
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"
    return Message(subject, text, render_to_string(f"mail/{name}.html", context))


def send_waiting():
    """Deal with what is due, at most AT_ONCE messages; returns with how many: sent, refused, or not to be sent.

    While the server is not there nothing is touched.
    """
    settle()
    if not _due().exists():
        return 0
    try:
        connection = get_connection()
        connection.open()
    except (OSError, smtplib.SMTPException) as error:
        logger.warning("the mail server is not there: %s", error)
        return 0
    done = 0
    try:
        while done < AT_ONCE and _send_next(connection):
            done += 1
    except (OSError, smtplib.SMTPException) as error:
        logger.warning("the mail server went away: %s", error)
    finally:
        connection.close()
    return done


def settle():
    """What can no longer be sent is failed; what may be sent twice and was never answered waits again."""
    now = timezone.now()
    for name in settings.MAIL_KINDS:
        kind, mails = kind_named(name), Mail.objects.filter(kind=name)
        if kind.again:
            mails.filter(state=State.SENDING, run_after__lt=now).update(state=State.WAITING)
        too_late = mails.filter(state=State.WAITING, created_at__lt=now - kind.good_for)
        too_late.update(state=State.FAILED, error="too late", **({"params": {}} if kind.secret else {}))


def _due():
    return Mail.objects.filter(state=State.WAITING, run_after__lte=timezone.now())


def _send_next(connection):
    """Mark one message, commit, then send it. False when none is left. Raises what the connection raises."""
    mail = _claim()
    if mail is None:
        return False
    message = _made(mail)
    if message:
        _send(mail, message, connection)
    return True


@transaction.atomic
def _claim():
    """The next message, marked `sending`: from now on it counts as sent unless the server says no."""
    mail = _due().select_for_update(skip_locked=True, of=("self",)).select_related("user").order_by("run_after").first()
    if mail:
        mail.state, mail.attempt, mail.run_after = State.SENDING, mail.attempt + 1, timezone.now() + AN_ANSWER_TAKES
        mail.save(update_fields=["state", "attempt", "run_after"])
    return mail


def _made(mail):
    """The message in the reader's words, or None when there is none to send; then the row says why."""
    if not mail.user.is_active:
        return _end(mail, State.FAILED, "no longer active")
    kind = kind_named(mail.kind)
    params = json.loads(unseal(mail.params["sealed"])) if kind.secret else mail.params
    zone = zoneinfo.ZoneInfo(mail.user.time_zone)
    try:
        with translation.override(mail.user.language), timezone.override(zone):
            message = kind.build(mail, params)
    except Exception as error:  # one that cannot be made must not keep back all behind it
        logger.exception("message %s could not be made", mail.pk)
        return _end(mail, State.FAILED, type(error).__name__)
    return message or _end(mail, State.SKIPPED)


def _send(mail, message, connection):
    """Ask the server; a refusal is an answer, silence is not."""
    try:
        email_of(mail, message, connection).send()
    except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused) as error:
        _refused(mail, error)
    else:
        _end(mail, State.SENT)


def _refused(mail, error):
    """Not taken: again later when the server says so (4xx), never when it says never (5xx)."""
    answers = error.recipients.values() if isinstance(error, smtplib.SMTPRecipientsRefused) else [error.args]
    code, text = next(iter(answers))[:2]
    said = f"{code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"[:300]
    if 400 <= code < 500 and mail.attempt < ATTEMPTS:
        wait = timedelta(minutes=2**mail.attempt)
        Mail.objects.filter(pk=mail.pk).update(state=State.WAITING, run_after=timezone.now() + wait, error=said)
    else:
        _end(mail, State.FAILED, said)


def _end(mail, state, error=""):
    changes = {"state": state, "error": error}
    if state == State.SENT:
        changes["sent_at"] = timezone.now()
    if kind_named(mail.kind).secret:
        changes["params"] = {}
    Mail.objects.filter(pk=mail.pk).update(**changes)


def email_of(mail, message, connection):
    """The message as it goes out. Its subject is one line whatever a name holds, its id the same at each try."""
    host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">") or "kam"
    headers = {"Message-ID": f"<kam-{mail.pk}@{host}>", "Auto-Submitted": "auto-generated"}
    subject = "".join(c for c in " ".join(message.subject.split()) if c.isprintable())
    email = EmailMultiAlternatives(
        subject, message.text, settings.DEFAULT_FROM_EMAIL, [mail.user.email], headers=headers, connection=connection
    )
    if message.html:
        email.attach_alternative(message.html, "text/html")
    return email
