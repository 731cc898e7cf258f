"""`make run`, whole: the first start, a killed one, a second one, and the sentences that refuse a start."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys

import pytest

from kam.local import Advice, places, processes, static, up
from tests.local.conftest import environment


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Launcher:
    """A started launcher with what it prints."""

    def __init__(self, folder, log, port):
        self.folder, self.log, self.port = folder, log, port
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "kam.local.up"],
                cwd=places.CHECKOUT,
                env=environment(folder, PORT=str(port), PYTHONUNBUFFERED="1"),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    def said(self):
        return self.log.read_text()

    def is_ready(self):
        assert self.process.poll() is None, self.said()
        return f"\nKAM is ready at http://127.0.0.1:{self.port}\n" in self.said()

    def parts(self):
        """The process ids of everything that this launch runs, by what they are."""
        return processes.with_environment(f"KAM_VAR={self.folder}", "KAM_INSTANCE=")

    def status(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        finally:
            connection.close()

    def end(self, number):
        self.process.send_signal(number)
        return self.process.wait(60)


@pytest.fixture
def launch(folder, tmp_path):
    started = []

    def start(port):
        launcher = Launcher(folder, tmp_path / f"{len(started)}.log", port)
        started.append(launcher)
        return launcher

    yield start
    for launcher in started:
        launcher.process.kill()
        launcher.process.wait()
        processes.end(launcher.parts())


def test_first_start_killed_and_started_again(folder, launch, eventually):
    port = free_port()
    first = launch(port)
    eventually(first.is_ready, patience=300)
    assert [first.status("/livez"), first.status("/readyz")] == [200, 200]
    assert (folder / "demo-logins.json").stat().st_mode & 0o077 == 0

    refused = launch(free_port())
    assert refused.process.wait(30) == 1
    assert refused.said().startswith(f"KAM is running from this checkout already, at http://127.0.0.1:{port}: stop it")

    worker = next(pid for pid in first.parts() if "--hostname worker@" in command_line(pid))
    os.kill(worker, signal.SIGKILL)
    eventually(lambda: "The worker ended (killed by SIGKILL); starting it again in 1 s." in first.said())

    parts = first.parts()
    first.end(signal.SIGKILL)
    second = launch(port)
    eventually(second.is_ready, patience=120)
    assert "A night has run before" in second.said()
    assert [pid for pid in parts if processes.alive(pid)] == []

    assert second.end(signal.SIGINT) == 0
    assert second.said().endswith("KAM has stopped.\n")
    assert second.parts() == []


def command_line(pid):
    with open(f"/proc/{pid}/cmdline") as file:
        return file.read().replace("\0", " ")


def test_a_busy_port_is_refused_with_the_way_out(folder, launch):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        launcher = launch(port)
        assert launcher.process.wait(30) == 1
    expected = f"Port {port} is used by another program: choose another, like `make run PORT={port + 1}`.\n"
    assert launcher.said() == expected


@pytest.mark.parametrize("text", ["eighty", "0", "70000", "-1"])
def test_a_port_that_is_none_is_refused(text):
    with pytest.raises(Advice, match=f"^PORT={re.escape(text)} is not a port number"):
        up.port_from(text)


def test_static_files_are_collected_only_when_they_changed(monkeypatch, tmp_path):
    monkeypatch.setattr(places, "CHECKOUT", tmp_path)
    monkeypatch.setenv("KAM_VAR", str(tmp_path / "var"))
    for name in ("static/a.css", "var/static/a.css"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("a")
    before = static.mark()
    (tmp_path / "var/static/a.css").write_text("changed")
    assert static.mark() == before
    (tmp_path / "static/a.css").write_text("changed")
    assert static.mark() != before
