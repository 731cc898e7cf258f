"""The one place that speaks to strangers: a POST to a resolved address, within ten seconds, without redirects."""

import contextlib
import http.client
import logging
import socket
import ssl
import threading
from typing import NamedTuple

from django.conf import settings
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from kam.webhooks.address import resolved
from kam.webhooks.faults import Refused

logger = logging.getLogger(__name__)
CONNECT_SECONDS = 5
ANSWER_SECONDS = 10
LONGEST_ANSWER = 64 * 1024
FAILURES = (OSError, ValueError, HTTPError, http.client.HTTPException)


class Answer(NamedTuple):
    """What came back: the status, None without one, and what went wrong, a code of `kam.webhooks.faults`."""

    status: int | None
    error: str = ""

    @property
    def is_good(self):
        return self.status is not None and 200 <= self.status < 300


def post(url, body, headers):
    """Post `body` (bytes); returns an Answer whatever happens."""
    try:
        target = resolved(url)
        return _asked(_connection(target), target, body, headers)
    except Refused as refusal:
        return Answer(None, refusal.code)
    except FAILURES as error:
        logger.info("a webhook was not taken: %s", error)
        return Answer(None, _code_of(error))


def _connection(target):
    """A connection to exactly the address that was checked; the certificate must be of the name."""
    wait = {"port": target.port, "timeout": CONNECT_SECONDS}
    if not target.secure:
        return HTTPConnection(target.ip, **wait)
    trusted = ssl.create_default_context(cafile=settings.WEBHOOK_CA or None)
    return HTTPSConnection(target.ip, ssl_context=trusted, server_hostname=target.host, **wait)


def _asked(connection, target, body, headers):
    try:
        connection.connect()
        connection.sock.settimeout(ANSWER_SECONDS)
        with _no_longer_than(ANSWER_SECONDS, connection.sock) as cut:
            connection.request("POST", target.path, body, _all(headers, target), preload_content=False)
            answer = connection.getresponse()
            answer.read(LONGEST_ANSWER)
        return Answer(None, "timeout") if cut.is_set() else _judged(answer.status)
    finally:
        connection.close()


def _judged(status):
    if 300 <= status < 400:
        return Answer(status, "redirect")
    return Answer(status, "" if 200 <= status < 300 else "refused")


def _all(headers, target):
    usual = target.port == (443 if target.secure else 80)
    name = f"[{target.host}]" if ":" in target.host else target.host
    return {
        "Host": name if usual else f"{name}:{target.port}",
        "Content-Type": "application/json",
        "User-Agent": "KAM-webhooks/1",
        "Connection": "close",
        **headers,
    }


@contextlib.contextmanager
def _no_longer_than(seconds, sock):
    """Cut the line after so many seconds, however slowly bytes drip in; the event says whether it was cut."""
    cut = threading.Event()

    def end():
        cut.set()
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield cut
    except FAILURES as error:
        if cut.is_set():
            raise TimeoutError("timed out") from error
        raise
    finally:
        timer.cancel()


def _code_of(error):
    if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
        return "certificate"
    if isinstance(error, NewConnectionError):
        return "no_connection"
    return "timeout" if isinstance(error, TimeoutError | ConnectTimeoutError) else "no_connection"
