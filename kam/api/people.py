"""People over the API: everybody knows colleagues by name and role; administrators invite, change and deactivate."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.permissions import SAFE_METHODS
from rest_framework.response import Response

from kam import handover, people
from kam.access import may_administer, must_administer
from kam.api.base import EditableViewSet, ScopedSerializer
from kam.api.conditions import seen_version
from kam.models import User

FOR_EVERYBODY = ("id", "name", "role")


class Administered:
    """Mix-in: what everybody reads under `accounts:read` and only administrators write, under `admin:write`."""

    @property
    def scope(self):
        return "accounts" if self.request.method in SAFE_METHODS else "admin"

    def may_create(self, user):
        return may_administer(user)

    def may_change(self, user, row):
        return may_administer(user)


class UserSerializer(ScopedSerializer):
    """Name and role; the rest is there for administrators only."""

    always = FOR_EVERYBODY
    state = serializers.ChoiceField(choices=User.State.choices, read_only=True)

    class Meta:
        model = User
        fields = [
            "id",
            "name",
            "role",
            "email",
            "language",
            "time_zone",
            "state",
            "invited_at",
            "last_login",
            "version",
        ]
        read_only_fields = ["invited_at", "last_login", "version"]

    def to_representation(self, user):
        found = super().to_representation(user)
        everything = may_administer(self.context["request"].user)
        return found if everything else {name: found[name] for name in FOR_EVERYBODY}


class ReasonSerializer(serializers.Serializer):
    """Why."""

    reason = serializers.CharField(max_length=2000, help_text="Why; kept in the log.")


class HandOverSerializer(ReasonSerializer):
    """Who takes over what; kinds that are not named stay."""

    successors = serializers.DictField(
        child=serializers.PrimaryKeyRelatedField(queryset=User.objects.filter(is_active=True)),
        help_text="The user who takes over, by kind, such as accounts or plans.",
    )
    seen = serializers.DictField(
        child=serializers.IntegerField(min_value=0), required=False, help_text="Counts by kind, as read before."
    )
    and_deactivate = serializers.BooleanField(default=False)

    def validate_successors(self, successors):
        known = {part.name for part in handover.parts()}
        if unknown := sorted(set(successors) - known):
            said = _("%(name)s: there is no such kind.")
            raise serializers.ValidationError([said % {"name": name} for name in unknown])
        return successors


class SharesSerializer(serializers.Serializer):
    """How many things of each kind."""

    things = serializers.DictField(child=serializers.IntegerField())


class UserViewSet(Administered, EditableViewSet):
    """Colleagues, by name and role. Administrators invite them by POST and see more of them."""

    queryset = User.objects.all()
    serializer_class = UserSerializer
    order = ("sort_name", "pk")
    filterset_fields = ["role"]
    http_method_names = ["get", "post", "patch", "head", "options"]

    def create_row(self, by, data):
        return people.invite(by=by, **data)

    def change_row(self, row, by, version, data):
        return people.change_person(row, by=by, version=version, **data)

    @extend_schema(request=ReasonSerializer, responses=UserSerializer)
    @action(detail=True, methods=["post"])
    def deactivate(self, request, pk=None):
        """End a person's access now; needs If-Match. Refused while accounts or plans are theirs."""
        row = self.get_object()
        asked = self.asked(ReasonSerializer)
        version = seen_version(request, row)
        return self.answer(people.deactivate(row, by=request.user, reason=asked["reason"], version=version))

    @extend_schema(request=ReasonSerializer, responses=UserSerializer)
    @action(detail=True, methods=["post"])
    def reactivate(self, request, pk=None):
        """Let a person in again, who chooses a new password by mail; needs If-Match."""
        row = self.get_object()
        asked = self.asked(ReasonSerializer)
        version = seen_version(request, row)
        return self.answer(people.reactivate(row, by=request.user, reason=asked["reason"], version=version))

    @extend_schema(request=None, responses=UserSerializer)
    @action(detail=True, methods=["post"])
    def invite(self, request, pk=None):
        """Mail a fresh invitation to somebody who has not signed in yet."""
        return self.answer(people.invite_again(self.get_object(), by=request.user))

    @extend_schema(responses=SharesSerializer)
    @action(detail=True, methods=["get"], url_path="things")
    def things(self, request, pk=None):
        """How many things of each kind a person has that can be handed over; for administrators."""
        row = self.get_object()
        must_administer(request.user)
        return Response({"things": {share.part.name: share.count for share in handover.shares_of(row)}})

    @extend_schema(request=HandOverSerializer, responses=SharesSerializer)
    @action(detail=True, methods=["post"], url_path="hand-over")
    def hand_over(self, request, pk=None):
        """Give what a person has to others, in one step or not at all; answers what moved."""
        row = self.get_object()
        asked = self.asked(HandOverSerializer)
        moved = people.leave(row, by=request.user, **asked)
        return Response({"things": {share.part.name: share.count for share in moved}})


ROUTES = [("users", UserViewSet)]
