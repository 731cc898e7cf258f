"""A person's own pages."""

from django.urls import path

from kam.views import me, me_tokens

urlpatterns = [
    path("", me.Profile.as_view(), name="me"),
    path("sign-in/", me.SignIn.as_view(), name="me-sign-in"),
    path("devices/", me.Devices.as_view(), name="me-devices"),
    path("devices/end/", me.EndOthers.as_view(), name="me-devices-end"),
    path("devices/<int:pk>/end/", me.EndDevice.as_view(), name="me-device-end"),
    path("tokens/", me_tokens.Tokens.as_view(), name="me-tokens"),
    path("tokens/new/", me_tokens.NewToken.as_view(), name="me-token-new"),
    path("tokens/<int:pk>/revoke/", me_tokens.RevokeToken.as_view(), name="me-token-revoke"),
]
