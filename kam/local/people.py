"""Operating system users. PostgreSQL refuses to run as root, so root gets an unprivileged user for it."""

import os
import pwd
import shutil
import subprocess
from pathlib import Path

from kam.local import Advice

NAME = "kam-postgres"


def dedicated() -> pwd.struct_passwd:
    """The system user that runs the embedded database for root; created on first use."""
    try:
        return pwd.getpwnam(NAME)
    except KeyError:
        _create()
    try:
        return pwd.getpwnam(NAME)
    except KeyError:
        raise Advice(
            f"PostgreSQL does not run as root and the system user {NAME} could not be created: "
            "run make as an ordinary user, or set DATABASE_URL= to a running PostgreSQL."
        ) from None


def _create() -> None:
    if shutil.which("useradd"):
        command = [
            "useradd",
            "--system",
            "--no-create-home",
            "--home-dir",
            "/",
            "--shell",
            "/bin/false",
            NAME,
        ]
    else:
        command = ["adduser", "-S", "-D", "-H", "-s", "/bin/false", NAME]
    try:
        subprocess.run(command, capture_output=True, check=False)
    except FileNotFoundError:
        return


def owner_of(data: Path) -> pwd.struct_passwd:
    """The user that runs the server on `data`: its owner; for root the dedicated user until it exists."""
    user = os.geteuid()
    if user == 0:
        if not data.exists() or data.stat().st_uid == 0:
            return dedicated()
        user = data.stat().st_uid
    try:
        return pwd.getpwuid(user)
    except KeyError:
        raise Advice(
            f"User id {user} has no name on this machine, which PostgreSQL needs: "
            "run as a named user, or set DATABASE_URL= to a running PostgreSQL."
        ) from None


def as_user(user: pwd.struct_passwd) -> dict:
    """Arguments for subprocess that make the child run as `user`; none when we are that user."""
    if os.geteuid() == user.pw_uid:
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def can_enter(user: pwd.struct_passwd, folder: Path) -> bool:
    """Whether `user` can pass through `folder`, or through its nearest existing parent."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return run_as(user, ["/bin/sh", "-c", 'cd -- "$1"', "sh", str(folder)]).returncode == 0


def run_as(user: pwd.struct_passwd, command: list[str], cwd: Path | str = "/") -> subprocess.CompletedProcess:
    """Run `command` to its end as `user`; output captured as text."""
    env = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "HOME": "/"}
    try:
        return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False, **as_user(user))
    except OSError as error:
        return subprocess.CompletedProcess(command, 126, "", str(error))
