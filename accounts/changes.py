"""The change feed: what happened on the accounts that the caller sees, in an order that never gains an entry behind.

Entries stand in the order of their transactions, and only those are told before which nothing can appear any more
(`EntryQuerySet.settled`). So whoever asks again from the cursor they were given misses nothing.
"""

import base64
import binascii
from typing import NamedTuple

import django_filters
from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import mixins, serializers, viewsets
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response

from accounts.models import Account
from accounts.outbox import seen_by
from kam.api.base import Base, Retrieve, ScopedSerializer
from kam.filters import seen
from kam.models import ApiToken, Entry
from kam.models.reader import after

MOST, USUAL = 500, 100
LAST = 2**63 - 1

# Which scope of a token opens the entries about which models; the first that fits.
SCOPES = (
    ("kpis.feed", "imports"),
    ("kpis.importbatch", "imports"),
    ("kpis.", "kpis"),
    ("tradeterms.", "tradeterms"),
    ("plans.", "plans"),
    ("accounts.", "accounts"),
)


class Place(NamedTuple):
    """Everything up to this entry of this transaction has been told."""

    txid: int
    entry: int

    def __str__(self):
        return base64.urlsafe_b64encode(f"{self.txid}.{self.entry}".encode()).decode().rstrip("=")


class FromTheFuture(APIException):
    """410: the cursor is from a database that went further than this one, as before a restore."""

    status_code, default_code = 410, "restored"
    default_detail = gettext_lazy("This database was restored to a time before your cursor. Read everything anew.")


class ChangeFilter(django_filters.FilterSet):
    account = django_filters.ModelChoiceFilter(field_name="account_id", queryset=seen(Account))
    model = django_filters.CharFilter()
    verb = django_filters.CharFilter()

    class Meta:
        model = Entry
        fields = ["account", "model", "verb"]

    def filter_queryset(self, queryset):
        account = self.form.cleaned_data.pop("account", None)
        found = super().filter_queryset(queryset)
        return found if account is None else found.filter(account_id=account.pk)


class ChangeSerializer(ScopedSerializer):
    account = serializers.IntegerField(source="account_id", read_only=True, allow_null=True)

    class Meta:
        model = Entry
        fields = ["id", "at", "actor", "verb", "model", "object_id", "label", "account", "before", "after", "reason"]


@extend_schema_serializer(many=False)
class ChangesSerializer(serializers.Serializer):
    """Some changes, and from where to go on."""

    cursor = serializers.CharField(help_text="Send it as `after` the next time, also when nothing came.")
    more = serializers.BooleanField(help_text="Whether to ask again at once.")
    results = ChangeSerializer(many=True)


AFTER = OpenApiParameter("after", str, description="The last cursor; `now` for the end; nothing for the beginning.")
LIMIT = OpenApiParameter("limit", int, description=f"Changes an answer, 1 to {MOST}; {USUAL} when not said.")


class ChangeViewSet(Base, Retrieve, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """What happened, oldest first: every change of what the caller sees, told at least once."""

    queryset = Entry.objects.all()
    serializer_class = ChangeSerializer
    filterset_class = ChangeFilter
    scope = "accounts"
    pagination_class = None
    also_answers = (410,)

    def get_queryset(self):
        entries = seen_by(type(self).queryset, self.request.user)
        token = self.request.auth
        return entries.filter(_opened_by(token.scopes)) if isinstance(token, ApiToken) else entries

    def parameters(self):
        return super().parameters() | ({"after", "limit"} if self.action == "list" else set())

    @extend_schema(parameters=[AFTER, LIMIT], responses={200: ChangesSerializer}, filters=True)
    def list(self, request):
        """Changes after a cursor. Ask again with the new one; the same cursor answers the same and what came since."""
        limit, end = _limit(request.query_params.get("limit")), _end()
        place = _place(request.query_params.get("after"), end)
        rows = self.filter_queryset(self.get_queryset()).settled().filter(after(place))
        found = list(rows[: limit + 1])
        told, more = found[:limit], len(found) > limit
        cursor = Place(told[-1].txid, told[-1].pk) if told else place
        data = {"cursor": str(cursor if more else max(cursor, end)), "more": more}
        return Response(data | {"results": self.get_serializer(told, many=True).data})


def _end():
    """The place behind everything that is settled now, asked before the entries are."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        return Place(cursor.fetchone()[0] - 1, LAST)


def _place(text, end):
    """The place that `after` names. Raises ValidationError (400), or FromTheFuture (410)."""
    if not text:
        return Place(0, 0)
    if text == "now":
        return end
    try:
        padded = text + "=" * (-len(text) % 4)
        txid, _dot, entry = base64.urlsafe_b64decode(padded.encode("ascii")).decode("ascii").partition(".")
        place = Place(int(txid), int(entry))
    except (ValueError, binascii.Error) as error:
        raise ValidationError({"after": [_("This is no cursor of ours.")]}) from error
    if not (0 <= place.txid <= LAST and 0 <= place.entry <= LAST) or str(place) != text:
        raise ValidationError({"after": [_("This is no cursor of ours.")]})
    if place.txid > _newest():
        raise FromTheFuture
    return place


def _newest():
    """The number of the newest transaction that has begun."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        return cursor.fetchone()[0]


def _limit(text):
    if text is None:
        return USUAL
    if not (text.isascii() and text.isdecimal() and len(text) < 6 and 1 <= int(text) <= MOST):
        raise ValidationError({"limit": [_("A whole number from 1 to %(most)d.") % {"most": MOST}]})
    return int(text)


def _opened_by(scopes):
    """Entries that a token of these scopes may read; what no floor's scope covers needs `night:read`."""
    rest, found = Q(), Q(pk__in=[])
    for prefix, scope in SCOPES:
        about = Q(model__startswith=prefix)
        if f"{scope}:read" in scopes:
            found |= about & rest
        rest &= ~about
    return found | rest if "night:read" in scopes else found


ROUTES = [("changes", ChangeViewSet)]
