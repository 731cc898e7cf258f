"""A person's own pages: profile, signing in, devices."""

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView, View

from kam import devices, factors
from kam.audit import log
from kam.me_forms import ProfileForm
from kam.models import User
from kam.sessions import end_sessions, end_these, sessions_of
from kam.views.base import ScopedFormView


class Profile(ScopedFormView):
    """Name, language, time zone and the hour of the daily mail."""

    model = User
    form_class = ProfileForm
    template_name = "me/profile.html"
    title = gettext_lazy("My account")

    def get_object(self):
        return User.objects.get(pk=self.request.user.pk)

    def may(self, user, row):
        return True

    def get_success_url(self):
        return reverse("me")

    def get_cancel_url(self):
        return reverse("me")

    def success_message(self):
        return _("Your profile is saved.")

    def form_valid(self, form):
        """The language chosen here is meant: it takes the place of the one in the menu's cookie."""
        response = super().form_valid(form)
        if response.status_code == 302:
            response.delete_cookie(settings.LANGUAGE_COOKIE_NAME, samesite="Lax")
        return response


class SignIn(TemplateView):
    """Password, second factors and single sign-on."""

    template_name = "me/sign_in.html"

    def get_context_data(self, **kwargs):
        user = self.request.user
        own = list(Authenticator.objects.filter(user=user).order_by("created_at", "pk"))
        by_kind = {kind: [row for row in own if row.type == kind] for kind in Authenticator.Type}
        codes = by_kind[Authenticator.Type.RECOVERY_CODES]
        return super().get_context_data(
            app=next(iter(by_kind[Authenticator.Type.TOTP]), None),
            passkeys=by_kind[Authenticator.Type.WEBAUTHN],
            codes_left=len(codes[0].wrap().get_unused_codes()) if codes else None,
            must=user.role in settings.MFA_ROLES,
            missing=factors.is_missing(user),
            **kwargs,
        )


class Devices(TemplateView):
    """Where the person is signed in."""

    template_name = "me/devices.html"

    def get_context_data(self, **kwargs):
        here = self.request.session.session_key
        found = [devices.described(session, here) for session in sessions_of(self.request.user)]
        found.sort(key=lambda device: not device.is_this)
        return super().get_context_data(
            devices=found,
            idle_minutes=int(settings.SESSION_IDLE.total_seconds() // 60),
            hours=settings.SESSION_COOKIE_AGE // 3600,
            **kwargs,
        )


class EndDevice(View):
    """POST: sign out on one device."""

    http_method_names = ["post"]

    def post(self, request, pk):
        session = get_object_or_404(UserSession, user=request.user, pk=pk)
        if session.session_key == request.session.session_key:
            return HttpResponseRedirect(reverse("account_logout"))
        end_these(UserSession.objects.filter(pk=session.pk))
        log(request.user, "ended_session", by=request.user, after={"address": session.ip})
        messages.success(request, _("That device is signed out."))
        return HttpResponseRedirect(reverse("me-devices"))


class EndOthers(View):
    """POST: sign out everywhere but here."""

    http_method_names = ["post"]

    def post(self, request):
        end_sessions(request.user, keep=request.session.session_key)
        log(request.user, "ended_other_sessions", by=request.user, after={})
        messages.success(request, _("All your other devices are signed out."))
        return HttpResponseRedirect(reverse("me-devices"))
