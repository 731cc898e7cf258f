"""Deleting from a page, and taking it back."""

from django.contrib import messages
from django.db.models import ProtectedError
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import View

from kam import removals
from kam.models import Removal
from kam.views.base import Reported, Scoped, refuse

UNDO = "undo:"


def said_removed(request, removal):
    """Say what was removed, with the way back."""
    said = _("“%(row)s” is removed.") % {"row": removal}
    messages.success(request, said, extra_tags=f"{UNDO}{reverse('undo', args=[removal.pk])}")


class Undo(Reported, Scoped, View):
    """POST: bring back what the person removed."""

    http_method_names = ["post"]
    model = Removal

    def post(self, request, pk):
        removal = get_object_or_404(self.get_queryset(), pk=pk)
        self.object = removals.restore(removal, by=request.user)
        messages.success(request, _("“%(row)s” is back.") % {"row": self.object})
        return self.back()

    def get_success_url(self):
        found = getattr(self, "object", None)
        return found.get_absolute_url() if hasattr(found, "get_absolute_url") else reverse("home")


class ScopedRemove(Reported, Scoped, View):
    """POST: remove a visible row; `may(user, row)` is asked first (403), `remove(row, by)` returns the Removal.

    Where other rows may need it, `in_use` is the sentence that says so, and `url_if_kept(row)` where the person lands.
    """

    http_method_names = ["post"]
    in_use = ""

    def may(self, user, row):
        raise TypeError(f"{type(self).__name__} must say who may remove")

    def remove(self, row, by):
        raise TypeError(f"{type(self).__name__} must say which service removes")

    def post(self, request, pk, **kwargs):
        self.object = get_object_or_404(self.get_queryset(), pk=pk)
        if not self.may(request.user, self.object):
            return refuse(request)
        self.after = self.url_after(self.object)
        try:
            said_removed(request, self.remove(self.object, request.user))
        except ProtectedError:
            messages.error(request, self.in_use)
            self.after = self.url_if_kept(self.object)
        return self.back()

    def url_after(self, row):
        """Where to land when the row is gone."""
        return reverse("home")

    def url_if_kept(self, row):
        """Where to land when the row is still needed."""
        return row.get_absolute_url()

    def get_success_url(self):
        return getattr(self, "after", reverse("home"))
