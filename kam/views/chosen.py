"""Something done about several rows of a list at once."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.utils.translation import gettext as _

from kam.errors import Conflict
from kam.views.base import refuse

LONGEST_KEY = 18


@dataclass(frozen=True)
class Act:
    """What can be done about chosen rows: `may(user)` do it at all, `do(request, rows)` does it to all or to none.

    `do` may return an answer, such as a download; without one the person goes back to the list.
    """

    label: str
    icon: str
    may: Callable
    do: Callable


class Chosen:
    """Mix-in for a `ScopedList`: rows are chosen by check boxes, and POST does one of its `acts`, named by `action`."""

    acts = {}

    def post(self, request, *args, **kwargs):
        act = self.acts.get(request.POST.get("action", ""))
        if act is None:
            raise Http404
        if not act.may(request.user):
            return refuse(request)
        try:
            answer = act.do(request, self.chosen_rows())
        except Conflict as refusal:
            messages.error(request, refusal.message)
            answer = None
        return answer or HttpResponseRedirect(request.get_full_path())

    def chosen_rows(self):
        """The rows that were chosen. Raises Conflict when none was, Http404 unless this list has all of them."""
        keys = set(self.request.POST.getlist("pk"))
        if not keys:
            raise Conflict(_("Choose at least one row."), code="none_chosen")
        if not all(key.isascii() and key.isdecimal() and len(key) <= LONGEST_KEY for key in keys):
            raise Http404
        rows = list(self.get_queryset().filter(pk__in=keys).order_by("pk"))
        if len(rows) < len(keys):
            raise Http404
        return rows

    def shown(self, context, rows):
        """With a check box before each row, where the reader may do something about them."""
        found = super().shown(context, rows)
        mine = {name: act for name, act in self.acts.items() if act.may(self.request.user)}
        found["table"].choosable = bool(mine)
        return found | {"acts": [{"value": n, "label": a.label, "icon": a.icon} for n, a in mine.items()]}
