"""Deputies with dates: named by the person, their leader or an administrator."""

from django.contrib import messages
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import access
from accounts.people import deputies_of, people_of
from accounts.people_forms import DeputyForm
from kam import deputies
from kam.models import Deputy
from kam.views.base import ScopedAct, ScopedCreate, ScopedUpdate


class OnPerson:
    """Mix-in: forms about the deputies of `self.person`; back to the page of that person."""

    model, form_class = Deputy, DeputyForm

    def get_queryset(self):
        return deputies_of(self.request.user)

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"person": self.person}

    def get_success_url(self):
        return reverse("administration:person", args=[self.person.pk])

    def get_cancel_url(self):
        return self.get_success_url()

    def may(self, user, row):
        return access.may_name_deputy(user, self.person)


class DeputyCreate(OnPerson, ScopedCreate):
    title = gettext_lazy("Name a deputy")

    def get_object(self):
        self.person = get_object_or_404(people_of(self.request.user), pk=self.kwargs["pk"])

    def success_message(self):
        return _("%(deputy)s is told by mail.") % {"deputy": self.object.deputy}


class DeputyUpdate(OnPerson, ScopedUpdate):
    title = gettext_lazy("Edit deputy")

    def get_object(self):
        row = super().get_object()
        self.person = row.person
        return row


class DeputyEnd(OnPerson, ScopedAct):
    """POST: no sight from now on."""

    @property
    def person(self):
        return self.object.person

    def act(self, row, by):
        deputies.end_deputy(row, by=by)
        messages.success(self.request, _("%(deputy)s no longer stands in.") % {"deputy": row.deputy})
