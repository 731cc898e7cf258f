"""One measured figure, as the bench command prints and stores it."""

import os


def figure(name, value, unit, limit=None):
    """`limit` is the most that is allowed; without one the figure is only told."""
    ok = limit is None or value <= limit
    return {"name": name, "figure": round(value, 3), "unit": unit, "limit": limit, "ok": ok}


def load():
    """What else the machine had to do in the last minute, without which seconds say little."""
    return figure(f"load of the machine, {os.cpu_count()} processors", os.getloadavg()[0], "processes")
