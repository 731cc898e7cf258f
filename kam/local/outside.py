"""Servers that we did not start, and the second role: the one that serves requests and owns nothing."""

import hashlib
import hmac
from collections.abc import MutableMapping
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import psycopg
import redis
from psycopg import sql

from kam.local import Advice
from kam.local.postgres import confine


def complete(env: MutableMapping[str, str]) -> None:
    """Look whether the servers named in `env` answer, and add the second role's address. Raises Advice."""
    if env.get("DATABASE_URL"):
        check_database("DATABASE_URL", env["DATABASE_URL"])
        env["DATABASE_APP_URL"] = env.get("DATABASE_APP_URL") or app_url(env["DATABASE_URL"], env["SECRET_KEY"])
    check_database("DATABASE_APP_URL", env["DATABASE_APP_URL"])
    check_redis(env["REDIS_URL"])


def check_database(name: str, url: str) -> None:
    """Raise Advice when the database at `url`, from variable `name`, cannot be used."""
    try:
        psycopg.connect(url, connect_timeout=10).close()
    except psycopg.Error as error:
        reason = " ".join(str(error).split())
        raise Advice(f"The database in {name} does not answer ({reason}): start it or correct {name}=.") from error


def check_redis(url: str) -> None:
    """Raise Advice when the Redis at `url` cannot be used."""
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=10) as client:
            client.ping()
    except (redis.RedisError, ValueError) as error:
        raise Advice(f"The Redis in REDIS_URL does not answer ({error}): start it or correct REDIS_URL=.") from error


def app_url(owner_url: str, secret: str) -> str:
    """The address for the role `<database>_app`, which is made first if need be. Raises Advice."""
    parts = urlsplit(owner_url)
    role = f"{unquote(parts.path.lstrip('/')) or 'kam'}_app"
    password = hmac.new(secret.encode(), f"database role {role}".encode(), hashlib.sha256).hexdigest()
    netloc = f"{quote(role, safe='')}:{password}@{parts.netloc.rpartition('@')[2]}"
    url = urlunsplit(parts._replace(netloc=netloc))
    if not _connects(url):
        _create(owner_url, role, password)
    return url


def _connects(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def _create(owner_url: str, role: str, password: str) -> None:
    try:
        with psycopg.connect(owner_url, autocommit=True, connect_timeout=10) as connection:
            known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
            verb = "ALTER" if known else "CREATE"
            connection.execute(
                sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(sql.SQL(verb), sql.Identifier(role), password)
            )
            confine(connection, role)
    except psycopg.errors.InsufficientPrivilege as error:
        raise Advice(
            f"The role in DATABASE_URL may not create the second role {role} that serves requests: create it "
            f'(CREATE ROLE "{role}" LOGIN PASSWORD …) and name it in DATABASE_APP_URL=.'
        ) from error
