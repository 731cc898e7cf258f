import pytest

from tests.receiver import Receiver


@pytest.fixture
def receiver(settings):
    """A receiver on this machine that we may post to."""
    found = Receiver()
    settings.WEBHOOK_ALLOW = [found.place]
    yield found
    found.close()
