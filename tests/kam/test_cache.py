"""The cache while Redis is away: each process remembers for itself, so that limits count on."""

import pytest
from django.conf import settings

from kam.cache import BoundedRedisCache, FallbackRedisCache


@pytest.fixture
def gone(monkeypatch):
    """A cache whose Redis nobody listens for."""
    monkeypatch.setattr(BoundedRedisCache, "asked_again_at", 0.0)
    cache = FallbackRedisCache("redis://127.0.0.1:1/0", {})
    yield cache
    cache.local.clear()


def test_a_code_that_was_used_stays_used(gone):
    assert (gone.add("code:123456", 1), gone.add("code:123456", 1)) == (True, False)


def test_counts_go_on(gone):
    gone.set("tries", [1], 60)
    gone.set("tries", [*gone.get("tries"), 2], 60)
    assert (gone.get("tries"), gone.get("other", "nothing"), gone.has_key("tries")) == ([1, 2], "nothing", True)
    assert gone.get_many(["tries"]) == {"tries": [1, 2]}
    gone.set("n", 1)
    assert gone.incr("n") == 2
    assert (gone.delete("n"), gone.get("n")) == (True, None)


def test_what_was_remembered_here_is_not_mistaken_for_what_redis_says(redis_client, monkeypatch):
    monkeypatch.setattr(BoundedRedisCache, "asked_again_at", 0.0)
    cache = FallbackRedisCache(settings.REDIS_URL, {})
    cache.local.set("x", "local")
    assert cache.get("x") is None
