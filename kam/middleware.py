"""What happens around every request: headers, language and time zone, damaged page addresses."""

from django.conf import settings
from django.http import HttpResponseBadRequest
from django.middleware.locale import LocaleMiddleware
from django.utils import timezone, translation

from kam import audit
from kam.keyset import BadCursor
from kam.models import Entry

FIXED = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def headers(get_response):
    """Security headers on every answer, no caching of private ones, and where the request came from for the log."""

    def middleware(request):
        with audit.source(Entry.Source.API if request.path.startswith("/api/") else Entry.Source.PAGE):
            response = get_response(request)
        for name, value in FIXED.items():
            response.headers.setdefault(name, value)
        if not request.path.startswith(settings.STATIC_URL):
            response.headers.setdefault("Cache-Control", "no-store")
        if settings.INSTANCE:
            response.headers["X-Kam-Instance"] = settings.INSTANCE
        return response

    return middleware


class _Locale(LocaleMiddleware):
    """A person's own language and time zone win over cookie and browser."""

    def process_request(self, request):
        super().process_request(request)
        user = request.user
        if user.is_authenticated and not request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME):
            translation.activate(user.language)
            request.LANGUAGE_CODE = translation.get_language()
        timezone.activate(user.time_zone if user.is_authenticated else "UTC")


def locale(get_response):
    """Speak the reader's language in the reader's time zone."""
    return _Locale(get_response)


def bad_cursor_is_400(get_response):
    """A damaged page address is the client's error, not ours."""

    def middleware(request):
        return get_response(request)

    def process_exception(request, exception):
        if isinstance(exception, BadCursor):
            return HttpResponseBadRequest(str(exception), content_type="text/plain; charset=utf-8")
        return None

    middleware.process_exception = process_exception
    return middleware
