"""Plans, their parts and signatures over the API."""

from allauth.core import ratelimit
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import Throttled

from kam.api.base import EditableViewSet, MoveMixin, ScopedViewSet
from kam.errors import Denied
from plans import access, services
from plans.filters import GoalFilter, InitiativeFilter, PlanFilter, PlanMeasureFilter, SignatureFilter
from plans.models import Goal, Initiative, Plan, PlanMeasure, Signature
from plans.serializers import (
    GoalSerializer,
    InitiativeSerializer,
    PlanMeasureSerializer,
    PlanMoveSerializer,
    PlanSerializer,
    SignatureSerializer,
)
from plans.workflow import SIGN_OFF


class PlanViewSet(MoveMixin, EditableViewSet):
    """Plans, one row per revision; submit, withdraw, return and sign by a move."""

    queryset = Plan.objects.all()
    serializer_class = PlanSerializer
    filterset_class = PlanFilter
    scope, order = "plans", ("-year", "pk")
    sortable = {"year": "year", "account": "account_id", "state": "state", "submitted_at": "submitted_at"}
    http_method_names = ["get", "post", "patch", "head", "options"]
    needs_key = ("create", "move", "bulk", "revise")
    asks_itself = ("move", "revise")
    steps = SIGN_OFF
    move_serializer_class = PlanMoveSerializer

    def may_create(self, user):
        return access.writes(user)

    def may_change(self, user, row):
        return access.may_edit(user, row)

    def create_row(self, by, data):
        return services.create_plan(by=by, **data)

    def change_row(self, row, by, version, data):
        return services.change_plan(row, by=by, version=version, **data)

    @extend_schema(request=None, responses={201: PlanSerializer})
    @action(detail=True, methods=["post"])
    def revise(self, request, pk=None):
        """Begin the next revision of a signed plan: a draft with all that stands in it."""
        return self.made(services.new_revision(self.get_object(), by=request.user))

    def move_effect(self, row, name, asked):
        return self.sign(row, asked) if name == "sign" else super().move_effect(row, name, asked)

    def sign(self, row, asked):
        """Sign as the caller, whose password is asked for even with a valid token."""
        if not access.may_sign(self.request.user, row):
            raise Denied(_("You may not make this move."))
        if not ratelimit.consume(self.request._request, action="reauthenticate", user=self.request.user):
            raise Throttled(wait=60)
        return services.sign(
            row,
            by=self.request.user,
            version=asked["version"],
            seen_hash=asked.get("content_hash"),
            password=asked.get("password"),
            comment=asked.get("note", ""),
        )


class PartViewSet(EditableViewSet):
    """Base of what stands in a plan."""

    scope = "plans"
    needs_key = ("create", "bulk")

    def may_create(self, user):
        return access.writes(user)

    def may_change(self, user, row):
        return access.may_edit(user, services.plan_of(row))

    def remove_seen(self, row, by, version):
        services.remove_row(row, by=by, version=version)


class GoalViewSet(PartViewSet):
    """Goals of plans."""

    queryset = Goal.objects.select_related("plan")
    serializer_class = GoalSerializer
    filterset_class = GoalFilter

    def create_row(self, by, data):
        return services.add_goal(by=by, **data)

    def change_row(self, row, by, version, data):
        return services.change_goal(row, by=by, version=version, **data)


class InitiativeViewSet(PartViewSet):
    """What is done for a goal, by whom and by when."""

    queryset = Initiative.objects.select_related("goal__plan")
    serializer_class = InitiativeSerializer
    filterset_class = InitiativeFilter

    def create_row(self, by, data):
        return services.add_initiative(by=by, **data)

    def change_row(self, row, by, version, data):
        return services.change_initiative(row, by=by, version=version, **data)


class PlanMeasureViewSet(PartViewSet):
    """How goals are measured; `actual` is filled by the night."""

    queryset = PlanMeasure.objects.select_related("goal__plan")
    serializer_class = PlanMeasureSerializer
    filterset_class = PlanMeasureFilter

    def create_row(self, by, data):
        return services.add_measure(by=by, **data)

    def change_row(self, row, by, version, data):
        return services.change_measure(row, by=by, version=version, **data)


class SignatureViewSet(ScopedViewSet):
    """What was signed, with its hash and that of the signature before."""

    queryset = Signature.objects.all()
    serializer_class = SignatureSerializer
    filterset_class = SignatureFilter
    scope = "plans"


ROUTES = [
    ("plans", PlanViewSet),
    ("goals", GoalViewSet),
    ("initiatives", InitiativeViewSet),
    ("plan-measures", PlanMeasureViewSet),
    ("signatures", SignatureViewSet),
]
