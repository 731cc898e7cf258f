"""Teams: the tree, who works where, and which accounts they look after."""

from django.db.models import Count
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import DetailView, TemplateView

from accounts import access, teams
from accounts.models import Account, Team, TeamMembership
from accounts.models.reach import Reach
from accounts.people import people_of
from accounts.people_forms import AssignForm, JoinForm, TeamForm
from kam.access import may_administer
from kam.views.base import Scoped, ScopedCreate, ScopedFormView, ScopedUpdate, refuse
from kam.views.undo import ScopedRemove

SHOWN = 10


class TeamTree(Scoped, TemplateView):
    """All teams the reader sees, as a tree with numbers."""

    model = Team
    template_name = "teams/tree.html"

    def get(self, request, *args, **kwargs):
        if not access.may_look_at_people(request.user):
            return refuse(request)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        found = self.get_queryset().annotate(
            people_count=Count("memberships", distinct=True), accounts_count=Count("accounts", distinct=True)
        )
        rows = in_tree_order(found)
        may = may_administer(self.request.user)
        return super().get_context_data(part="teams", rows=rows, may_administer=may, **kwargs)


def in_tree_order(found):
    """The teams, each below the one above it, siblings by name; with their `depth` in what is shown."""
    found = list(found)
    shown = {team.pk for team in found}
    names = {team.pk: team.sort_name for team in found}
    for team in found:
        above = [pk for pk in team.lineage if pk in shown]
        team.depth, team.place = len(above) - 1, [names[pk] for pk in above]
    return sorted(found, key=lambda team: team.place)


class TeamDetail(Scoped, DetailView):
    """One team: its rule in words, its people, the accounts it looks after."""

    model = Team
    template_name = "teams/team.html"
    context_object_name = "team"

    def get_context_data(self, **kwargs):
        reader, team = self.request.user, self.object
        caught = Account.objects.filter(Reach.of([team]).accounts())
        members = team.memberships.select_related("user").order_by("user__sort_name")
        return super().get_context_data(
            part="teams",
            members=members.filter(user__in=people_of(reader).values("pk")),
            above=self.get_queryset().filter(pk__in=team.lineage).exclude(pk=team.pk).order_by("lineage__len"),
            below=self.get_queryset().filter(parent=team),
            accounts=caught.visible_to(reader).select_related("owner").order_by("sort_name")[:SHOWN],
            accounts_count=caught.count(),
            assigned_count=team.accounts.count(),
            list_link=f"{reverse('accounts:list')}?team={team.pk}",
            may_administer=may_administer(reader),
            may_assign=access.may_assign(reader),
            may_look=access.may_look_at_people(reader),
            **kwargs,
        )


class TeamCreate(ScopedCreate):
    model, form_class, title = Team, TeamForm, gettext_lazy("New team")

    def may(self, user, row):
        return may_administer(user)

    def get_cancel_url(self):
        return reverse("administration:teams")


class TeamUpdate(ScopedUpdate):
    model, form_class, title = Team, TeamForm, gettext_lazy("Edit team")

    def may(self, user, row):
        return may_administer(user)


class TeamRemove(ScopedRemove):
    """POST: delete an empty team."""

    model = Team

    def may(self, user, row):
        return may_administer(user)

    def remove(self, row, by):
        return teams.remove_team(row, by=by)

    def url_after(self, row):
        return reverse("administration:teams")


class OnTeam(ScopedFormView):
    """Forms about the team in the address."""

    model = Team

    def get_object(self):
        self.team = get_object_or_404(self.get_queryset(), pk=self.kwargs["pk"])

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"team": self.team}

    def get_success_url(self):
        return self.team.get_absolute_url()

    def get_cancel_url(self):
        return self.get_success_url()


class TeamJoin(OnTeam):
    """Let somebody work in the team."""

    form_class, title = JoinForm, gettext_lazy("Add somebody to the team")

    def may(self, user, row):
        return may_administer(user)


class TeamAssign(OnTeam):
    """Give accounts to the team, by their numbers: all or none."""

    form_class, title = AssignForm, gettext_lazy("Assign accounts to the team")

    def may(self, user, row):
        return access.may_assign(user)

    def form_valid(self, form):
        self.form = form
        return super().form_valid(form)

    def success_message(self):
        n = self.form.moved
        said = ngettext("%(n)s account is now with “%(team)s”.", "%(n)s accounts are now with “%(team)s”.", n)
        return said % {"n": n, "team": self.team}


class TeamLeave(ScopedRemove):
    """POST: take somebody out of a team."""

    model = TeamMembership

    def may(self, user, row):
        return may_administer(user)

    def remove(self, row, by):
        return teams.leave_team(row, by=by)

    def url_after(self, row):
        return row.team.get_absolute_url()
