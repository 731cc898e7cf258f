"""How operations are described: headers, every status they answer, bulk bodies."""

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers

from kam.api.bulk import MOST
from kam.api.idempotency import LONGEST
from kam.api.problems import TITLES

PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem details.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "errors": {"type": "object", "additionalProperties": True},
    },
}
REFUSED = {"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
ITEM = {
    "type": "object",
    "description": "The fields of a new row; or `id`, `version` and the fields to change.",
    "properties": {"id": {"type": "integer"}, "version": {"type": "integer"}},
    "additionalProperties": True,
}
ITEMS = {"type": "array", "minItems": 1, "maxItems": MOST, "items": ITEM}

ALWAYS = (400, 401, 403, 406, 429)
WITH_BODY = (409, 413, 415)


def header(name, text, *, required=False):
    return OpenApiParameter(name, str, OpenApiParameter.HEADER, description=text, required=required)


IF_MATCH = header("If-Match", "ETag of the version read.")
IF_NONE_MATCH = header("If-None-Match", "ETag of the copy held; 304 when it is still what would be answered.")
KEY = f"A name of this request, at most {LONGEST} characters; the same again has no second effect."


class Schema(AutoSchema):
    """Describes what `kam.api.base` does for all viewsets."""

    def get_override_parameters(self):
        return [*super().get_override_parameters(), *self._headers(), *self._ordering()]

    def get_request_serializer(self):
        if self._action == "move":
            return self.view.move_serializer_class
        return {"application/json": ITEMS} if self._action == "bulk" else super().get_request_serializer()

    def get_response_serializers(self):
        if self._action == "bulk":
            rows = self.view.get_serializer_class()
            name = f"{rows.__name__.removesuffix('Serializer')}Results"
            return {200: inline_serializer(name, {"results": rows(many=True)})}
        if self._action == "moves":
            return {200: serializers.ListSerializer(child=serializers.CharField())}
        return super().get_response_serializers()

    def get_operation(self, *args, **kwargs):
        operation = super().get_operation(*args, **kwargs)
        for status in self._refusals() if operation else ():
            operation["responses"].setdefault(str(status), {"description": str(TITLES[status])} | REFUSED)
        if operation and self._action == "retrieve":
            operation["responses"]["304"] = {"description": "Not changed"}
        return operation

    def _map_basic_serializer(self, serializer, direction, *args, **kwargs):
        """A serializer that shows more to some than to others names in `always` what everybody gets."""
        schema = super()._map_basic_serializer(serializer, direction, *args, **kwargs)
        shown = getattr(serializer, "always", None)
        if shown and direction == "response":
            schema["required"] = [name for name in schema.get("required", ()) if name in shown]
        return schema

    @property
    def _action(self):
        return getattr(self.view, "action", None)

    @property
    def _detail(self):
        return bool(getattr(self.view, "detail", False))

    def _headers(self):
        if self._action == "retrieve":
            return [IF_NONE_MATCH]
        if self.method == "POST":
            required = self._action in getattr(self.view, "needs_key", ())
            key = header("Idempotency-Key", KEY, required=required)
            return [key, IF_MATCH] if self._is_versioned else [key]
        return [IF_MATCH] if self._is_versioned else []

    @property
    def _is_versioned(self):
        """Whether the operation writes one row and asks from which version."""
        return self._detail and (self.method in ("PATCH", "DELETE") or self._action == "move")

    def _ordering(self):
        names = getattr(self.view, "sortable", {}) if self._action == "list" else {}
        choices = [text for name in sorted(names) for text in (name, f"-{name}")]
        text = "Order of the list; - for falling."
        return [OpenApiParameter("ordering", str, enum=choices, description=text)] if choices else []

    def _refusals(self):
        found = set(ALWAYS)
        found |= {404} if self._detail or self._action == "bulk" else set()
        found |= {412, 428} if self._is_versioned or self._action == "bulk" else set()
        found |= {*WITH_BODY, 422} if self.method == "POST" else set()
        found |= set(WITH_BODY) if self.method == "PATCH" else set()
        return found | ({409} if self.method == "DELETE" else set()) | set(getattr(self.view, "also_answers", ()))


def problem_type(result, generator, request, public):
    """Postprocessing hook: name the problem type once, and say of any JSON, null included, that it is any JSON."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
    for schema in result["components"]["schemas"].values():
        for field in schema.get("properties", {}).values():
            if field.get("oneOf") == [{}, {"type": "null"}]:
                del field["oneOf"]
    return result
