"""A machine of one's own: a data folder, and other processes that use its servers."""

import contextlib
import os
import pwd
import shutil
import subprocess
import sys
import time

import pytest

from kam.local import keeper, places

USER = """
import sys
from kam.local import Advice, servers
try:
    with servers.ensure():
        print("up", flush=True)
        sys.stdin.read()
except Advice as error:
    print(error, flush=True)
"""
OWN = ("DATABASE_URL", "DATABASE_APP_URL", "REDIS_URL", "SECRET_KEY", "KAM_INSTANCE")


def environment(folder, **more):
    """The environment of somebody who starts KAM on data folder `folder` and says nothing else."""
    return {name: value for name, value in os.environ.items() if name not in OWN} | {"KAM_VAR": str(folder)} | more


class User:
    """Another process that uses the embedded servers of `folder` until it leaves or is killed."""

    def __init__(self, folder, **more):
        self.process = subprocess.Popen(
            [sys.executable, "-c", USER],
            cwd=places.CHECKOUT,
            env=environment(folder, **more),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def said(self):
        return self.process.stdout.readline().strip()

    def leave(self):
        self.process.communicate()

    def kill(self):
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def user(folder):
    """Start a `User` of the folder's servers; all leave at the end."""
    with contextlib.ExitStack() as stack:

        def start(**more):
            user = User(folder, **more)
            stack.callback(user.kill)
            return user

        yield start


@pytest.fixture
def folder():
    """An empty data folder, passable for the database's user; its servers are stopped at the end."""
    folder = places.scratch()
    (folder / places.SCRATCH_MARK).unlink()
    yield folder
    for home in (folder / "postgres", folder / "redis"):
        keeper.stop(home)
    shutil.rmtree(folder)


@pytest.fixture
def eventually():
    """Wait for a condition; fails after `patience` seconds."""

    def wait(condition, patience=20):
        deadline = time.monotonic() + patience
        while not condition():
            assert time.monotonic() < deadline, "did not happen in time"
            time.sleep(0.05)

    return wait


@pytest.fixture
def ordinary():
    """A user without any rights, made for this test; only root can make one."""
    if os.geteuid() != 0 or not shutil.which("useradd"):
        pytest.skip("only root can make a user to test with")
    name = f"kam-test-{os.getpid()}"
    subprocess.run(["useradd", "--no-create-home", name], check=True, capture_output=True)
    user = pwd.getpwnam(name)
    yield user
    subprocess.run(["userdel", "--force", name], check=True, capture_output=True)
