"""One measured figure, as the bench command prints and stores it."""


def figure(name, value, unit, limit=None):
    """`limit` is the most that is allowed; without one the figure is only told."""
    ok = limit is None or value <= limit
    return {"name": name, "figure": round(value, 3), "unit": unit, "limit": limit, "ok": ok}
