"""The servers that KAM stands on, and the environment that Django's settings read.

`ensure()` is the one door: it uses the servers named by DATABASE_URL and REDIS_URL, else the embedded ones of
this checkout, started if they are not running yet and stopped when the last user has left.
"""

import contextlib
import os
import secrets
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from kam.local import Advice, keeper, outside, places

KINDS = {"postgres": ("DATABASE_URL", "DATABASE_APP_URL"), "redis": ("REDIS_URL",)}


def homes(folder: Path) -> dict[str, Path]:
    """Where the embedded servers of data folder `folder` live."""
    return {"postgres": places.postgres_home(folder), "redis": folder / "redis"}


def environment(folder: Path) -> dict[str, str]:
    """What the settings need besides the servers."""
    return {
        "KAM_VAR": str(folder),
        "KAM_BASE_URL": os.environ.get("KAM_BASE_URL") or f"http://127.0.0.1:{os.environ.get('PORT') or 8000}",
        "SECRET_KEY": os.environ.get("SECRET_KEY") or secret_key(folder),
    }


def secret_key(folder: Path) -> str:
    """This installation's secret, made once and kept beside its data, readable by its owner only."""
    path = places.passable(folder) / "secret-key"
    try:
        if not path.exists():
            _make_secret(path)
        key = path.read_text().strip()
    except PermissionError as error:
        raise Advice(
            f"{path} belongs to another user: run as its owner, or set KAM_VAR= to a folder of yours."
        ) from error
    if not key:
        raise Advice(f"{path} is empty (was the disk full?): remove it, a new one is made at the next start.")
    return key


def _make_secret(path):
    """Written whole and then given its name, so that who starts at the same moment never reads half of one."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".secret-") as file:
        file.write(secrets.token_urlsafe(50))
        file.flush()
        with contextlib.suppress(FileExistsError):
            os.link(file.name, path)


@contextlib.contextmanager
def ensure() -> Iterator[None]:
    """Have both servers running, and their addresses in `os.environ`, inside the block. Raises Advice."""
    folder = places.var()
    os.environ.update(environment(folder))
    wanted = [kind for kind, names in KINDS.items() if not any(os.environ.get(name) for name in names)]
    where = homes(folder) if wanted else {}
    with running({kind: where[kind] for kind in wanted}) as addresses:
        os.environ.update(addresses)
        outside.complete(os.environ)
        yield


@contextlib.contextmanager
def running(where: dict[str, Path], *, flags: tuple[str, ...] = ()) -> Iterator[dict[str, str]]:
    """Hold the embedded servers in the folders `where` (by kind); yields the variables that name them."""
    with contextlib.ExitStack() as stack, ThreadPoolExecutor(2) as pool:
        holders = [keeper.held(kind, home, flags=flags) for kind, home in where.items()]
        addresses = {}
        for record in list(pool.map(stack.enter_context, holders)):
            addresses |= {name: value for name, value in record.items() if name.isupper()}
        yield addresses


@contextlib.contextmanager
def scratch() -> Iterator[dict[str, str]]:
    """Both servers, empty and for this block only, in a temporary folder; yields their whole environment.

    They are as careful with what they write as the lasting ones, so that measurements on them hold.
    """
    folder = places.scratch()
    homes_there = {"postgres": folder / "postgres", "redis": folder / "redis"}
    with running(homes_there, flags=("scratch",)) as addresses:
        yield {"KAM_VAR": str(folder), "SECRET_KEY": secrets.token_urlsafe(50), **addresses}


def name_only() -> None:
    """Put the addresses into `os.environ` for a command that loads the settings but needs no server."""
    folder = places.var()
    os.environ.update(environment(folder))
    os.environ.setdefault("DATABASE_URL", "postgresql://kam_owner@/kam")
    os.environ.setdefault("DATABASE_APP_URL", "postgresql://kam_app@/kam")
    os.environ.setdefault("REDIS_URL", f"unix://{folder / 'redis' / 'run' / 'redis.sock'}")
