"""What may be meant, while somebody types into a field that chooses one of very many."""

from django.http import HttpResponse
from django.utils.html import format_html_join
from django.views.generic import View

from kam.choosing import LONGEST
from kam.views.base import Scoped


class Suggestions(Scoped, View):
    """GET with the text as its only parameter: the first rows that may be meant, as options of number and name.

    `found(rows, text)` are those of the visible rows that fit, in their order.
    """

    most = 20

    def found(self, rows, text):
        raise TypeError(f"{type(self).__name__} must say which rows may be meant")

    def get(self, request):
        text = next(iter(request.GET.values()), "").replace("\0", "").strip()[:LONGEST]
        rows = self.found(self.get_queryset(), text)[: self.most]
        pairs = ((row.code, row.name) for row in rows)
        return HttpResponse(format_html_join("", '<option value="{}">{}</option>', pairs))
