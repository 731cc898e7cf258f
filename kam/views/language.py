from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from kam.services import change


@login_not_required
@require_POST
def set_language(request):
    """Remember the language in the browser and, for people signed in, in their profile."""
    target = request.POST.get("next", "/")
    safe = url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()})
    response = HttpResponseRedirect(target if safe else "/")
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES):
        kept = {"max_age": 365 * 86400, "samesite": "Lax", "httponly": True, "secure": settings.HTTPS}
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, **kept)
        if request.user.is_authenticated:
            change(request.user, by=request.user, version=None, fields={"language": language})
    return response
