"""Keys to the API of clients: made and ended by administrators. The text of a key is shown once."""

from django.contrib import messages
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View

from accounts.people import people_of
from accounts.people_forms import ClientTokenForm
from kam import services
from kam.access import may_administer
from kam.models import ApiToken
from kam.roles import Role
from kam.views.base import Reported, ScopedFormView, refuse


class TokenCreate(ScopedFormView):
    """A key for an API client, never for a person: nobody acts in another's name."""

    form_class, title = ClientTokenForm, gettext_lazy("New token")

    def get_object(self):
        self.owner = get_object_or_404(people_of(self.request.user), pk=self.kwargs["pk"])

    def may(self, user, row):
        return may_administer(user) and self.owner.role == Role.API_CLIENT and self.owner.is_active

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"owner": self.owner}

    def get_cancel_url(self):
        return reverse("administration:person", args=[self.owner.pk])

    def form_valid(self, form):
        form.save_with(self.request.user)
        context = self.get_context_data(form=form, text=form.text, token=form.token, owner=self.owner)
        self.template_name = "people/token.html"
        return self.render_to_response(context)


class TokenRevoke(Reported, View):
    """POST: end a key now."""

    http_method_names = ["post"]

    def post(self, request, pk):
        tokens = ApiToken.objects.filter(user__in=people_of(request.user).values("pk"))
        self.token = get_object_or_404(tokens, pk=pk)
        if not may_administer(request.user):
            return refuse(request)
        services.revoke_token(self.token, by=request.user)
        messages.success(request, _("“%(row)s” is revoked.") % {"row": self.token})
        return self.back()

    def get_success_url(self):
        return reverse("administration:person", args=[self.token.user_id])
