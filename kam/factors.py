"""Second factors: an authenticator app, passkeys and recovery codes, and which roles must have one."""

import qrcode
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from kam.sealing import seal, unseal

# Recovery codes stand in for a factor; alone they are none.
KINDS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
QUIET = 4  # modules of white around a QR code, as its standard asks

# What somebody who still lacks a factor may open beside pages for everybody: the way to one.
ON_THE_WAY = {"me-sign-in", "account_change_password", "account_set_password", "account_reauthenticate"}


class Adapter(DefaultMFAAdapter):
    """Secrets are sealed in the database; names come from the configuration, not from the request."""

    def encrypt(self, text):
        return seal(text)

    def decrypt(self, encrypted_text):
        return unseal(encrypted_text)

    def get_public_key_credential_rp_entity(self):
        """Passkeys are bound to the public address; on a developer's machine to the name they opened."""
        entity = super().get_public_key_credential_rp_entity()
        return {"id": settings.HOSTNAME if settings.HTTPS else entity["id"], "name": "KAM"}

    def build_totp_svg(self, url):
        """The QR code as one SVG path, in black on white in every theme."""
        code = qrcode.QRCode(border=QUIET)
        code.add_data(url)
        rows = code.get_matrix()
        dark = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, on in enumerate(row) if on)
        return format_html(
            '<svg class="k-qr" viewBox="0 0 {} {}" role="img" aria-label="{}"><path d="{}"/></svg>',
            len(rows),
            len(rows),
            _("QR code for your authenticator app"),
            dark,
        )

    def generate_authenticator_name(self, user, type):
        return _("Passkey")


def is_set_up(user):
    """True when `user` has a second factor."""
    return Authenticator.objects.filter(user=user, type__in=KINDS).exists()


def is_missing(user):
    """True when the role of `user` must have a second factor and they have none (KAM_MFA_ROLES)."""
    return user.role in settings.MFA_ROLES and not is_set_up(user)


def first(get_response):
    """Middleware: who must have a second factor sets one up before opening any other page.

    The API asks for itself (`kam.api.auth`), because tokens are not affected.
    """

    def middleware(request):
        return get_response(request)

    def process_view(request, view, args, kwargs):
        name = request.resolver_match.url_name or ""
        for_everybody = not getattr(view, "login_required", True)
        if for_everybody or request.path.startswith("/api/") or name in ON_THE_WAY or name.startswith("mfa_"):
            return None
        return _lead(request) if request.user.is_authenticated and is_missing(request.user) else None

    middleware.process_view = process_view
    return middleware


def _lead(request):
    """To the page where factors are set up; the whole page also when only a fragment was asked for."""
    target = reverse("me-sign-in")
    if "HX-Request" in request.headers:
        return HttpResponse(status=204, headers={"HX-Redirect": target})
    return redirect(target)
