"""Where things lie on this machine: the checkout, its data folder, and short private folders for sockets."""

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from kam.local import Advice, people

CHECKOUT = Path(__file__).resolve().parents[2]
SOCKET_PATH_LIMIT = 100  # Linux allows 107 bytes; the rest is room for the socket's own suffix
SCRATCH_MARK = "scratch"
ROOM_NEEDED = 500 * 1024**2


def var() -> Path:
    """The data folder, absolute; `KAM_VAR`, else `var/` in the checkout."""
    return Path(os.environ.get("KAM_VAR") or CHECKOUT / "var").absolute()


def digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:10]


def aside(path: Path) -> Path:
    """The stand-in for a folder that the database's user cannot reach: a private one lies above it."""
    return Path("/var/lib") / f"kam-{digest(path)}"


def postgres_home(folder: Path) -> Path:
    """The home of data folder `folder`'s database; elsewhere when root's checkout is private."""
    home = folder / "postgres"
    if os.geteuid() != 0 or people.can_enter(people.owner_of(home / "data"), folder):
        return home
    if (home / "data").exists():
        raise Advice(
            f"The database in {home} is out of reach of its user {people.owner_of(home / 'data').pw_name}: "
            f"make the folders above it passable again (chmod o+x), or move them aside to start afresh."
        )
    return aside(folder) / "postgres"


def make(folder: Path, mode: int = 0o700) -> Path:
    """Create `folder` with `mode` if it is missing; never touches the mode of one that exists."""
    if not folder.is_dir():
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            folder.mkdir(mode=mode, exist_ok=True)
            folder.chmod(mode)
        except OSError as error:
            raise Advice(f"Cannot create {folder} ({error.strerror}): set KAM_VAR= to a folder you own.") from error
    return folder


def passable(folder: Path) -> Path:
    """Create `folder`, private, except that the database's user may pass when we are root."""
    return make(folder, 0o711 if os.geteuid() == 0 else 0o700)


def socket_folder(home: Path, owner: int) -> Path:
    """A private folder for `home`'s socket, short enough for a socket path, belonging to user id `owner`."""
    folder = home / "run"
    if len(os.fsencode(folder / ".s.PGSQL.5432")) > SOCKET_PATH_LIMIT:
        folder = Path("/tmp") / f"kam-{owner}-{digest(home)}"
    make(folder)
    if folder.lstat().st_uid == os.geteuid() != owner:
        os.chown(folder, owner, -1)
    found = folder.lstat()
    if folder.is_symlink() or found.st_uid != owner or found.st_mode & 0o077:
        raise Advice(f"The folder {folder} should be private but is not: remove it and start again.")
    return folder


def scratch() -> Path:
    """A new temporary data folder that the database's user can reach."""
    bases = [Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")]
    if os.geteuid() == 0:
        user = people.dedicated()
        bases = [base for base in bases if people.can_enter(user, base)]
    if not bases:
        raise Advice("No temporary folder can be reached by the database's user: set TMPDIR= to one that can.")
    folder = Path(tempfile.mkdtemp(prefix="kam-", dir=bases[0]))
    if os.geteuid() == 0:
        folder.chmod(0o711)
    (folder / SCRATCH_MARK).touch()
    return folder


def remove_scratch(home: Path) -> None:
    """Remove a scratch server's home, and the scratch folder around it when no other server is left in it."""
    shutil.rmtree(home, ignore_errors=True)
    folder = home.parent
    if (folder / SCRATCH_MARK).exists() and not any(folder.glob("*/keeper.lock")):
        shutil.rmtree(folder, ignore_errors=True)


def check_room(folder: Path) -> None:
    """Raise Advice when the disk under `folder` is nearly full."""
    free = shutil.disk_usage(folder).free
    if free < ROOM_NEEDED:
        raise Advice(
            f"Only {free // 1024**2} MB are free under {folder} and {ROOM_NEEDED // 1024**2} MB are needed: "
            "free some space, or set KAM_VAR= to a folder on another disk."
        )
