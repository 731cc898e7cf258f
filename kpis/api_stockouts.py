"""The API of stock-outs and of the letters about them."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.response import Response

from kam.api.base import MoveMixin, MoveSerializer, ScopedSerializer
from kam.workflow import move
from kpis.api import Facts
from kpis.models import StockOut, StockOutLetter
from kpis.stockouts import letters, papers, word, words
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


class LetterSerializer(ScopedSerializer):
    """What a letter says; figures are plain values, its documents write them in its language."""

    class Meta:
        model = StockOutLetter
        fields = ["account", "audience", "language", "subject", "opening", "closing", "figures"]


class LetterAskedSerializer(serializers.Serializer):
    audience = serializers.ChoiceField(
        StockOutLetter.Audience.choices, required=False, help_text="As the cause suggests, where it is not said."
    )
    language = serializers.ChoiceField(
        StockOutLetter.Language.choices, required=False, help_text="The account's, where it is not said."
    )


class Paper(BaseRenderer):
    """A letter as a document; a refusal stays JSON."""

    charset, render_style = None, "binary"

    def render(self, data, accepted_media_type=None, renderer_context=None):
        is_letter = isinstance(data, StockOutLetter)
        return papers.MAKERS[self.format](data) if is_letter else JSONRenderer().render(data)


class WordPaper(Paper):
    media_type, format = word.MIME, "docx"


class HtmlPaper(Paper):
    media_type, format, charset = "text/html", "html", "utf-8"


TEXT = {(200, "application/json"): LetterSerializer}
PAPERS = {(200, word.MIME): OpenApiTypes.BINARY, (200, "text/html"): OpenApiTypes.STR}


class StockOutViewSet(MoveMixin, Facts):
    """Weeks in which accounts could not sell a product they list, what it cost and why; `correct` sets the cause."""

    queryset = StockOut.objects.select_related("account", "product")
    serializer_class = StockOutSerializer
    move_serializer_class = CauseMoveSerializer
    filterset_class = StockOutFilter
    order = ("-first_week", "-pk")
    sortable = {"first_week": "first_week", "lost_units": "lost_units", "lost_value": "lost_value"}
    steps = STOCKOUT

    def parameters(self):
        return set(LetterAskedSerializer().fields) if self.action == "letter" else super().parameters()

    @extend_schema(parameters=[LetterAskedSerializer], responses=TEXT | PAPERS, filters=False)
    @action(detail=True, methods=["get"], filterset_class=None, renderer_classes=[JSONRenderer, WordPaper, HtmlPaper])
    def letter(self, request, pk=None):
        """The letter that KAM proposes today, as `Accept` asks: its text, a Word file or HTML. Nothing is kept."""
        asked = LetterAskedSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        letter = letters.proposed(self.get_object(), **asked.validated_data)
        is_text = request.accepted_renderer.format == "json"
        return Response(LetterSerializer(letter).data if is_text else letter)

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

    @extend_schema(responses=PAPERS, filters=False)
    @action(detail=True, methods=["get"], filterset_class=None, renderer_classes=[WordPaper, HtmlPaper])
    def document(self, request, pk=None):
        """The letter as it would be sent, as `Accept` asks: a Word file or HTML."""
        return Response(self.get_object())


ROUTES = [("stock-outs", StockOutViewSet), ("stock-out-letters", StockOutLetterViewSet)]
