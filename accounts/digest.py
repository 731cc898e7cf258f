"""The daily mail: what changed since yesterday, what waits, what is late. At each one's own hour of their own day."""

from datetime import timedelta

from kam.mail import Kind


def _message(mail, params):
    return None


DIGEST = Kind(_message, good_for=timedelta(hours=18))
