"""Pieces that a thread makes: the same ones in the same order, its faults are ours, and it never outlives its block."""

import threading
from contextlib import closing

import pytest

from kpis.imports.ahead import ahead


def alive():
    return threading.active_count()


def test_the_same_pieces_in_the_same_order():
    before = alive()
    with closing(ahead(iter(range(50)))) as found:
        assert list(found) == list(range(50))
    assert alive() == before


def test_what_goes_wrong_is_raised_where_the_piece_is_wanted():
    def pieces():
        yield 1
        raise ValueError("broken")

    found = ahead(pieces())
    assert next(found) == 1
    with pytest.raises(ValueError, match="broken"):
        next(found)


def test_who_stops_early_leaves_no_thread():
    made, before = [], alive()

    def pieces():
        for number in range(1_000):
            made.append(number)
            yield number

    with closing(ahead(pieces())) as found:
        assert next(found) == 0
    assert alive() == before
    assert len(made) < 10
