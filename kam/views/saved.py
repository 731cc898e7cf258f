"""Saving and forgetting views of lists."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import View

from kam import saved
from kam.models import SavedView
from kam.views.base import Reported
from kam.views.undo import ScopedRemove


class SaveView(Reported, View):
    """POST: keep the view on the screen under a name."""

    http_method_names = ["post"]

    def post(self, request):
        page, name = request.POST.get("page", ""), request.POST.get("name", "").strip()
        query = saved.clean(QueryDict(request.POST.get("query", "")))
        url = reverse("home")
        try:
            url = saved.list_url(page)
            saved.save_view(by=request.user, page=page, name=name, query=query, shared="shared" in request.POST)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, _("The view “%(name)s” is saved.") % {"name": name})
        return HttpResponseRedirect(f"{url}?{query}" if query else url)


class RemoveView(ScopedRemove):
    """POST: forget one's own view."""

    model = SavedView

    def may(self, user, row):
        return saved.may_keep(user, row)

    def remove(self, row, by):
        return saved.remove_view(row, by=by)

    def url_after(self, row):
        return reverse(row.page)
