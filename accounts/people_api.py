"""Teams, who works in them, and deputies over the API."""

from django.utils.translation import gettext as _
from rest_framework import serializers

from accounts import access, teams
from accounts.models import Team, TeamMembership
from accounts.people import deputies_of
from kam import deputies
from kam.access import may_have_deputies
from kam.api.base import EditableViewSet, ScopedSerializer
from kam.api.people import Administered
from kam.errors import Denied
from kam.models import Deputy


class TeamSerializer(ScopedSerializer):
    scope_in_words = serializers.CharField(read_only=True)

    class Meta:
        model = Team
        fields = ["id", "name", "parent", "scope", "countries", "scope_in_words", "version"]


class TeamViewSet(Administered, EditableViewSet):
    """Our teams: the caller's own and those below; administrators see and write all."""

    queryset = Team.objects.all()
    serializer_class = TeamSerializer
    order = ("sort_name", "pk")

    def create_row(self, by, data):
        return teams.create_team(by=by, **data)

    def change_row(self, row, by, version, data):
        return teams.change_team(row, by=by, version=version, **data)

    def remove_row(self, row, by):
        teams.remove_team(row, by=by)


class TeamMembershipSerializer(ScopedSerializer):
    class Meta:
        model = TeamMembership
        fields = ["id", "team", "user"]


class TeamMembershipViewSet(Administered, EditableViewSet):
    """Who works in which team."""

    queryset = TeamMembership.objects.all()
    serializer_class = TeamMembershipSerializer
    filterset_fields = ["team", "user"]
    http_method_names = ["get", "post", "delete", "head", "options"]

    def create_row(self, by, data):
        return teams.join_team(by=by, **data)

    def remove_row(self, row, by):
        teams.leave_team(row, by=by)


class DeputySerializer(ScopedSerializer):
    fixed = ("person", "deputy")

    class Meta:
        model = Deputy
        fields = ["id", "person", "deputy", "starts", "ends", "reason", "version"]


class DeputyViewSet(EditableViewSet):
    """Who stands in for whom, on which days: one's own, and those of the people one may look at."""

    queryset = Deputy.objects.all()
    serializer_class = DeputySerializer
    filterset_fields = ["person", "deputy"]
    scope, order = "accounts", ("-starts", "-pk")

    def get_queryset(self):
        return deputies_of(self.request.user)

    def may_create(self, user):
        return may_have_deputies(user) or access.may_administer(user)

    def may_change(self, user, row):
        return access.may_name_deputy(user, row.person)

    def create_row(self, by, data):
        if not access.may_name_deputy(by, data["person"]):
            raise Denied(_("You may not name deputies of this person."))
        return deputies.name_deputy(by=by, **data)

    def change_row(self, row, by, version, data):
        return deputies.change_deputy(row, by=by, version=version, **data)

    def remove_row(self, row, by):
        deputies.end_deputy(row, by=by)


ROUTES = [("teams", TeamViewSet), ("team-memberships", TeamMembershipViewSet), ("deputies", DeputyViewSet)]
