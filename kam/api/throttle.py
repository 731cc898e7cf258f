"""How many calls a minute: for each token, for each person in a browser, and of uploads in particular.

Redis counts for all processes; while it is away, each process counts for itself.
"""

from django.conf import settings
from django.core.cache.backends.locmem import LocMemCache
from redis.exceptions import RedisError
from rest_framework.throttling import SimpleRateThrottle

from kam.cache import BoundedRedisCache
from kam.models import ApiToken


class Counters:
    """A cache of counts that is never simply empty because Redis is away."""

    def __init__(self):
        self.shared = BoundedRedisCache(settings.REDIS_URL, {})
        self.own = LocMemCache("kam.throttle", {})

    def get(self, key, default=None):
        try:
            return self.shared.guarded(self.shared.get, key, default)
        except RedisError:
            return self.own.get(key, default)

    def set(self, key, value, timeout):
        try:
            self.shared.guarded(self.shared.set, key, value, timeout)
        except RedisError:
            self.own.set(key, value, timeout)


COUNTERS = Counters()


class Limit(SimpleRateThrottle):
    """Base: `counts(request, view)` says which calls it is about; each caller has a count of their own."""

    cache = COUNTERS

    def get_cache_key(self, request, view):
        if not self.counts(request, view):
            return None
        who = f"token:{request.auth.pk}" if isinstance(request.auth, ApiToken) else f"user:{request.user.pk}"
        return self.cache_format % {"scope": self.scope, "ident": who}


class PerToken(Limit):
    """Calls of each token."""

    scope = "token"

    def counts(self, request, view):
        return isinstance(request.auth, ApiToken)


class PerPerson(Limit):
    """Calls of each person who is signed in with a browser."""

    scope = "person"

    def counts(self, request, view):
        return not isinstance(request.auth, ApiToken) and bool(request.user and request.user.is_authenticated)


class Uploads(Limit):
    """Files handed in, by whatever door."""

    scope = "upload"

    def counts(self, request, view):
        is_file = (request.content_type or "").startswith("multipart/")
        return request.method == "POST" and is_file and bool(request.user and request.user.is_authenticated)
