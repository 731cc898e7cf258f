"""The inbox: what concerns the reader, the newest first."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.generic import TemplateView, View

from accounts import notifications
from accounts.filters import NotificationFilter
from accounts.models import Notification
from kam.filters import chips
from kam.views.base import Reported, Scoped
from kam.views.lists import ScopedList


class Inbox(ScopedList):
    """All notifications of the reader, or those that are not read."""

    model = Notification
    template_name = "notifications/inbox.html"
    filterset_class = NotificationFilter
    sorts = {"-at": ("-at",)}

    def get_queryset(self):
        return super().get_queryset().select_related("account")

    def decorate(self, rows):
        return list(map(_worded, rows))

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        mine = Notification.objects.visible_to(self.request.user).order_by()
        return context | {
            "chips": [chip for chip in chips(context["filterset"]) if chip.remove != "unread"],
            "unread_only": self.request.GET.get("unread") == "true",
            "all_count": mine.count(),
            "unread_count": mine.unread().count(),
        }


def _worded(row):
    """The notification with what the page says of it."""
    row.text, row.icon = notifications.sentence(row), notifications.icon_of(row)
    return row


class Bell(TemplateView):
    """The bell in the top bar with the number of unread notifications; it asks again when the window is looked at."""

    template_name = "notifications/_bell.html"


class OneNotification(Reported, Scoped, View):
    """POST: something about one notification of the reader."""

    http_method_names = ["post"]
    model = Notification

    def post(self, request, pk):
        self.row = get_object_or_404(self.get_queryset().select_related("account"), pk=pk)
        return self.done(self.get_queryset().filter(pk=pk))

    def get_success_url(self):
        return reverse("inbox:list")


class Open(OneNotification):
    """Mark it read and go where it speaks of."""

    def done(self, rows):
        notifications.mark(rows, read=True)
        target = self.row.url or self.get_success_url()
        return HttpResponse(headers={"HX-Redirect": target}) if self.request.htmx else HttpResponseRedirect(target)


class Mark(OneNotification):
    """Mark it read or unread; a fragment request gets the row back."""

    read = True

    def done(self, rows):
        notifications.mark(rows, read=self.read)
        if not self.request.htmx:
            return self.back()
        return render(self.request, "notifications/_row.html", {"row": _worded(rows.get()), "moved": True})


class ReadAll(Reported, Scoped, View):
    """POST: everything is read."""

    http_method_names = ["post"]
    model = Notification

    def post(self, request):
        count = notifications.mark(self.get_queryset(), read=True)
        said = ngettext("%(n)s notification is marked as read.", "%(n)s notifications are marked as read.", count)
        messages.success(request, said % {"n": count} if count else _("Everything was read already."))
        return self.back()

    def get_success_url(self):
        return reverse("inbox:list")
