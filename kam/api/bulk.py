"""Many rows in one request and one transaction: all of them, or none."""

from contextlib import contextmanager

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.decorators import action
from rest_framework.relations import PrimaryKeyRelatedField
from rest_framework.response import Response

from kam.api.conditions import VersionRequired
from kam.errors import Denied, Stale

MOST = 500


class BulkMixin:
    """`POST …/bulk/` takes a list of items: one with `id` and `version` changes that row, one without makes a new one.

    The answer has the rows in the order of the items. A refusal names the item by its index in `errors`, and then
    nothing was written. One id that the caller does not see is 404 for the whole.
    """

    @action(detail=False, methods=["post"], pagination_class=None)
    @transaction.atomic
    def bulk(self, request):
        """Make and change up to 500 rows, all or nothing."""
        items = _listed(request.data)
        if "patch" not in self.http_method_names:
            _only_new(items)
        rows = self._rows_of(items)
        self._must_be_allowed(items, rows)
        checked = self._checked(items, rows)
        done = [self._write(i, rows.get(item.get("id")), checked[i]) for i, item in enumerate(items)]
        stored = type(self).queryset.in_bulk([row.pk for row in done])
        shown = [stored[row.pk] for row in done]
        return Response({"results": self.get_serializer(shown, many=True).data})

    def _rows_of(self, items):
        """The rows that items change, by id; one that the caller does not see hides all of them."""
        ids = [item["id"] for item in items if "id" in item]
        rows = self.get_queryset().in_bulk(ids)
        if len(rows) != len(ids):
            raise Http404
        return rows

    def _must_be_allowed(self, items, rows):
        user = self.request.user
        for index, item in enumerate(items):
            with at(index):
                row = rows.get(item.get("id"))
                if not (self.may_change(user, row) if row else self.may_create(user)):
                    raise Denied(_("You may not write this row."))
                if row and "version" not in item:
                    raise VersionRequired(_("A change needs the version it was made from."))
                if row and item["version"] != row.version:
                    raise Stale.since(row)

    def _checked(self, items, rows):
        """A valid serializer for each item. Raises ValidationError with the faults of all of them, by index."""
        context = self.get_serializer_context() | {"seen": {}}
        found = [self._serializer(item, rows.get(item.get("id")), context) for item in items]
        see_at_once(found, items, context)
        wrong = {str(i): s.errors for i, s in enumerate(found) if not s.is_valid()}
        if wrong:
            raise exceptions.ValidationError(wrong)
        return found

    def _serializer(self, item, row, context):
        fields = {name: value for name, value in item.items() if row is None or name not in ("id", "version")}
        return self.get_serializer_class()(row, data=fields, partial=row is not None, context=context)

    def _write(self, index, row, asked):
        with at(index):
            if row is None:
                return self.create_row(by=self.request.user, data=asked.validated_data)
            return self.change_row(row, by=self.request.user, version=row.version, data=asked.validated_data)


@contextmanager
def at(index):
    """What goes wrong inside is told of the item at this index."""
    try:
        yield
    except Exception as error:
        error.item = index
        raise


def see_at_once(found, items, context):
    """Read the rows that items refer to with one query for each model, instead of one for each reference."""
    wanted = {}
    for field in found[0].fields.values() if found else ():
        if isinstance(field, PrimaryKeyRelatedField) and not field.read_only:
            keys = {item.get(field.field_name) for item in items if _is_key(item.get(field.field_name))}
            wanted.setdefault(field.queryset.model, set()).update(keys)
    for model, keys in wanted.items():
        context["seen"][model] = model.objects.visible_to(context["request"].user).in_bulk(keys)


def _listed(data):
    """The items. Raises ValidationError when they are no list of objects, too many, or name a row twice."""
    if not isinstance(data, list) or not 1 <= len(data) <= MOST:
        raise exceptions.ValidationError([_("Send a list of 1 to %(most)d items.") % {"most": MOST}])
    wrong, ids = {}, set()
    for index, item in enumerate(data):
        if not isinstance(item, dict):
            wrong[str(index)] = {"non_field_errors": [_("An item is an object.")]}
        elif "id" in item and not _is_key(item["id"]):
            wrong[str(index)] = {"id": [_("This is no id.")]}
        elif "id" in item and item["id"] in ids:
            wrong[str(index)] = {"id": [_("Another item names this row.")]}
        else:
            ids.add(item.get("id"))
    if wrong:
        raise exceptions.ValidationError(wrong)
    return data


def _only_new(items):
    """Raise ValidationError for items that would change a row of a kind that is never changed."""
    wrong = {
        str(i): {"id": [_("These rows are made and removed, never changed.")]} for i, x in enumerate(items) if "id" in x
    }
    if wrong:
        raise exceptions.ValidationError(wrong)


def _is_key(value):
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63
