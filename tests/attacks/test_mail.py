"""A38, A39: no name writes headers, no host header writes links."""

import pytest
from django.core import mail as outbox

from kam import mail
from kam.mail import Message, email_of
from kam.models import Mail
from tests import make

pytestmark = pytest.mark.django_db
EVIL = [
    "Anna\r\nBcc: everybody@example.com",
    "Anna\nSubject: You won",
    "Anna\r\n\r\nA whole new body",
    "Anna\u2028Bcc: x@example.com",
    "Anna\x0bBcc: x@example.com",
    "Anna\x85Bcc: x@example.com",
    "Anna\x00Bcc: x@example.com",
    "=?utf-8?q?Anna=0D=0ABcc:_x@example.com?=",
]


@pytest.mark.parametrize("name", [name for name in EVIL if "\0" not in name])  # the database takes no NUL
def test_a_name_cannot_write_headers(name):
    params = {"person": name, "starts": "2026-12-01", "ends": "2026-12-04", "reason": name}
    mail.queue(user=make.user(), kind="deputy", key="1", params=params)
    mail.send_waiting()
    (sent,) = outbox.outbox
    written = sent.message()
    assert sorted(written.keys()) == sorted(
        ["Content-Type", "MIME-Version", "Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted"]
    )
    assert len(sent.recipients()) == 1
    assert written["Subject"].count("\n ") == written["Subject"].count("\n")
    head = written.as_bytes().split(b"\n\n")[0].lower()
    assert b"\nbcc" not in head
    assert b"\nsubject: you won" not in head


@pytest.mark.parametrize("subject", EVIL)
def test_a_subject_is_one_line(subject):
    row = Mail(pk=1, user=make.user())
    text = email_of(row, Message(subject, "x"), None).subject
    assert text.isprintable()
    assert text.splitlines() == [text]


def test_links_are_of_the_public_address_whatever_a_request_says(client, settings):
    settings.BASE_URL = "https://kam.example"
    settings.ALLOWED_HOSTS = ["*"]
    user = make.user()
    client.force_login(user)
    make.alert(make.account(user), raised_on="2026-11-23", url="/accounts/1/")
    client.get("/", HTTP_HOST="evil.example", HTTP_X_FORWARDED_HOST="evil.example")
    mail.queue(user=user, kind="digest", key="digest:2026-11-23", params={"day": "2026-11-23"})
    mail.send_waiting()
    (sent,) = outbox.outbox
    written = sent.body + sent.alternatives[0][0]
    assert "https://kam.example/accounts/1/" in written
    assert "evil" not in written
