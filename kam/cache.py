"""Redis is a convenience: when it is away, pages still answer."""

import logging

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


class FallbackRedisCache(RedisCache):
    """Django's Redis cache that treats an unreachable server as an empty cache."""

    def _try(self, method, default, *args, **kwargs):
        try:
            return getattr(super(), method)(*args, **kwargs)
        except RedisError as error:
            logger.warning("cache unavailable: %s", error)
            return default

    def add(self, *args, **kwargs):
        return self._try("add", True, *args, **kwargs)

    def get(self, key, default=None, version=None):
        return self._try("get", default, key, default, version)

    def get_many(self, *args, **kwargs):
        return self._try("get_many", {}, *args, **kwargs)

    def set(self, *args, **kwargs):
        return self._try("set", None, *args, **kwargs)

    def set_many(self, *args, **kwargs):
        return self._try("set_many", [], *args, **kwargs)

    def delete(self, *args, **kwargs):
        return self._try("delete", False, *args, **kwargs)

    def touch(self, *args, **kwargs):
        return self._try("touch", False, *args, **kwargs)

    def incr(self, key, delta=1, version=None):
        return self._try("incr", delta, key, delta, version)

    def has_key(self, *args, **kwargs):
        return self._try("has_key", False, *args, **kwargs)
