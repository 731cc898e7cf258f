"""An import that stops between staging and merging, once, until the test opens the gate of `nights`."""

import os
from datetime import timedelta
from pathlib import Path

from kpis.imports import merge, services
from tests.faults import nights

POINT = "staged"


def install() -> None:
    """The first import of a house waits at the gate with everything staged and nothing written; leases are short."""
    services.LEASE = timedelta(seconds=3)
    merge._remember = _waiting_once(merge._remember)


def _waiting_once(go_on):
    def remember(*given):
        starts = Path(os.environ["STARTS"])
        first = not starts.exists()
        with starts.open("a") as file:
            file.write(f"{POINT}\n")
        if first:
            nights.wait()
        return go_on(*given)

    return remember
