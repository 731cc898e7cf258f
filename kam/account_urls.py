"""The parts of django-allauth we offer: no sign-up, no e-mail management, no connections by hand."""

from allauth.account import views
from allauth.mfa.base import views as factor
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkey
from django.urls import path, re_path
from django.views.generic import RedirectView

from kam import provider
from kam.views.leaving import Logout

my_sign_in = RedirectView.as_view(pattern_name="me-sign-in")

urlpatterns = [
    path("login/", views.login, name="account_login"),
    path("logout/", Logout.as_view(), name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("signup/", views.signup, name="account_signup"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("password/change/", views.password_change, name="account_change_password"),
    path("password/set/", views.password_set, name="account_set_password"),
    path("password/reset/", views.password_reset, name="account_reset_password"),
    path("password/reset/done/", views.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("email/", views.account_inactive, name="account_email"),
    path("factors/", my_sign_in, name="mfa_index"),
    path("factors/authenticate/", factor.authenticate, name="mfa_authenticate"),
    path("factors/reauthenticate/", factor.reauthenticate, name="mfa_reauthenticate"),
    path("factors/app/add/", totp.activate_totp, name="mfa_activate_totp"),
    path("factors/app/remove/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("factors/codes/", recovery.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("factors/codes/new/", recovery.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("factors/passkeys/", my_sign_in, name="mfa_list_webauthn"),
    path("factors/passkeys/add/", passkey.add_webauthn, name="mfa_add_webauthn"),
    path("factors/passkeys/<int:pk>/remove/", passkey.remove_webauthn, name="mfa_remove_webauthn"),
    path("factors/passkeys/<int:pk>/rename/", passkey.edit_webauthn, name="mfa_edit_webauthn"),
    path("factors/passkeys/reauthenticate/", passkey.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("login/passkey/", passkey.login_webauthn, name="mfa_login_webauthn"),
    path("sso/", provider.login, name="sso_login"),
    path("sso/callback/", provider.callback, name="sso_callback"),
]
