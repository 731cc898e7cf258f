"""Who calls: a bearer token with scopes, or a person's session."""

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import authentication, exceptions

from kam import factors
from kam.models import ApiToken


class TokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer kam_<id>.<secret>`; expired, revoked and unknown tokens answer alike."""

    keyword = "Bearer"

    def authenticate(self, request):
        words = authentication.get_authorization_header(request).split()
        if not words or words[0].lower() != self.keyword.lower().encode():
            return None
        text = words[1].decode("latin-1") if len(words) == 2 else ""
        token = ApiToken.objects.find(text) if text else None
        if token is None:
            raise exceptions.AuthenticationFailed(_("This token is unknown, expired or revoked."))
        self._used(token)
        return token.user, token

    def authenticate_header(self, request):
        return self.keyword

    def _used(self, token):
        """Keep the time of last use to the minute, so that busy clients do not write on every call."""
        now = timezone.now()
        if token.last_used_at is None or now - token.last_used_at > timedelta(minutes=1):
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)


class SessionAuthentication(authentication.SessionAuthentication):
    """The browser's session, with CSRF enforced; answers 401 rather than 403 to strangers.

    Who must have a second factor and has none is refused here too; tokens are not affected.
    """

    def authenticate(self, request):
        found = super().authenticate(request)
        if found and factors.is_missing(found[0]):
            raise exceptions.PermissionDenied(_("Your role asks for a second factor. Sign in and set one up first."))
        return found

    def authenticate_header(self, request):
        return "Session"


class TokenScheme(OpenApiAuthenticationExtension):
    """How the schema describes bearer tokens."""

    target_class = "kam.api.auth.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema):
        return {"type": "http", "scheme": "bearer", "bearerFormat": "kam_<id>.<secret>"}


class SessionScheme(OpenApiAuthenticationExtension):
    """How the schema describes the browser's session."""

    target_class = "kam.api.auth.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema):
        return {"type": "apiKey", "in": "cookie", "name": "kam_session"}
