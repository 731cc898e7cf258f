"""Single sign-on by OpenID Connect, with one identity provider of the company (KAM_OIDC_…).

django-allauth finds this module by its name. It does the round trip (state, code, PKCE); what an ID token must prove is
checked here: signature, issuer, audience, time and nonce.
"""

import secrets

import jwt
from allauth.account.internal.decorators import login_not_required
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import EmailAddress, SocialApp
from allauth.socialaccount.providers.base import AuthProcess, ProviderAccount
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.provider import OAuth2Provider
from allauth.socialaccount.providers.oauth2.views import OAuth2Adapter, OAuth2CallbackView, OAuth2LoginView
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import cached_property
from requests import RequestException

from kam.invitations import address

# Never "none", and never a secret that the provider shares with all its clients.
ALGORITHMS = ["RS256", "PS256", "ES256", "RS384", "ES384", "RS512", "ES512", "EdDSA"]
CLOCKS_DIFFER = 60  # seconds
NONCE = "sso_nonce"


class CompanyAccount(ProviderAccount):
    """What django-allauth keeps of an identity."""


class CompanyOAuth2Adapter(OAuth2Adapter):
    """One round trip to the identity provider."""

    provider_id = "sso"

    @cached_property
    def discovery(self):
        """The provider's description of itself, which must be about the address we know. Raises OAuth2Error."""
        issuer = self.get_provider().app.settings["server_url"].rstrip("/")
        found = self._get(f"{issuer}/.well-known/openid-configuration")
        if found.get("issuer", "").rstrip("/") != issuer:
            raise OAuth2Error("The provider describes another issuer.")
        return found

    @property
    def access_token_url(self):
        return self.discovery["token_endpoint"]

    @property
    def authorize_url(self):
        return self.discovery["authorization_endpoint"]

    @property
    def basic_auth(self):
        methods = self.discovery.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return "client_secret_post" not in methods

    def get_callback_url(self, request, app):
        return address(reverse("sso_callback"))

    def complete_login(self, request, app, token, **kwargs):
        """The login that the ID token proves. Raises OAuth2Error when it proves nothing."""
        nonce = request.session.pop(NONCE, None)
        claims = self.claims(kwargs["response"].get("id_token") or "", app)
        if not nonce or not secrets.compare_digest(str(claims.get("nonce", "")), nonce):
            raise OAuth2Error("The ID token answers another request.")
        return self.get_provider().sociallogin_from_response(request, claims)

    def claims(self, id_token, app):
        """What the provider says, once it is certain that it says so, to us and now. Raises OAuth2Error."""
        try:
            claims = jwt.decode(
                id_token,
                self._key_for(id_token),
                algorithms=ALGORITHMS,
                audience=app.client_id,
                issuer=self.discovery["issuer"],
                leeway=CLOCKS_DIFFER,
                options={"require": ["iss", "sub", "aud", "exp", "iat"]},
            )
        except jwt.PyJWTError as error:
            raise OAuth2Error("The ID token is not valid.") from error
        if claims.get("azp", app.client_id) != app.client_id:
            raise OAuth2Error("The ID token was made for another client.")
        return claims

    def _key_for(self, id_token):
        """The provider's key that should have signed this; the only one when the token names none."""
        name = jwt.get_unverified_header(id_token).get("kid")
        keys = jwt.PyJWKSet.from_dict(self._get(self.discovery["jwks_uri"])).keys
        fitting = [key for key in keys if key.public_key_use in (None, "sig") and name in (None, key.key_id)]
        if len(fitting) != 1:
            raise jwt.InvalidTokenError("No key of the provider fits.")
        return fitting[0]

    def _get(self, url):
        with get_adapter().get_requests_session() as session:
            answer = session.get(url)
            answer.raise_for_status()
            return answer.json()


class CompanyProvider(OAuth2Provider):
    """The identity provider of the company."""

    id = "sso"
    name = "SSO"
    account_class = CompanyAccount
    oauth2_adapter_class = CompanyOAuth2Adapter
    pkce_enabled_default = True

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.name = self.app.name

    def get_default_scope(self):
        return ["openid", "email"]

    def get_scope_from_request(self, request):
        return self.get_scope()

    def get_redirect_from_request_kwargs(self, request):
        """Only to sign in: nobody ties an identity to an account by hand."""
        return super().get_redirect_from_request_kwargs(request) | {"process": AuthProcess.LOGIN}

    def get_auth_params_from_request(self, request, action):
        """A fresh nonce, kept in the session until the answer; nothing that the address of the page asks for."""
        request.session[NONCE] = secrets.token_urlsafe(32)
        return {"nonce": request.session[NONCE]}

    def extract_uid(self, data):
        return data["sub"]

    def extract_extra_data(self, data):
        """Nothing is kept but who it is."""
        return {}

    def extract_email_addresses(self, data):
        email, verified = data.get("email"), data.get("email_verified") is True
        return [EmailAddress(email=email, verified=verified, primary=True)] if email else []


provider_classes = [CompanyProvider]


@login_not_required
def login(request):
    """Off to the identity provider. Only by a form of ours, and past `form-action`: a page that leads on by itself."""
    answer = _when_configured(OAuth2LoginView, request)
    if request.method == "POST" and answer.status_code == 302:
        page = render(request, "socialaccount/leaving.html", {"target": answer["Location"]})
        page["Refresh"] = f"0; url={answer['Location']}"
        return page
    return answer


@login_not_required
def callback(request):
    """Back from the identity provider."""
    return _when_configured(OAuth2CallbackView, request)


def _when_configured(view, request):
    """Answer by django-allauth's view: 404 without a provider, a calm page when it does not answer as it should."""
    adapter = CompanyOAuth2Adapter(request)
    try:
        return view.adapter_view(adapter)(request)
    except SocialApp.DoesNotExist as error:
        raise Http404 from error
    except (OAuth2Error, RequestException, KeyError, ValueError) as error:
        return render_authentication_error(request, adapter.get_provider(), exception=error)
