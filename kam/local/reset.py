"""`make reset`: stop this checkout's KAM and remove all its data, so that the next start begins afresh."""

import contextlib
import json
import shutil
import signal
import sys
from pathlib import Path

from kam.local import Advice, keeper, locks, places, processes, servers


def reset(folder: Path) -> list[Path]:
    """Stop what runs on data folder `folder` and remove it; returns the folders removed. Raises Advice."""
    if not folder.exists():
        return []
    if folder.is_symlink() or not (folder / "secret-key").exists():
        raise Advice(f"{folder} does not look like KAM's data folder (it has no secret-key): remove it by hand.")
    _stop_launcher(folder)
    homes = servers.homes(folder)
    for home in homes.values():
        keeper.stop(home)
    doomed = [folder] if homes["postgres"].is_relative_to(folder) else [folder, homes["postgres"].parent]
    doomed = [path for path in doomed if path.exists()]
    for path in doomed:
        shutil.rmtree(path)
    return doomed


def _stop_launcher(folder: Path) -> None:
    if locks.is_held(folder / "up.lock"):
        with contextlib.suppress(OSError, ValueError):
            processes.end([json.loads((folder / "up.json").read_text())["pid"]], signal.SIGTERM, patience=60)


def main() -> int:
    try:
        removed = reset(places.var())
    except (Advice, PermissionError) as error:
        print(error, file=sys.stderr)
        return 1
    print("Removed", ", ".join(map(str, removed)) if removed else "nothing: there was no data.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
