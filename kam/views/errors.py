from django.http import JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views import defaults


def csrf_failure(request, reason=""):
    """The page shown instead of Django's when a form comes without its token."""
    return render(request, "403_csrf.html", status=403)


def not_found(request, exception):
    """A page for people; a problem where programs ask."""
    if _asks_api(request):
        return _problem(404, _("Not found"), _("There is no such address."))
    return defaults.page_not_found(request, exception)


def server_error(request):
    """A page for people; a problem where programs ask."""
    if _asks_api(request):
        said = _("The fault is recorded. What you last saved is safe; the step that failed was not applied.")
        return _problem(500, _("Something broke"), said)
    return defaults.server_error(request)


def _asks_api(request):
    return request.path.startswith("/api/v1/")


def _problem(status, title, detail):
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return JsonResponse(body, status=status, content_type="application/problem+json")
