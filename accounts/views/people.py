"""People: who may sign in, what they have, and what an administrator does about it."""

from django.contrib import messages
from django.db.models import Q
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.generic import DetailView

from accounts import access
from accounts.models import Account, TeamMembership
from accounts.people import people_of, with_second_factor
from accounts.people_filters import PersonFilter
from accounts.people_forms import PersonForm
from accounts.people_showing import PERSON_COLUMNS, PERSON_LEVELS
from accounts.timeline import tell
from kam import people
from kam.access import may_administer
from kam.audit import entries_of
from kam.models import User
from kam.roles import Role
from kam.sessions import sessions_of
from kam.views.base import ScopedAct, ScopedCreate, ScopedUpdate, posted_version, refuse
from kam.views.lists import InList, ScopedList

SHOWN = 10


class OfPeople:
    """Mix-in: the people whom the reader may look at; everybody else is 404."""

    model = User

    def get_queryset(self):
        return people_of(self.request.user)

    def get_success_url(self):
        return (
            reverse("administration:person", args=[self.object.pk]) if self.object else reverse("administration:people")
        )

    def get_cancel_url(self):
        return self.get_success_url()


class PersonList(OfPeople, ScopedList):
    """Everybody, for administrators and auditors; for leaders the people of their teams."""

    title, columns, default_sort = pgettext_lazy("colleagues", "People"), PERSON_COLUMNS, "name"
    template_name = "people/list.html"
    filterset_class, find, leads = PersonFilter, "q", True

    def dispatch(self, request, *args, **kwargs):
        if not access.may_look_at_people(request.user):
            return refuse(request)
        return super().dispatch(request, *args, **kwargs)

    def get_queryset(self):
        return with_second_factor(super().get_queryset().with_state())

    def decorate(self, rows):
        works = TeamMembership.objects.filter(user__in=rows).select_related("team").order_by("team__sort_name")
        for person in rows:
            person.team_names = [m.team.name for m in works if m.user_id == person.pk]
        return rows

    def row_url(self, row):
        row.get_absolute_url = lambda: reverse("administration:person", args=[row.pk])
        return super().row_url(row)

    def get_context_data(self, **kwargs):
        may = may_administer(self.request.user)
        invite = {"label": _("Invite"), "url": reverse("administration:person-invite"), "icon": "mail", "primary": True}
        return super().get_context_data(part="people", **kwargs) | {
            "total": self.get_queryset().count(),
            "tools": [invite] if may else [],
            "empty": {
                "icon": "users",
                "title": _("The people of your teams will appear here"),
                "text": _("Nobody works in your teams yet. Ask an administrator to add them."),
            },
        }


class PersonDetail(OfPeople, InList, DetailView):
    """One person: what they are, have and see, who stands in for them, and what was changed about them."""

    listed_by, list_url = PersonList, "administration:people"
    template_name = "people/person.html"
    context_object_name = "person"

    def get_queryset(self):
        return with_second_factor(super().get_queryset())

    def get_context_data(self, **kwargs):
        reader, person = self.request.user, self.object
        accounts = Account.objects.filter(Q(owner=person) | Q(memberships__user=person)).distinct()
        seen = accounts.visible_to(reader).select_related("owner")
        return super().get_context_data(
            part="people",
            level=PERSON_LEVELS[person.state],
            may_administer=may_administer(reader),
            is_self=reader.pk == person.pk,
            may_look=access.may_look_at_people(reader),
            may_name_deputy=access.may_name_deputy(reader, person),
            memberships=person.team_memberships.select_related("team").order_by("team__sort_name"),
            accounts=seen.order_by("sort_name")[:SHOWN],
            accounts_count=accounts.count(),
            deputies=person.deputies.select_related("deputy").order_by("-ends")[:SHOWN],
            stands_in_for=person.stands_in_for.select_related("person").order_by("-ends")[:SHOWN],
            sessions_count=sessions_of(person).count(),
            tokens=person.tokens.order_by("-pk") if may_administer(reader) else [],
            is_client=person.role == Role.API_CLIENT,
            person_number=str(person.pk),
            events=tell(entries_of(person)[:SHOWN]),
            **kwargs,
        )


class PersonInvite(OfPeople, ScopedCreate):
    """Make a person and mail them a link, or make an API client."""

    form_class, title = PersonForm, gettext_lazy("Invite somebody")

    def may(self, user, row):
        return may_administer(user)

    def success_message(self):
        if self.object.role == Role.API_CLIENT:
            return _("“%(row)s” is made. Give it a token below.") % {"row": self.object}
        return _("An invitation to %(email)s is on its way.") % {"email": self.object.email}


class PersonUpdate(OfPeople, ScopedUpdate):
    form_class, title = PersonForm, gettext_lazy("Edit person")

    def may(self, user, row):
        return may_administer(user)


class PersonAct(OfPeople, ScopedAct):
    """POST: invite again, deactivate or reactivate."""

    def may(self, user, row):
        return may_administer(user)

    def act(self, row, by):
        asked = {"reason": self.request.POST.get("note", ""), "version": posted_version(self.request)}
        match self.kwargs["name"]:
            case "invite":
                people.invite_again(row, by=by)
                said = _("A new invitation to %(email)s is on its way.") % {"email": row.email}
            case "deactivate":
                people.deactivate(row, by=by, **asked)
                said = _("%(person)s is deactivated and signed out everywhere.") % {"person": row}
            case "reactivate":
                people.reactivate(row, by=by, **asked)
                said = _("%(person)s may sign in again.") % {"person": row}
            case _other:
                raise Http404
        messages.success(self.request, said)
