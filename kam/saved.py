"""Views of lists that people keep: filters, sort and columns under a name."""

from django.core.exceptions import ValidationError
from django.db.models import prefetch_related_objects
from django.urls import NoReverseMatch, resolve, reverse
from django.utils.translation import gettext as _

from kam import services
from kam.compiled import for_reader
from kam.lists import NEEDED_BY_PAGES
from kam.models import SavedView


def views_of(request):
    """The saved views of this page that the person sees, each with whether it is the one on the screen."""
    page, query = request.resolver_match.view_name, clean(request.GET)
    found = _views(request.user, page=page)
    prefetch_related_objects(found, "user")
    for view in found:
        view.current, view.mine = view.query == query, view.user_id == request.user.pk
    return found


@for_reader
def _views(user, *, page):
    return SavedView.objects.visible_to(user).filter(page=page)


def clean(params):
    """The query of a view in one canonical form: no page, no format, names in order."""
    kept = sorted((k, v) for k, values in params.lists() for v in values if k not in NEEDED_BY_PAGES and v)
    canonical = params.copy()
    canonical.clear()
    for name, value in kept:
        canonical.appendlist(name, value)
    return canonical.urlencode()


def list_url(page):
    """The address of the list that is called `page`. Raises ValidationError when no list is called so."""
    try:
        url = reverse(page)
    except NoReverseMatch as error:
        raise ValidationError(_("There is no such list.")) from error
    if not getattr(getattr(resolve(url).func, "view_class", None), "keeps_views", False):
        raise ValidationError(_("There is no such list."))
    return url


def save_view(*, by, page, name, query, shared=False):
    """Keep a view of a list under a name; one's own of the same name and page is replaced. Raises ValidationError."""
    list_url(page)
    mine = SavedView.objects.filter(user=by, page=page, name=name).first()
    if mine:
        return services.change(mine, by=by, version=None, fields={"query": query, "shared": shared})
    return services.create(SavedView(user=by, page=page, name=name, query=query, shared=shared), by=by)


def change_view(view, *, by, version, **fields):
    """Change a view that nobody else changed since `version`. Raises Stale and ValidationError."""
    return services.change(view, by=by, version=version, fields=fields)


def remove_view(view, *, by):
    """Forget a view."""
    return services.remove(view, by=by, undo_if="kam.saved.may_keep")


def may_keep(user, view):
    """Only one's own views."""
    return user.is_active and view.user_id == user.pk
