"""The inbox: what concerns the reader, the newest first."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.generic import TemplateView, View

from accounts import notifications
from accounts.filters import NotificationFilter
from accounts.models import Notification
from kam.filters import chips
from kam.views.base import Reported, Scoped, ScopedAct
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


class OneNotification(ScopedAct):
    """POST: something about one notification of the reader, whose own they all are."""

    model = Notification

    def may(self, user, row):
        return True

    def mark(self, row, read):
        notifications.mark(self.get_queryset().filter(pk=row.pk), read=read)

    def get_success_url(self):
        return reverse("inbox:list")


class Open(OneNotification):
    """Mark it read and go where it speaks of."""

    def act(self, row, by):
        self.mark(row, read=True)
        target = row.url or self.get_success_url()
        return HttpResponse(headers={"HX-Redirect": target}) if self.request.htmx else HttpResponseRedirect(target)


class Mark(OneNotification):
    """Mark it read or unread; a fragment request gets the row back."""

    read = True

    def act(self, row, by):
        self.mark(row, read=self.read)
        if self.request.htmx:
            row = self.get_queryset().select_related("account").get(pk=row.pk)
            return render(self.request, "notifications/_row.html", {"row": _worded(row), "moved": True})
        return None


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
