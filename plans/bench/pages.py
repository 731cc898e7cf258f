"""How long people and other systems wait for a page of a company of a thousand accounts, and how many queries it costs.

A real web server on this machine answers one request after the other, without a browser; times include reading the
whole answer. Queries are counted in this process, on the second visit, when nothing is looked up for the first time.
"""

import http.client
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from kam import night
from kam.local.children import Child, stop_all, tail
from kam.models import User
from kam.services import issue_token
from plans.bench import company
from plans.bench.company import Size
from plans.bench.figures import figure, load
from plans.bench.night import in_this_process
from plans.models import Plan
from tradeterms.models import Agreement

REQUESTS = 60
WARMING = 8
MOST = 150
READY_PATIENCE = 60


@dataclass(frozen=True)
class Page:
    """One address, and the headers by which its reader is known."""

    name: str
    path: str
    headers: dict


def visits(write, size: Size | None = None, requests: int = REQUESTS) -> Iterator[dict]:
    """Latency (p50, p95, in ms) and queries of each page; at most 150 ms are allowed for p95."""
    if not company.is_there():
        _company(size or Size())
    chosen = _pages()
    with _web_server() as port, closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as server:
        for page in chosen:
            for _ in range(min(WARMING, requests)):
                _get(server, page)
            cuts = quantiles([_get(server, page) for _ in range(requests)], n=20, method="inclusive")
            yield figure(f"{page.name}, p50", cuts[9], "ms")
            yield figure(f"{page.name}, p95", cuts[18], "ms", MOST)
            yield figure(f"{page.name}, queries", _queries(page), "queries")
    yield load()


def _company(size):
    day = night.default_date()
    company.build(size, day)
    in_this_process(day)


def _pages():
    director, manager = (User.objects.get(email=email) for email in (company.DIRECTOR, company.MANAGER))
    return [*_seen_by("director", director), *_seen_by("account manager", manager), *_called_by(director)]


def _seen_by(role, person):
    account = company.account()
    plan = Plan.objects.get(account=account)
    agreement = Agreement.objects.get(account=account)
    paths = {
        "home": reverse("home"),
        "accounts": reverse("accounts:list"),
        "account": account.get_absolute_url(),
        "plan": plan.get_absolute_url(),
        "agreement": agreement.get_absolute_url(),
        "KPI overview": reverse("kpis:overview"),
        "imports": reverse("kpis:import-list"),
        "night": reverse("night-day", args=[night.default_date()]),
    }
    headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={_session(person)}"}
    return [Page(f"{name}, {role}", path, headers) for name, path in paths.items()]


def _called_by(person):
    _token, text = issue_token(user=person, name="bench", scopes=["accounts:read"], days=1, by=None)
    headers = {"Authorization": f"Bearer {text}"}
    row = reverse("api-accounts-detail", args=[company.account().pk])
    return [
        Page("API, list of 50", f"{reverse('api-accounts-list')}?limit=50", headers),
        Page("API, one account", row, headers),
    ]


def _session(person):
    """The key of a session in which the person has signed in."""
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.save()
    return session.session_key


@contextmanager
def _web_server():
    """The web server of `make run`, on a free port; yields the port."""
    port = _free_port()
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "gunicorn", "--config", "kam/local/gunicorn_conf.py"]
        environment = os.environ | {"PORT": str(port), "KAM_HOST": "127.0.0.1"}
        server = Child("web server", command, log=Path(folder) / "web.log", env=environment)
        server.start()
        try:
            _wait_for(port, server)
            yield port
        finally:
            stop_all([server], 20)


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


def _get(server, page):
    """Milliseconds until the whole answer is here."""
    start = time.perf_counter()
    server.request("GET", page.path, headers=page.headers)
    answer = server.getresponse()
    answer.read()
    passed = time.perf_counter() - start
    if answer.status != 200:
        raise RuntimeError(f"{page.name}: {page.path} answers {answer.status}.")
    return passed * 1000


def _queries(page):
    client = Client(headers=page.headers, SERVER_NAME="127.0.0.1")
    client.get(page.path)
    with CaptureQueriesContext(connection) as captured:
        client.get(page.path)
    return len(captured)
