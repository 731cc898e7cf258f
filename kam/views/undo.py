"""Deleting from a page, and taking it back."""

from django.contrib import messages
from django.db.models import ProtectedError
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import View

from kam import removals
from kam.models import Removal
from kam.views.base import Reported, Scoped, ScopedAct

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


class ScopedRemove(ScopedAct):
    """POST: remove a visible row; `remove(row, by)` returns the Removal.

    The person lands at `url_after(row)`, or at `url_if_kept(row)` when it was refused. Where other rows may need this
    one, `in_use` is the sentence that says so.
    """

    in_use = ""
    after = ""

    def remove(self, row, by):
        raise TypeError(f"{type(self).__name__} must say which service removes")

    def act(self, row, by):
        after = self.url_after(row)
        try:
            said_removed(self.request, self.remove(row, by))
        except ProtectedError:
            messages.error(self.request, self.in_use)
        else:
            self.after = after

    def url_after(self, row):
        """Where to land when the row is gone."""
        return reverse("home")

    def url_if_kept(self, row):
        """Where to land when the row stays."""
        return row.get_absolute_url() if hasattr(row, "get_absolute_url") else self.url_after(row)

    def get_success_url(self):
        return self.after or self.url_if_kept(self.object)
