"""A heartbeat beats while the work goes on, and no longer."""

import time

import pytest
from django.db import DatabaseError

from kam.leases import heartbeat


def test_it_renews_while_the_block_works():
    beats = []
    with heartbeat(lambda: beats.append(1), 0.06):
        time.sleep(0.3)
    seen = len(beats)
    time.sleep(0.1)
    assert seen >= 2
    assert len(beats) == seen


def test_work_that_is_over_at_once_needs_no_renewal():
    beats = []
    with heartbeat(lambda: beats.append(1), 60):
        pass
    assert beats == []


def test_it_stops_when_the_work_fails():
    beats = []
    with pytest.raises(ZeroDivisionError), heartbeat(lambda: beats.append(1), 60):
        raise ZeroDivisionError
    assert beats == []


def test_a_beat_that_fails_is_followed_by_the_next():
    beats = []

    def renew():
        beats.append(1)
        raise DatabaseError

    with heartbeat(renew, 0.06):
        time.sleep(0.3)
    assert len(beats) >= 2
