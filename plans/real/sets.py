"""The sets of real data, in the order in which they are looked at."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from django.db import connection, transaction

from plans.real import adventureworks, beam, iowa, journey, uci
from plans.real.cases import Case


class Set(NamedTuple):
    """One set: its name, and the generator of its cases for the folder of the data."""

    title: str
    check: Callable[[str], Iterator[Case]]


SETS = {
    "uci": Set(uci.TITLE, uci.check),
    "complete_journey": Set(journey.TITLE, journey.check),
    "iowa": Set(iowa.TITLE, iowa.check),
    "iowa_jim_beam": Set(beam.TITLE, beam.check),
    "adventureworks": Set(adventureworks.TITLE, adventureworks.check),
}


def look(name, folder):
    """The cases of one set, on an empty database that is empty again afterwards.

    The sets number their products alike, so each has the database to itself. Raises Unusable.
    """
    with transaction.atomic():
        yield from SETS[name].check(folder)
        connection.check_constraints()
        transaction.set_rollback(True)
