from django.http import HttpResponseBadRequest
from django.shortcuts import render

from kam.keyset import BadCursor


def csrf_failure(request, reason=""):
    return render(request, "403_csrf.html", status=403)


def bad_cursor_is_400(get_response):
    """Middleware: a damaged page address is the client's error, not ours."""

    def middleware(request):
        return get_response(request)

    def process_exception(request, exception):
        if isinstance(exception, BadCursor):
            return HttpResponseBadRequest(str(exception), content_type="text/plain; charset=utf-8")
        return None

    middleware.process_exception = process_exception
    return middleware
