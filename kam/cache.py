"""Redis is a convenience: when it is away, or stands still, pages still answer."""

import logging
import time

from django.core.cache import cache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import ConnectionError, RedisError

logger = logging.getLogger(__name__)
PATIENCE, PAUSE = 0.5, 5.0  # seconds: for one answer, and until somebody asks again after none came


class Away(ConnectionError):
    """Redis did not answer a moment ago, so it is not asked."""


class BoundedRedisCache(RedisCache):
    """Django's Redis cache for which nobody waits long: `guarded` asks it, and while it is away raises at once.

    What one question learns holds for all of the process.
    """

    asked_again_at = 0.0

    def __init__(self, server, params):
        bounds = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE}
        super().__init__(server, params | {"OPTIONS": bounds | params.get("OPTIONS", {})})

    def guarded(self, question, *args, **kwargs):
        """What `question(*args, **kwargs)` answers. Raises RedisError."""
        if time.monotonic() < BoundedRedisCache.asked_again_at:
            raise Away("Redis did not answer a moment ago")
        try:
            return question(*args, **kwargs)
        except RedisError:
            BoundedRedisCache.asked_again_at = time.monotonic() + PAUSE
            raise

    def ping(self):
        """Raises RedisError when Redis does not answer."""
        self.guarded(self._cache.get_client().ping)


class FallbackRedisCache(BoundedRedisCache):
    """While Redis is away each process remembers for itself: limits count on, and a code that was used stays used."""

    def __init__(self, server, params):
        super().__init__(server, params)
        self.local = LocMemCache("away", {"MAX_ENTRIES": 10_000})

    def _try(self, method, *args, **kwargs):
        try:
            return self.guarded(getattr(super(), method), *args, **kwargs)
        except Away:
            pass
        except RedisError as error:
            logger.warning("cache unavailable: %s", error)
        return getattr(self.local, method)(*args, **kwargs)

    def add(self, *args, **kwargs):
        return self._try("add", *args, **kwargs)

    def get(self, key, default=None, version=None):
        return self._try("get", key, default, version)

    def get_many(self, *args, **kwargs):
        return self._try("get_many", *args, **kwargs)

    def set(self, *args, **kwargs):
        return self._try("set", *args, **kwargs)

    def set_many(self, *args, **kwargs):
        return self._try("set_many", *args, **kwargs)

    def delete(self, *args, **kwargs):
        return self._try("delete", *args, **kwargs)

    def touch(self, *args, **kwargs):
        return self._try("touch", *args, **kwargs)

    def incr(self, key, delta=1, version=None):
        return self._try("incr", key, delta, version)

    def has_key(self, *args, **kwargs):
        return self._try("has_key", *args, **kwargs)


def check_redis():
    """Raises RedisError when Redis is away; costs nothing while that is known."""
    cache.ping()
