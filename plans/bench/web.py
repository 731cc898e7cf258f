"""A real web server on this machine, and the readers who come to it."""

import http.client
import os
import socket
import sys
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from kam.local.children import Child, stop_all, tail
from kam.services import issue_token

READY_PATIENCE, ANSWER_PATIENCE = 60, 60
WORKERS = 2


@dataclass(frozen=True)
class Page:
    """One address, and the headers by which its reader is known; `status` is what it must answer."""

    name: str
    path: str
    headers: dict = field(default_factory=dict)
    status: int = 200


def signed_in(person):
    """The headers of a browser in which the person has signed in."""
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.save()
    return {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session.session_key}"}


def with_token(person):
    """The headers of a program that calls in the person's name, with a token of its own."""
    _token, text = issue_token(user=person, name="bench", scopes=["accounts:read"], days=1, by=None)
    return {"Authorization": f"Bearer {text}"}


@contextmanager
def web_server():
    """The web server of `make run` with two processes, on a free port; yields the port."""
    port = _free_port()
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "gunicorn", "--config", "kam/local/gunicorn_conf.py"]
        environment = os.environ | {"PORT": str(port), "KAM_HOST": "127.0.0.1", "WEB_CONCURRENCY": str(WORKERS)}
        server = Child("web server", command, log=Path(folder) / "web.log", env=environment)
        server.start()
        try:
            _wait_for(port, server)
            yield port
        finally:
            stop_all([server], 20)


def visitor(port):
    """One reader's way to the server; opened again where the server ends it."""
    return closing(http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_PATIENCE))


def get(server, page):
    """(milliseconds until the whole answer is here, the answer). Raises RuntimeError for another status."""
    start = time.perf_counter()
    server.request("GET", page.path, headers=page.headers)
    answer = server.getresponse()
    answer.read()
    passed = time.perf_counter() - start
    if answer.status != page.status:
        raise RuntimeError(f"{page.name}: {page.path} answers {answer.status}.")
    return passed * 1000, answer


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for(port, server):
    deadline = time.monotonic() + READY_PATIENCE
    while server.process.poll() is None and time.monotonic() < deadline:
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as probe:
                probe.request("GET", "/livez")
                if probe.getresponse().status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"The web server does not answer:\n{tail(server.log)}")
