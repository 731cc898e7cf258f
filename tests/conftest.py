"""Fixtures for every test: the database as the unprivileged role, a clean Redis, a real worker, a browser."""

import gc
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import redis
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.utils import translation
from hypothesis import settings as hypothesis_settings

from kam.local import places, processes
from tests import servers, trust

ARGON2 = {name: getattr(Argon2PasswordHasher, name) for name in ("time_cost", "memory_cost", "parallelism")}
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]
# What takes longest comes first, so that at the end of a run no process waits for the other's one long test.
LONGEST = (
    "tests/test_access_mutations.py",
    "tests/local/test_up.py",
    "tests/plans/test_demo.py",
    "tests/plans/test_demo_stories.py",
    "tests/stories/test_stories.py",
    "tests/plans/test_bench.py",
    "tests/plans/test_real.py",
    "tests/test_night_killed.py",
    "tests/test_browser.py",
    "tests/faults/test_redis.py",
    "tests/faults/test_workers.py",
    "tests/kam/test_backup.py",
    "tests/kam/test_api_fuzz.py",
    "tests/plans/test_signing.py",
)
NO_CHROMIUM = "no Chromium: install chromium or set KAM_CHROMIUM= to one"
# How long an example takes depends on who else works on the machine.
hypothesis_settings.register_profile("kam", deadline=None)
hypothesis_settings.load_profile("kam")


def pytest_configure():
    """Nothing of what is collected is garbage."""
    gc.disable()


def pytest_collection_finish():
    """Eight thousand tests stay to the end: who looks for garbage need not look through them, nor often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)
    gc.enable()


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment, request):
    """A copy of the migrated database, emptied as superuser after each test that commits."""
    from django.db import connections  # noqa: PLC0415  settings are not loaded when conftest is
    from django.test import TransactionTestCase  # noqa: PLC0415

    request.config.kam_servers.wait()
    database = servers.Database()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: database.empty())
        yield
    connections.close_all()
    database.close()


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords():
    """The real way to hash, at the least cost it can have; `costly_passwords` brings the cost back."""
    with pytest.MonkeyPatch.context() as patch:
        for name, least in (("time_cost", 1), ("memory_cost", 8), ("parallelism", 1)):
            patch.setattr(Argon2PasswordHasher, name, least)
        yield


@pytest.fixture
def costly_passwords(monkeypatch):
    """Passwords cost what they cost outside the tests, for what is said about that."""
    for name, usual in ARGON2.items():
        monkeypatch.setattr(Argon2PasswordHasher, name, usual)


@pytest.fixture(autouse=True)
def own_language():
    """A page in another language leaves it behind for whoever asks next in the same thread."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def _clean_redis(request):
    """Leave no key behind for the next test, of those that may have touched Redis."""
    touches = "_django_db_helper" in request.fixturenames or "redis_client" in request.fixturenames
    client = request.getfixturevalue("redis_client") if touches else None
    yield
    if client:
        client.flushall()


@pytest.fixture(scope="session")
def redis_client(request):
    """This process's own Redis."""
    request.config.kam_servers.wait()
    with redis.Redis(unix_socket_path=str(servers.REDIS.socket)) as client:
        yield client


@pytest.fixture
def celery_worker_process(transactional_db, redis_client, tmp_path):
    """A real Celery worker on the test's servers; `.kill_tree()` is `kill -9` of it and its children."""
    worker = Worker(tmp_path / "worker.log")
    worker.start()
    yield worker
    worker.stop()


class Worker:
    """A Celery worker in its own process group."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        """Start it and wait until it takes messages."""
        command = [sys.executable, "-m", "celery", "-A", "kam", "worker", "--queues", "night,imports,outward,default"]
        command += ["--concurrency", "2", "--loglevel", "INFO", "--without-gossip", "--without-mingle"]
        seen = self._text().count(" ready.")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                cwd=places.CHECKOUT,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=processes.die_with_parent(signal.SIGQUIT),
            )
        deadline = time.monotonic() + 60
        while self._text().count(" ready.") == seen:
            if self.process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"The worker did not start:\n{self._text()[-3000:]}")
            time.sleep(0.05)

    def kill_tree(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill_tree()

    def _text(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""


def find_chromium() -> str | None:
    """A browser: KAM_CHROMIUM, then chromium or chrome on PATH, then Playwright's own."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
    found = os.environ.get("KAM_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if found:
        return found
    folder = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
    own = sorted(folder.glob("chromium*/chrome-linux*/*chrome*")) if folder.is_dir() else []
    return next((str(path) for path in reversed(own) if path.is_file() and os.access(path, os.X_OK)), None)


@pytest.fixture(scope="session")
def browser():
    """One Chromium for the whole run; skips when there is none."""
    chromium = find_chromium()
    if not chromium:
        pytest.skip(NO_CHROMIUM)
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  only where a browser is

    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright's loop runs in this thread
        chrome = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield chrome
        chrome.close()


@pytest.fixture
def live_site(live_server):
    """A real server on the test's database, as the role that owns nothing; `.url` is its address."""
    return live_server


@pytest.fixture
def page(browser, live_site):
    """A page in a fresh context of the live site; fails the test on script errors and on violated policies."""
    context = browser.new_context(base_url=live_site.url, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
    yield page
    context.close()
    assert faults == []


def pytest_collection_modifyitems(items):
    """What takes longest first; mark what needs a browser, and what docs/trust.md promises."""
    rank = {file: place for place, file in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.nodeid.partition("::")[0], len(rank)))
    promised = trust.marks()
    for item in items:
        if "browser" in item.fixturenames:
            item.add_marker("browser")
        for start in {item.nodeid, item.nodeid.partition("[")[0], item.nodeid.partition("::")[0], folder_of(item)}:
            for mark in promised.get(start, ()):
                item.add_marker(mark)


def folder_of(item):
    return "/".join(item.nodeid.split("/")[:2]) + "/"


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter):
    """Say loudly when the browser tests did not run."""
    stats = terminalreporter.stats.get("skipped", [])
    skipped = [report for report in stats if NO_CHROMIUM in str(report.longrepr)]
    if skipped:
        terminalreporter.section("BROWSER TESTS SKIPPED", sep="!", red=True, bold=True)
        terminalreporter.line(f"{len(skipped)} browser tests did not run: {NO_CHROMIUM}.", red=True)
