from rest_framework.throttling import SimpleRateThrottle

from kam.models import ApiToken


class PerToken(SimpleRateThrottle):
    """So many calls a minute for each token; people in a browser are not counted."""

    scope = "token"

    def get_cache_key(self, request, view):
        if not isinstance(request.auth, ApiToken):
            return None
        return self.cache_format % {"scope": self.scope, "ident": request.auth.pk}
