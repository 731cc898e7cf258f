"""The audit log: who did what to which row, with what was before and after."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import DetailView

from accounts import access
from accounts.models import Account
from accounts.people_filters import EntryFilter
from accounts.people_showing import ENTRY_COLUMNS, difference
from accounts.timeline import VERBS, kind_of
from kam.models import Entry
from kam.views.base import Scoped, refuse
from kam.views.lists import InList, ScopedList


def named(entries, user):
    """The entries, each with `account_name`, which is empty where the reader does not see the account."""
    names = Account.objects.visible_to(user).in_bulk({e.account_id for e in entries if e.account_id})
    for entry in entries:
        entry.account_name = names[entry.account_id].name if entry.account_id in names else ""
    return entries


class EntryList(ScopedList):
    """The whole log for auditors; for administrators what is about people, teams and rights."""

    model, title, columns, default_sort = Entry, gettext_lazy("Audit log"), ENTRY_COLUMNS, "-at"
    template_name = "people/list.html"
    filterset_class, find, leads = EntryFilter, "q", True

    def dispatch(self, request, *args, **kwargs):
        if not access.may_see_log(request.user):
            return refuse(request)
        return super().dispatch(request, *args, **kwargs)

    def get_queryset(self):
        return super().get_queryset().select_related("actor")

    def decorate(self, rows):
        return named(rows, self.request.user)

    def row_url(self, row):
        row.get_absolute_url = lambda: reverse("administration:entry", args=[row.pk])
        return super().row_url(row)

    def get_context_data(self, **kwargs):
        empty = {"icon": "history", "title": _("What people change will appear here")}
        return super().get_context_data(part="audit", **kwargs) | {"empty": empty}


class EntryDetail(Scoped, InList, DetailView):
    """One entry: field by field what was before and after."""

    listed_by, list_url = EntryList, "administration:audit"
    model = Entry
    template_name = "people/entry.html"
    context_object_name = "entry"

    def get_context_data(self, **kwargs):
        entry = named([self.object], self.request.user)[0]
        did = VERBS.get(entry.verb, entry.verb)
        return super().get_context_data(part="audit", kind=kind_of(entry), did=did, rows=difference(entry), **kwargs)
