"""Fixtures of the faults: a house of real processes, a night that goes wrong, a Redis to lose, a receiver of posts."""

import os

import pytest

from kam import nightly
from tests.faults import nights
from tests.faults.house import Broker, House
from tests.receiver import Receiver


@pytest.fixture
def receiver(settings):
    """A receiver on this machine that we may post to."""
    found = Receiver()
    settings.WEBHOOK_ALLOW = [found.place]
    yield found
    found.close()


@pytest.fixture(scope="session")
def seeds():
    """How often a fault is repeated: once for a commit, KAM_SEEDS=20 for a night of testing."""
    return int(os.environ.get("KAM_SEEDS", "1"))


@pytest.fixture
def house(transactional_db, redis_client, tmp_path):
    """A function that starts processes: `house(FAULTS="1=die").worker()`."""
    built = []

    def build(**env):
        built.append(House(tmp_path, **env))
        return built[-1]

    yield build
    for one in built:
        one.end()


@pytest.fixture
def broken_night(monkeypatch, settings):
    """This process knows the night of the tests, too, with leases of two seconds; the environment for a house."""
    settings.NIGHT_SHARDS, settings.NIGHT_LEASE_SECONDS = nights.SHARDS, 2
    monkeypatch.setattr(nightly, "STEPS", nights.STEPS)
    return {"KAM_NIGHT_SHARDS": str(nights.SHARDS), "KAM_NIGHT_LEASE_SECONDS": "2"}


@pytest.fixture
def broker(tmp_path):
    """A Redis that only the house of this test uses."""
    broker = Broker(tmp_path / "redis")
    yield broker
    broker.end()
