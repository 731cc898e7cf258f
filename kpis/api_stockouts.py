"""The API of stock-outs and of the letters about them."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from kam.api.base import MoveMixin, MoveSerializer, ScopedSerializer
from kam.workflow import move
from kpis.api import Facts
from kpis.models import StockOut, StockOutLetter
from kpis.stockouts import words
from kpis.stockouts.filters import LetterFilter, StockOutFilter
from kpis.stockouts.workflow import STOCKOUT, correcting


class StockOutSerializer(ScopedSerializer):
    side = serializers.ChoiceField(StockOut.Side.choices, read_only=True, help_text="Whose the cause is.")
    why = serializers.SerializerMethodField(help_text="The sentence that decided, in the language of the caller.")

    class Meta:
        model = StockOut
        fields = [
            *("id", "account", "product", "kind", "standing", "first_week", "last_week", "weeks", "expected", "sold"),
            *("lost_units", "lost_value", "currency", "stores", "empty_stores", "found", "cause", "side", "state"),
            *("reason", "why", "path", "merged_into", "as_of", "version", "updated_at"),
        ]

    @extend_schema_field(str)
    def get_why(self, row):
        return words.why_of(row)


class CauseMoveSerializer(MoveSerializer):
    cause = serializers.ChoiceField(
        StockOut.Cause.choices, required=False, help_text="The right cause; `correct` needs it, and a note."
    )


class StockOutViewSet(MoveMixin, Facts):
    """Weeks in which accounts could not sell a product they list, what it cost and why; `correct` sets the cause."""

    queryset = StockOut.objects.select_related("account", "product")
    serializer_class = StockOutSerializer
    move_serializer_class = CauseMoveSerializer
    filterset_class = StockOutFilter
    order = ("-first_week", "-pk")
    sortable = {"first_week": "first_week", "lost_units": "lost_units", "lost_value": "lost_value"}
    steps = STOCKOUT

    def move_effect(self, row, name, asked):
        steps = correcting(asked.get("cause", ""))
        note, version = asked.get("note", ""), asked["version"]
        return move(row, steps, name, by=self.request.user, note=note, version=version)


class StockOutLetterSerializer(ScopedSerializer):
    class Meta:
        model = StockOutLetter
        fields = [
            *("id", "account", "audience", "language", "state", "subject", "opening", "closing", "figures"),
            *("author", "created_at", "sent_by", "sent_at", "version", "updated_at"),
        ]


class StockOutLetterViewSet(Facts):
    """Letters to accounts about stock-outs, and notes to ourselves: words, frozen figures, who sent them and when."""

    queryset = StockOutLetter.objects.all()
    serializer_class = StockOutLetterSerializer
    filterset_class = LetterFilter
    order = ("-pk",)


ROUTES = [("stock-outs", StockOutViewSet), ("stock-out-letters", StockOutLetterViewSet)]
