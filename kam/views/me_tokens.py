"""A person's own API tokens."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.generic import FormView, ListView

from kam.me_forms import RevokeForm, TokenForm
from kam.models import ApiToken
from kam.services import revoke_token
from kam.views.base import Scoped, ScopedAct

SHOWN = 100


class Tokens(Scoped, ListView):
    """Those that work first, then the latest that ended."""

    model = ApiToken
    template_name = "me/tokens.html"
    context_object_name = "tokens"

    def get_queryset(self):
        return super().get_queryset()[:SHOWN]

    def get_context_data(self, **kwargs):
        now = timezone.now()
        tokens = list(self.object_list)
        for token in tokens:
            token.works = token.revoked_at is None and token.expires_at > now
        return super().get_context_data(tokens=sorted(tokens, key=lambda token: not token.works), **kwargs)


@method_decorator(reauthentication_required, name="dispatch")
class NewToken(FormView):
    """A token outlives the session, so making one asks who it is. Its text is shown once, in the answer."""

    form_class = TokenForm
    template_name = "me/token_new.html"

    def form_valid(self, form):
        token, text = form.save_with(self.request.user)
        self.template_name = "me/token_made.html"
        return self.render_to_response(self.get_context_data(token=token, text=text), status=201)

    def form_invalid(self, form):
        return self.render_to_response(self.get_context_data(form=form), status=422)


class RevokeToken(ScopedAct):
    """POST: end a token now, with a reason."""

    model = ApiToken

    def may(self, user, row):
        return row.user_id == user.pk

    def act(self, row, by):
        form = RevokeForm(self.request.POST)
        if form.is_valid():
            revoke_token(row, by=by, reason=form.cleaned_data["reason"])
            messages.success(self.request, _("“%(row)s” no longer works.") % {"row": row})
        else:
            messages.error(self.request, _("Say why the token ends."))

    def get_success_url(self):
        return reverse("me-tokens")
