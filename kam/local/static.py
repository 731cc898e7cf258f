"""Whether the static files have to be collected again: compressing them takes longer than everything else."""

import hashlib

from kam.local import places

SOURCES = ("requirements.lock", "kam/storage.py", "kam/settings.py", "static/**/*", "*/static/**/*")


def mark() -> str:
    """A digest that changes when a static file or a package that brings some does."""
    found = {path for pattern in SOURCES for path in places.CHECKOUT.glob(pattern) if path.is_file()}
    sources = sorted(path for path in found if not path.is_relative_to(places.var()))
    text = "".join(f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}\n" for path in sources)
    return hashlib.sha256(text.encode()).hexdigest()
