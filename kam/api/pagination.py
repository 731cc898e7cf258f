from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.response import Response

from kam.keyset import BadCursor
from kam.keyset import Keyset as Slicer


class Keyset(BasePagination):
    """`?after=` and `?before=` cursors, `?page_size=` up to 200; `next` and `previous` are full addresses."""

    page_size, max_page_size = 50, 200
    parameters = ("after", "before", "page_size")

    def paginate_queryset(self, rows, request, view=None):
        unique = getattr(view, "order_is_unique", False)
        slicer = Slicer(view.chosen_order(), self._size(request), unique=unique)
        self.request = request
        try:
            self.page = slicer.page(rows, request._request)
        except BadCursor as error:
            raise ValidationError({"after": [str(error)]}) from error
        return self.page.rows

    def get_paginated_response(self, data):
        return Response(
            {
                "next": self._link(self.page.next_url),
                "previous": self._link(self.page.previous_url),
                "results": data,
            }
        )

    def get_paginated_response_schema(self, schema):
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view):
        def parameter(name, kind, text):
            return {
                "name": name,
                "in": "query",
                "required": False,
                "schema": {"type": kind},
                "description": text,
            }

        return [
            parameter("after", "string", "Cursor of the row to continue after."),
            parameter("before", "string", "Cursor of the row to go back from."),
            parameter("page_size", "integer", f"Rows a page, at most {self.max_page_size}."),
        ]

    def _size(self, request):
        text = request.query_params.get("page_size", str(self.page_size))
        if not text.isdecimal() or len(text) > 9 or not 1 <= int(text) <= self.max_page_size:
            said = _("A whole number from 1 to %(most)d.")
            raise ValidationError({"page_size": [said % {"most": self.max_page_size}]})
        return int(text)

    def _link(self, url):
        return self.request.build_absolute_uri(url) if url else None
